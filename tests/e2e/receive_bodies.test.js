// Bodies of every size and kind come back byte for byte; what is over the cap never gets in.

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { jsonOfSize } from "./lib/bodies.js";
import { Broker } from "./lib/broker.js";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SECRETS, SOURCES } from "./lib/fixtures.js";
import { RawRequest } from "./lib/raw.js";
import * as sign from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const MIB = 1024 * 1024;
const broker = new Broker();
/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  const small = { provider: "github", secrets: ["GITHUB_WEBHOOK_SECRET"], max_body_bytes: 1000 };
  server = await startWorkerd({ broker, sources: { ...SOURCES, small }, feeds: FEEDS });
  waypost = new Waypost(server);
});
after(() => server?.stop());

/** GitHub's library signs strings only; these are bytes. */
function signed(/** @type {Buffer | string} */ body, contentType = "application/octet-stream", source = "github") {
  const headers = {
    "content-type": contentType,
    "x-github-event": "push",
    "x-github-delivery": randomUUID(),
    "x-hub-signature-256": `sha256=${sign.hmac(SECRETS.GITHUB_WEBHOOK_SECRET, body, "hex")}`,
  };
  return { source, body, headers };
}

/** Posts a webhook and gives back its event. */
async function stored(/** @type {import("./lib/waypost.js").Webhook} */ webhook) {
  await waypost.drain();
  expectAccepted(await waypost.post(webhook), "received");
  const events = await waypost.drain({ atLeast: 1 });
  assert.equal(events.length, 1);
  return events[0];
}

// Around the sizes where the path changes: the host's HMAC, the message's limit, the claim check,
// the rows of the feed.
for (const size of [0, 1, 2, 64, 4095, 4096, 8191, 8192, 8193, 95_000, 96 * 1024, 98_305, 128_000, MIB - 1, MIB, MIB + 1, 3 * MIB]) {
  test(`${size} random bytes come back`, async () => {
    const body = randomBytes(size);
    // A lone random byte may be a digit, and that would be JSON.
    if (size > 0) body[0] = 0xff;
    const event = await stored(signed(body));
    assert.equal(event.size, size);
    assert.equal(event.content_type, "application/octet-stream");
    assert.ok(body.equals(await waypost.body(event.id)), "the body is the very bytes");
    if (event.payload_base64 !== undefined) assert.equal(event.payload_base64, body.toString("base64"));
    else assert.ok(event.body_url, "a large body is linked");
  });
}

for (const [title, size] of /** @type {const} */ ([["1 MB", 1_000_000], ["20 MB", 20_000_000], ["25 MiB", 25 * MIB]])) {
  test(`${title} of JSON come back identical`, async () => {
    const body = jsonOfSize(size);
    const event = await stored(signed(body, "application/json"));
    assert.equal(event.size, size);
    assert.equal(event.payload, undefined, "it is too large for a page");
    const url = new URL(String(event.body_url), server.url);
    assert.equal(url.pathname, `/events/${event.id}/body`);
    assert.ok(Buffer.from(body).equals(await waypost.body(event.id)), "the body is the very bytes");
  });
}

test("26 MiB is 413", async () => {
  const webhook = signed(Buffer.alloc(26 * MIB));
  await leavesNothing(waypost, async () => {
    const headers = { ...webhook.headers, "content-length": String(webhook.body.length) };
    const announced = new RawRequest(server, "/webhooks/receive/github", headers);
    expectProblem(await announced.answer(), 413, "body_too_large");
    // A client that sends it all the same may be cut off before it has read the answer.
    const answer = await waypost.post(webhook).catch(() => undefined);
    if (answer) expectProblem(answer, 413, "body_too_large");
  });
});

test("a source's own limit counts", async () => {
  assert.equal((await stored(signed(randomBytes(1000), "text/plain", "small"))).size, 1000);
  await leavesNothing(waypost, async () => {
    expectProblem(await waypost.post(signed(randomBytes(1001), "text/plain", "small")), 413, "body_too_large");
  });
});

test("JSON is shown as it was written, anything else as base64", async () => {
  for (const body of [
    '{"a":1.0,"a":2,"big":12345678901234567890,"\\u00e9":"\\ud83d\\ude00 \u00e9 \ud83d\ude00","slash":"\\/"}',
    "[]",
    "[1,\n 2,\t3 ]",
    '"just text"',
    "-0.0e+10",
    "null",
    '{"separators":"\u2028\u2029"}',
    '\r\n {"spaces":"around it"}\n\n',
  ]) {
    const event = await stored(signed(body, "application/json"));
    assert.equal(event.raw, body.trim());
    assert.equal(event.payload_base64, undefined);
    assert.equal(String(await waypost.body(event.id)), body);
  }
  // The last two are JSON, but not to every parser: one such payload would hide a page from a poller.
  for (const body of ["{broken", "a=1&b=2", '{"a":1} {"b":2}', "\ufeff{}", Buffer.from([0x22, 0xff, 0x22]), '["\\ud800"]', "[1e999]"]) {
    const event = await stored(signed(body, "application/json"));
    assert.equal(event.payload, undefined, String(body));
    assert.equal(event.payload_base64, Buffer.from(body).toString("base64"));
    assert.ok(Buffer.from(body).equals(await waypost.body(event.id)));
  }
});

test("JSON that nests deeper than parsers go is stored, and shown as base64", async () => {
  for (const depth of [90, 1_000, 4_000, 40_000]) {
    const body = "[".repeat(depth) + "]".repeat(depth);
    const event = await stored(signed(body, "application/json"));
    assert.equal(event.payload === undefined, depth > 90, `${depth} levels`);
    assert.equal(String(await waypost.body(event.id)), body);
  }
});

test("a body is never a page of ours", async () => {
  const body = "<script>alert(1)</script>";
  const event = await stored(signed(body, "text/html"));
  const answer = await waypost.get(`/events/${event.id}/body`);
  assert.equal(answer.text, body);
  assert.match(answer.headers.get("content-type") ?? "", /^text\/html/);
  assert.match(answer.headers.get("content-security-policy") ?? "", /\bsandbox\b/);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.match(answer.headers.get("content-disposition") ?? "", /^attachment/);
});
