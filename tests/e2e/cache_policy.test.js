// What caches make of the answers, by the rules that npm's http-cache-semantics has written down: a shared
// cache, and the private one of a browser.

import assert from "node:assert/strict";
import CachePolicy from "http-cache-semantics";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { Feeds } from "./lib/feeds.js";
import { POLL_TOKEN } from "./lib/fixtures.js";

const FAR = "9999999999999999_9999999999999999";

/** @type {Feeds} */
let feeds;
/** @type {Record<string, string[]>} */
const ids = {};
before(async () => {
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] }, open: { public: true, tokens: ["POLL_TOKEN"] } });
  for (const feed of ["default", "open"]) ids[feed] = (await feeds.append(feed, fresh(), fresh(), fresh())).map(({ id }) => id);
});
after(() => feeds?.stop());

/**
 * Each kind of answer of a public feed: its path, its status, and for how many seconds a shared and a private
 * cache answer with it; none where they do not keep it.
 *
 * @returns {[string, number, number | null, number | null][]}
 */
const PUBLIC = () => {
  const [first, , last] = ids.open;
  return [
    [`/events?since_id=${first}&limit=1`, 200, 3600, 3600],
    [`/events?since_id=${first}&limit=1&type=push`, 200, 3600, 3600],
    [`/events?since_id=${first}`, 200, 5, 5],
    [`/updates?since=${first}`, 200, 5, 5],
    [`/events?since_id=${last}`, 200, 1, 1],
    // A hold that ends with nothing: a browser asks again, unless it echoes what it was given.
    [`/events?since_id=${last}&wait=1`, 200, 1, 0],
    [`/long-poll?last_event_id=${last}&timeout=1`, 200, 1, 0],
    [`/events?since_id=${last}&wait=1&cursor=7`, 200, 1, 1],
    ["/events", 200, 1, 1],
    ["/long-poll", 200, 1, 1],
    ["/updates", 200, 1, 1],
    ["/resource", 200, 1, 1],
    [`/events/${first}`, 200, 3600, 3600],
    [`/events/${first}/body`, 200, 3600, 3600],
    [`/events?since_id=${FAR}`, 410, 5, 5],
    ["/events?since_id=x", 400, null, null],
    ["/events/x", 404, null, null],
    ["/nothing", 404, null, null],
  ];
};

/** What a cache sees of a request and its answer. */
async function exchange(/** @type {string} */ feed, /** @type {string} */ path, /** @type {Record<string, string>} */ headers) {
  const answer = await feeds.reader(feed, { token: null }).get(path, { headers });
  // Whatever stands in front of a Worker dates its answers.
  const dated = { date: new Date().toUTCString(), ...Object.fromEntries(answer.headers) };
  const request = { method: "GET", url: `/feeds/${feed}${path}`, headers: { host: "x", ...headers } };
  return { answer, request, response: { status: answer.status, headers: dated } };
}

test("a public feed is kept for as long as it holds", async () => {
  await Promise.all(PUBLIC().map(async ([path, status, ...seconds]) => {
    const { answer, request, response } = await exchange("open", path, {});
    assert.equal(answer.status, status, path);
    for (const [at, shared] of [[0, true], [1, false]]) {
      const policy = new CachePolicy(request, response, { shared: Boolean(shared) });
      const said = `${path} in a ${shared ? "shared" : "private"} cache`;
      const expect = seconds[Number(at)];
      assert.equal(policy.storable(), expect !== null, said);
      if (expect === null) continue;
      assert.ok(Math.abs(policy.timeToLive() / 1000 - expect) <= 1 && Math.sign(policy.timeToLive()) === Math.sign(expect), `${said}: ${policy.timeToLive()}`);
      assert.equal(policy.satisfiesWithoutRevalidation(request), expect > 0, said);
      // Nobody gets another form than they asked for, nor a hold's answer who does not hold.
      const list = /^\/(events|long-poll|updates)($|\?)/.test(path);
      const other = { ...request, headers: { ...request.headers, accept: "application/x-ndjson" } };
      assert.equal(policy.satisfiesWithoutRevalidation(other), expect > 0 && !list, said);
      if (expect > 60 && status === 200) {
        assert.ok(policy.revalidationHeaders(request)["if-none-match"], said);
      }
    }
  }));
});

test("a feed with tokens is kept by its reader alone, who asks each time", async () => {
  const authorization = `Bearer ${POLL_TOKEN}`;
  const [first, , last] = ids.default;
  const paths = [`/events?since_id=${first}&limit=1`, `/events?since_id=${last}`, "/events", "/updates", "/resource", `/events/${first}`, `/events/${first}/body`];
  for (const path of paths) {
    const { answer, request, response } = await exchange("default", path, { authorization });
    assert.equal(answer.status, 200, path);
    const shared = new CachePolicy(request, response, { shared: true });
    assert.ok(!shared.storable() || !shared.satisfiesWithoutRevalidation(request), path);
    const own = new CachePolicy(request, response, { shared: false });
    assert.ok(own.storable(), path);
    assert.equal(own.satisfiesWithoutRevalidation(request), false, path);
    assert.equal(own.revalidationHeaders(request)["if-none-match"], answer.headers.get("etag"), path);
    // And what comes back says that it still holds.
    const again = await exchange("default", path, { authorization, "if-none-match": String(answer.headers.get("etag")) });
    assert.equal(again.answer.status, 304, path);
    const { modified, matches } = own.revalidatedPolicy(again.request, again.response);
    assert.deepEqual([modified, matches], [false, true], path);
  }
  for (const [path, headers] of /** @type {[string, Record<string, string>][]} */ ([["/events", {}], [`/events?since_id=${FAR}`, { authorization }], ["/dead-letters", { authorization }]])) {
    const { request, response } = await exchange("default", path, headers);
    assert.equal(new CachePolicy(request, response, { shared: false }).storable(), false, path);
  }
});
