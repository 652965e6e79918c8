// Pages of other origins: who may read a feed, with what headers, and what they see of the answer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, POLL_TOKEN } from "./lib/fixtures.js";

const APP = "https://app.example";
const OTHER = "https://other.example";

/** @type {Feeds} */
let feeds;
before(async () => {
  feeds = await Feeds.start({
    default: { tokens: ["POLL_TOKEN"] },
    some: { tokens: ["POLL_TOKEN"], cors_origins: [APP, "http://localhost:3000"] },
    all: { public: true, cors_origins: "*" },
  });
  for (const feed of ["default", "some", "all"]) await feeds.append(feed, fresh());
});
after(() => feeds?.stop());

const ask = (/** @type {string} */ path, /** @type {Record<string, string>} */ headers, method = "GET") =>
  feeds.reader().fetch(path, { method, headers });
const allowed = (/** @type {import("./lib/waypost.js").Answer} */ { headers }) => headers.get("access-control-allow-origin");
const token = { authorization: `Bearer ${POLL_TOKEN}` };

test("a preflight says what may be sent, to whom it is allowed", async () => {
  const preflight = { "access-control-request-method": "GET", "access-control-request-headers": "authorization,if-none-match" };
  for (const [feed, origin, expect] of /** @type {[string, string, string | null][]} */ ([
    ["some", APP, APP], ["some", "http://localhost:3000", "http://localhost:3000"], ["some", OTHER, null], ["some", "null", null],
    ["all", OTHER, "*"], ["all", "null", "*"], ["default", APP, null],
  ])) {
    for (const path of ["events", "long-poll", "updates", "stream", "resource", "events/x", "events/x/body"]) {
      const answer = await ask(`/feeds/${feed}/${path}`, { origin, ...preflight }, "OPTIONS");
      const said = `${path} of ${feed} to ${origin}`;
      assert.equal(answer.status, 204, said);
      assert.equal(allowed(answer), expect, said);
      assert.equal(answer.headers.get("vary"), feed === "some" ? "origin" : null, said);
      assert.equal(answer.headers.get("access-control-allow-credentials"), null);
      if (expect === null) continue;
      assert.ok(answer.headers.get("access-control-allow-methods")?.includes("GET"), said);
      const headers = answer.headers.get("access-control-allow-headers")?.toLowerCase().split(", ") ?? [];
      for (const name of ["authorization", "if-none-match", "prefer", "last-event-id"]) assert.ok(headers.includes(name), `${said}: ${name}`);
    }
  }
  // Receiving and what failed are no matter of pages.
  for (const path of ["/webhooks/receive/all", "/feeds/all/dead-letters", "/nothing"]) {
    assert.equal(allowed(await ask(path, { origin: OTHER, ...preflight }, "OPTIONS")), null, path);
  }
});

test("every answer to an allowed page can be read by it, refusals and 304 too", async () => {
  const etag = String((await ask("/feeds/some/events", token)).headers.get("etag"));
  for (const [headers, status] of /** @type {[Record<string, string>, number][]} */ ([
    [token, 200], [{ ...token, "if-none-match": etag }, 304], [{}, 401], [{ authorization: "Bearer wrong" }, 401],
  ])) {
    const answer = await ask("/feeds/some/events", { origin: APP, ...headers });
    assert.deepEqual([answer.status, allowed(answer)], [status, APP]);
    const exposed = answer.headers.get("access-control-expose-headers")?.toLowerCase().split(", ") ?? [];
    for (const name of ["etag", "link", "poll-interval", "preference-applied", "retry-after"]) assert.ok(exposed.includes(name), name);
    assert.equal(answer.headers.get("vary"), "accept, prefer, origin");
  }
  for (const [path, status] of /** @type {[string, number][]} */ ([["/feeds/some/events?limit=x", 400], ["/feeds/some/events/x", 404]])) {
    const answer = await ask(path, { origin: APP, ...token });
    assert.deepEqual([answer.status, allowed(answer)], [status, APP], path);
  }
});

test("nobody else is told anything, and caches keep them apart", async () => {
  for (const headers of [{ origin: OTHER, ...token }, token]) {
    const answer = await ask("/feeds/some/events", headers);
    assert.equal(answer.status, 200);
    assert.equal(allowed(answer), null);
    assert.equal(answer.headers.get("vary"), "accept, prefer, origin");
  }
  const open = await ask("/feeds/all/events", {});
  assert.deepEqual([allowed(open), open.headers.get("vary")], ["*", "accept, prefer"]);
  assert.equal(allowed(await ask("/events", { origin: APP, authorization: `Bearer ${ADMIN_TOKEN}` })), null);
});
