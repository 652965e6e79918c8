// DELETE {base}/events/{id}: one event goes for good, and nothing else changes: positions hold, and
// its webhook does not come back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh, jsonOfSize } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, POLL_TOKEN } from "./lib/fixtures.js";
import { cacheControl } from "./lib/http.js";

/** @type {Feeds} */
let feeds;
before(async () => {
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] }, open: { public: true }, large: { tokens: ["POLL_TOKEN"] } });
});
after(() => feeds?.stop());

/** @param {string} id @param {string | null} [token] @param {string} [feed] */
const erase = (id, token = ADMIN_TOKEN, feed) => feeds.reader(feed, { token }).get(`/events/${id}`, { method: "DELETE" });

/** @param {string} id @param {string} [feed] */
async function erased(id, feed) {
  const answer = await erase(id, ADMIN_TOKEN, feed);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json, { status: "erased" });
  assert.ok(cacheControl(answer, "erased").has("no-store"));
}
const ids = (/** @type {{id: string}[]} */ events) => events.map(({ id }) => id);

test("an erased event is gone from every face, and positions hold", async () => {
  const events = await feeds.append("default", fresh(), fresh(), fresh(), fresh());
  const [first, second, third, last] = ids(events);
  const reader = feeds.reader();
  const tags = new Map();
  const lists = ["/events", "/long-poll", "/updates", `/events?since_id=${first}`, `/events?since_id=${first}&limit=1`];
  for (const path of lists) tags.set(path, (await reader.get(path)).headers.get("etag"));

  await erased(second);
  for (const path of [`/events/${second}`, `/events/${second}/body`]) {
    for (const headers of [{}, { "if-none-match": "*" }]) {
      const answer = await reader.get(path, { headers });
      expectProblem(answer, 410, "event_erased", path);
      cacheControl(answer, path);
    }
  }
  assert.deepEqual(ids((await reader.get("/events")).json.events), [first, third, last]);
  assert.deepEqual(ids((await reader.get("/long-poll")).json.events), [first, third, last]);
  assert.deepEqual(ids((await reader.get("/updates")).json.updates), [first, third, last]);
  for (const path of lists) {
    const again = await reader.get(path, { headers: { "if-none-match": tags.get(path) } });
    assert.equal(again.status, 200, `${path}: what a reader holds is no longer right`);
  }
  // Positions before, on and after it go on as they did.
  assert.deepEqual(ids((await reader.read({ since: first })).events), [third, last]);
  assert.deepEqual(ids((await reader.read({ since: second })).events), [third, last]);
  // A page that held nothing else is empty, and its position goes on all the same.
  assert.deepEqual(await reader.read({ since: first, limit: 1 }), { events: [], next: second, has_more: true });
  // The others are what they were.
  assert.equal((await reader.get(`/events/${third}/body`)).text, events[2].raw);
});

test("where the newest is erased the one before it is the newest", async () => {
  const [kept, newest] = await feeds.append("default", fresh(), fresh());
  const reader = feeds.reader();
  const before = await reader.get("/resource");
  assert.equal(before.text, newest.raw);
  await erased(newest.id);
  const answer = await reader.get("/resource", { headers: { "if-none-match": String(before.headers.get("etag")) } });
  assert.equal(answer.status, 200);
  assert.equal(answer.text, kept.raw);
  // The end of the feed does not go back.
  assert.equal(await feeds.end("default"), newest.id);
  assert.deepEqual(await reader.read({ since: kept.id }), { events: [], next: newest.id, has_more: false });
  const [next] = await feeds.append("default", fresh());
  assert.ok(next.id > newest.id);
});

