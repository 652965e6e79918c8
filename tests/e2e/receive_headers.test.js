// Headers: which of them travel with the event, and that no header, however strange, is taken for
// something else or breaks anything.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { fresh, ownEvent } from "./lib/bodies.js";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SECRETS, SOURCES } from "./lib/fixtures.js";
import { RawRequest } from "./lib/raw.js";
import * as sign from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  server = await startWorkerd({ sources: SOURCES, feeds: FEEDS });
  waypost = new Waypost(server);
});
after(() => server?.stop());

/** Sends header lines as they stand, also twice the same name. */
async function post(path, lines, body) {
  const all = [["content-length", String(Buffer.byteLength(body))], ...lines];
  const request = new RawRequest(server, path, all);
  await request.send(body);
  return request.answer();
}

test("original headers travel with the event, without those of the hop and without credentials", async () => {
  const { body, headers } = await sign.github(fresh());
  const extra = [
    ["authorization", "Bearer of something else"],
    ["cookie", "session=of-something-else"],
    ["connection", "keep-alive, x-of-this-hop"],
    ["keep-alive", "timeout=5"],
    ["te", "trailers"],
    ["x-of-this-hop", "1"],
    ["x-kept", "one"],
    ["X-Kept", "two"],
  ];
  await waypost.drain();
  expectAccepted(await post("/webhooks/receive/github", [...Object.entries(headers), ...extra], body), "received");
  const [event] = await waypost.drain({ atLeast: 1 });
  for (const [name, value] of Object.entries(headers)) assert.equal(event.headers[name], value, name);
  assert.equal(event.headers["x-kept"], "one, two");
  for (const gone of ["authorization", "cookie", "connection", "keep-alive", "te", "x-of-this-hop"]) {
    assert.equal(event.headers[gone], undefined, gone);
  }
});

test("a header that is there twice is not a choice between two", async () => {
  const github = await sign.github(fresh());
  const own = await sign.waypost(ownEvent());
  const cases = [
    ["/webhooks/receive/github", github, ["x-hub-signature-256", github.headers["x-hub-signature-256"]], "undecodable_signature"],
    ["/webhooks/receive/github", github, ["x-hub-signature-256", `sha256=${"0".repeat(64)}`], "undecodable_signature"],
    ["/webhooks/receive", own, ["x-webhook-timestamp", own.headers["x-webhook-timestamp"]], "malformed_timestamp"],
  ];
  for (const [path, { body, headers }, second, code] of /** @type {any[]} */ (cases)) {
    await leavesNothing(waypost, async () => {
      const answer = await post(path, [...Object.entries(headers), second], body);
      expectProblem(answer, code === "malformed_timestamp" ? 400 : 401, code);
    });
  }
});

test("strange values are carried or ignored, and break nothing", async () => {
  const strange = [
    ["x-github-delivery", 'a"b\\c, d'],
    ["x-github-delivery", "\u00e9\u00ff"],
    ["x-github-event", "e".repeat(5_000)],
    ["x-github-event", "\u00ff"],
    ["x-github-event", ""],
    ["x-other", "\u0001\u00ff'\"<>\\"],
    ["x-long", "y".repeat(12_000)],
    ["content-type", 'text/plain; charset="\u00ff"'],
  ];
  for (const [name, value] of strange) {
    const { body, headers } = await sign.github(fresh());
    await waypost.drain();
    const answer = await post("/webhooks/receive/github", Object.entries({ ...headers, [name]: value }), body);
    expectAccepted(answer, "received");
    const [event] = await waypost.drain({ atLeast: 1 });
    assert.equal(String(await waypost.body(event.id)), body, `${name}: ${value.slice(0, 20)}`);
  }
});

test("an id that no provider would send is refused", async () => {
  const { body, headers } = await sign.github(fresh(), { id: "d".repeat(5_000) });
  await leavesNothing(waypost, async () => {
    expectProblem(await post("/webhooks/receive/github", Object.entries(headers), body), 400, "malformed_header");
  });
});

test("many headers make a message too large for the queue: the body takes the other way", async () => {
  const { body, headers } = await sign.github(fresh({ padding: "p".repeat(60_000) }));
  const many = Array.from({ length: 10 }, (_, at) => [`x-many-${at}`, "z".repeat(6_000)]);
  await waypost.drain();
  expectAccepted(await post("/webhooks/receive/github", [...Object.entries(headers), ...many], body), "received");
  const [event] = await waypost.drain({ atLeast: 1 });
  assert.equal(event.headers["x-many-9"]?.length, 6_000);
  assert.equal(String(await waypost.body(event.id)), body);
});

test("a compressed body is bytes like any other", async () => {
  const body = gzipSync(fresh());
  const headers = {
    "content-type": "application/json",
    "content-encoding": "gzip",
    "x-github-delivery": randomUUID(),
    "x-hub-signature-256": `sha256=${sign.hmac(SECRETS.GITHUB_WEBHOOK_SECRET, body, "hex")}`,
  };
  await waypost.drain();
  expectAccepted(await post("/webhooks/receive/github", Object.entries(headers), body), "received");
  const [event] = await waypost.drain({ atLeast: 1 });
  assert.equal(event.headers["content-encoding"], "gzip");
  const answer = await waypost.get(`/events/${event.id}/body`);
  assert.ok(body.equals(answer.bytes), "what was signed is what comes back");
  assert.equal(answer.headers.get("content-encoding"), null, "no client may unpack it unasked");
});

test("a body without a content type is a body", async () => {
  const { body, headers } = await sign.github(fresh());
  const { "content-type": _, ...untyped } = headers;
  await waypost.drain();
  expectAccepted(await post("/webhooks/receive/github", Object.entries(untyped), body), "received");
  const [event] = await waypost.drain({ atLeast: 1 });
  assert.equal(event.content_type, null);
  const answer = await waypost.get(`/events/${event.id}/body`);
  assert.equal(answer.headers.get("content-type"), "application/octet-stream");
});
