// The manners of every answer: methods, unknown paths, problem+json, request ids, and refusals
// that headers alone allow before a body is read.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { expectProblem, expectRequestId } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { RawRequest } from "./lib/raw.js";
import * as sign from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  const keyless = { provider: "github", secrets: ["A_SECRET_THAT_NOBODY_SET"] };
  server = await startWorkerd({ sources: { ...SOURCES, keyless }, feeds: FEEDS });
  waypost = new Waypost(server);
});
after(() => server?.stop());

const allowed = (/** @type {import("./lib/waypost.js").Answer} */ answer) =>
  (answer.headers.get("allow") ?? "").split(/\s*,\s*/).sort();

for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
  test(`${method} on a source is 405 with Allow`, async () => {
    const answer = await waypost.fetch("/webhooks/receive/github", { method });
    expectProblem(answer, 405, "method_not_allowed");
    assert.ok(allowed(answer).includes("POST"), String(allowed(answer)));
  });
}

for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
  test(`${method} on a feed's events is 405 with Allow`, async () => {
    const answer = await waypost.get("/events", { method });
    expectProblem(answer, 405, "method_not_allowed");
    assert.ok(allowed(answer).includes("GET"), String(allowed(answer)));
    assert.ok(allowed(answer).includes("HEAD"), String(allowed(answer)));
  });
}

test("HEAD on a feed is GET without the body", async () => {
  const get = await waypost.get("/events");
  const head = await waypost.get("/events", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(head.bytes.length, 0);
  for (const header of ["etag", "content-type", "cache-control"]) {
    assert.equal(head.headers.get(header), get.headers.get(header), header);
  }
  expectRequestId(head);
});

test("OPTIONS says what a path takes", async () => {
  for (const [path, method] of [["/webhooks/receive/github", "POST"], ["/events", "GET"]]) {
    const answer = await waypost.fetch(path, { method: "OPTIONS" });
    assert.ok(answer.status === 204 || answer.status === 200, `${path}: ${answer.status} ${answer.text}`);
    assert.ok(allowed(answer).includes(method), `${path}: ${allowed(answer)}`);
    expectRequestId(answer, path);
  }
});

test("an unknown source, path or feed says which of them it is", async () => {
  const webhook = await sign.github(fresh());
  expectProblem(await waypost.post({ ...webhook, source: "nobody" }), 404, "unknown_source");
  for (const path of ["/", "/webhooks/", "/nothing/here", "/events/", "/feeds"]) {
    expectProblem(await waypost.fetch(path), 404, "not_found", path);
  }
  expectProblem(await waypost.fetch("/feeds/nobody/events"), 404, "unknown_feed");
});

test("a source without its secret refuses everything, with Retry-After", async () => {
  const webhook = await sign.github(fresh());
  const answer = await waypost.post({ ...webhook, source: "keyless" });
  expectProblem(answer, 503, "misconfigured");
  assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
  assert.ok(!answer.text.includes("A_SECRET_THAT_NOBODY_SET"), "the answer does not say how it is configured");
});

test("every answer has a request id of its own", async () => {
  const webhook = await sign.github(fresh());
  const answers = [
    await waypost.post(webhook),
    await waypost.post(webhook),
    await waypost.post({ ...webhook, headers: {} }),
    await waypost.get("/events"),
    await waypost.get("/events", { headers: { "if-none-match": "*" } }),
    await waypost.fetch("/events"),
    await waypost.fetch("/nothing"),
  ];
  answers.forEach((answer) => expectRequestId(answer, String(answer.status)));
  const ids = answers.map((answer) => answer.headers.get("x-request-id"));
  assert.equal(new Set(ids).size, ids.length, "no two are the same");
});

test("what headers alone can refuse is refused before the body is sent", async () => {
  const { headers } = await sign.github(fresh());
  const { "x-hub-signature-256": signature, ...unsigned } = headers;
  const cases = [
    { headers: unsigned, length: "1000", status: 401, code: "missing_signature" },
    { headers: { ...unsigned, "x-hub-signature-256": "sha1=00" }, length: "1000", status: 401, code: "unrecognised_signature" },
    { headers, length: String(26 * 1024 * 1024), status: 413, code: "body_too_large" },
  ];
  for (const { headers, length, status, code } of cases) {
    const request = new RawRequest(server, "/webhooks/receive/github", { ...headers, "content-length": length });
    expectProblem(await request.answer(), status, code);
  }
});