test("a long poll does not answer with nothing but what was erased", async () => {
  const [before, gone] = await feeds.append("default", fresh(), fresh());
  const reader = feeds.reader();
  const held = reader.get(`/long-poll?last_event_id=${gone.id}`);
  await erased(gone.id);
  assert.deepEqual((await reader.get(`/long-poll?last_event_id=${before.id}&timeout=0`)).json, { events: [], message: "timeout" });
  const late = reader.get(`/long-poll?last_event_id=${before.id}`);
  const [next] = await feeds.append("default", fresh());
  for (const answer of await Promise.all([held, late])) assert.deepEqual(ids(answer.json.events), [next.id]);
});

test("its webhook does not bring it back", async () => {
  const webhook = await feeds.webhook("default");
  const reader = feeds.reader();
  reader.position = await feeds.end("default");
  expectAccepted(await reader.post(webhook), "received");
  const [{ id }] = await reader.drain({ atLeast: 1 });
  await erased(id);
  expectAccepted(await reader.post(webhook), "already_processed");
  // Nor where KV has forgotten it: the feed has not. Nor under another id, which GitHub does not sign.
  for (const again of [webhook, { ...webhook, headers: { ...webhook.headers, "x-github-delivery": "another" } }]) {
    feeds.broker.kv.expireAll();
    expectAccepted(await reader.post(again), "received");
    await feeds.broker.queue.drained();
    assert.deepEqual(await reader.drain(), []);
    assert.equal(await feeds.end("default"), id);
  }
});

test("a large body goes too, and all of it stays gone after a restart", async () => {
  const [large, kept] = await feeds.append("large", jsonOfSize(1_500_000), jsonOfSize(200_000));
  await erased(large.id, "large");
  for (let life = 0; life < 2; life += 1) {
    const reader = feeds.reader("large");
    expectProblem(await reader.get(`/events/${large.id}/body`), 410, "event_erased");
    assert.deepEqual(ids((await reader.read()).events), [kept.id]);
    assert.equal((await reader.body(kept.id)).length, 200_000);
    assert.ok(!feeds.broker.kv.keys.some((key) => key.startsWith("body:")), "nor does KV have it");
    await feeds.server.restart();
  }
});

test("only the administrator erases, in any feed", async () => {
  for (const feed of ["default", "open"]) {
    const [{ id }] = await feeds.append(feed, fresh());
    for (const token of [null, "wrong", "", POLL_TOKEN]) {
      expectProblem(await erase(id, token, feed), 401, "unauthorised", `${feed} ${token}`);
    }
    assert.equal((await feeds.reader(feed).get(`/events/${id}`)).status, 200, "it is still there");
    await erased(id, feed);
    expectProblem(await feeds.reader(feed).get(`/events/${id}`), 410, "event_erased");
  }
});

test("what is not there cannot be erased", async () => {
  const [{ id }] = await feeds.append("default", fresh());
  await erased(id);
  const twice = await erase(id);
  assert.ok([404, 410].includes(twice.status), twice.text);
  for (const other of [id.replace(/\d{4}$/, "9999"), id.replace(/^\d{16}/, "0".repeat(16)), id.replace(/\d{16}$/, "0".repeat(16)), "x"]) {
    expectProblem(await erase(other), 404, "unknown_event", other);
  }
  expectProblem(await erase(id, ADMIN_TOKEN, "nothing"), 404, "unknown_feed");
});

test("without an ADMIN_TOKEN nobody erases", async () => {
  const closed = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] } }, { secrets: { ADMIN_TOKEN: "" } });
  try {
    const [{ id }] = await closed.append("default", fresh());
    for (const token of [null, "", "undefined", POLL_TOKEN, ADMIN_TOKEN]) {
      const reader = closed.reader("default", { token });
      expectProblem(await reader.get(`/events/${id}`, { method: "DELETE" }), 403, "admin_closed", `${token}`);
      expectProblem(await reader.get(`/dead-letters/${id}/replay`, { method: "POST" }), 403, "admin_closed", `${token}`);
    }
    assert.equal((await closed.reader().get(`/events/${id}`)).status, 200);
  } finally {
    await closed.stop();
  }
});
