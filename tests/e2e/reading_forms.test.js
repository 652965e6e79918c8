// What a reader may ask for beside a position: the form of the answer, some types and sources, every payload
// as base64, how long to wait; and what the answer says of where and when to go on.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HTTP } from "cloudevents";
import { fresh } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";

/** @type {Feeds} */
let feeds;
/** @type {import("./lib/waypost.js").Event[]} */
let events;
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  feeds = await Feeds.start({ default: open, typed: { ...open, poll_interval_seconds: 42 }, open: { public: true } });
  for (const kind of ["push", "ping", "issues", "push"]) await post("typed", kind);
  await feeds.broker.queue.drained();
  events = await feeds.reader("typed").drain({ atLeast: 4 });
});
after(() => feeds?.stop());

/** Posts a GitHub webhook of a type. */
async function post(/** @type {string} */ feed, /** @type {string} */ kind) {
  const webhook = await feeds.webhook(feed, fresh(), { type: kind });
  expectAccepted(await feeds.reader(feed).post(webhook), "received");
  return webhook.body;
}

const typed = (/** @type {string} */ path, /** @type {Record<string, string>} */ headers = {}) =>
  feeds.reader("typed").get(path, { headers });

/** Where a list goes on, as a client resolves it. */
function next(/** @type {import("./lib/waypost.js").Answer} */ answer, /** @type {string} */ path) {
  const [, url] = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "") ?? [];
  return new URL(url, `http://x${path}`);
}

test("filters show what they say, and next moves past the rest", async () => {
  const [first, second, third, last] = events.map(({ id }) => id);
  for (const [query, shown] of /** @type {[string, string[]][]} */ ([
    ["type=push", [first, last]], ["type=push&type=ping", [first, second, last]], ["source=typed&type=issues", [third]],
    ["source=other", []], ["type=pu.*", []], ["type=*", [first, second, third, last]],
  ])) {
    const { json } = await typed(`/events?${query}`);
    assert.deepEqual([json.events.map(({ id }) => id), json.next, json.has_more], [shown, last, false], query);
    assert.deepEqual((await typed(`/updates?${query}`)).json.updates.map(({ id }) => id), shown, query);
    assert.deepEqual((await typed(`/long-poll?timeout=0&${query}`)).json.events.map(({ id }) => id), shown, query);
  }
  const page = await typed("/events?type=push&limit=1");
  assert.deepEqual([page.json.events[0].id, page.json.next, page.json.has_more], [first, first, true]);
  expectProblem(await typed(`/events?${"type=x&".repeat(33)}`), 400, "invalid_parameter");
});

test("a hold with a filter is not ended by what the filter hides", async () => {
  const since = await feeds.end("typed");
  let ended = false;
  const held = typed(`/events?since_id=${since}&type=release&wait=20`).finally(() => (ended = true));
  const other = typed(`/events?since_id=${since}&wait=20`);
  await feeds.end("typed");
  await post("typed", "push");
  // Who waits for anything is answered; the one that is not meant holds on, and not for want of a wake-up.
  assert.equal((await other).json.events[0].type, "push");
  await feeds.end("typed");
  assert.equal(ended, false);
  const body = await post("typed", "release");
  const { json } = await held;
  assert.deepEqual(json.events.map(({ payload }) => JSON.stringify(payload)), [body]);

  const end = await feeds.end("typed");
  const waits = typed(`/events?since_id=${end}&type=release&wait=1`);
  await post("typed", "push");
  const over = (await waits).json;
  assert.deepEqual(over.events, []);
  assert.ok(over.next >= end);
});

test("the official SDK reads a batch of CloudEvents", async () => {
  const accept = { accept: "application/cloudevents-batch+json" };
  const answer = await typed("/events?limit=3", accept);
  assert.equal(answer.headers.get("content-type"), "application/cloudevents-batch+json");
  const headers = { "content-type": String(answer.headers.get("content-type")) };
  const batch = /** @type {import("cloudevents").CloudEvent<any>[]} */ (HTTP.toEvent({ headers, body: answer.text }));
  assert.equal(batch.length, 3);
  for (const [at, event] of batch.entries()) {
    assert.ok(event.validate());
    const { id, type, source, payload, webhook_id, received_at } = events[at];
    assert.deepEqual([event.id, event.type, event.source, event.webhookid, event.data], [id, type, source, webhook_id, payload]);
    assert.equal(new Date(/** @type {string} */ (event.time)).getTime(), new Date(received_at).getTime());
  }
  const rest = await feeds.reader("typed").fetch(next(answer, "/feeds/typed/events").pathname + next(answer, "/feeds/typed/events").search, {
    headers: { authorization: "Bearer poll-token-of-the-tests", ...accept },
  });
  assert.equal(rest.json[0].id, events[3].id);
});

test("a line an event, and the same events", async () => {
  const answer = await typed("/events?limit=4", { accept: "application/x-ndjson" });
  assert.equal(answer.headers.get("content-type"), "application/x-ndjson");
  const { json } = await typed("/events?limit=4");
  assert.deepEqual(answer.text.trimEnd().split("\n").map((line) => JSON.parse(line)), json.events);
  assert.notEqual(answer.headers.get("etag"), (await typed("/events?limit=4")).headers.get("etag"));
  const empty = await typed(`/events?since_id=${await feeds.end("typed")}`, { accept: "application/x-ndjson" });
  assert.equal(empty.bytes.length, 0);
  assert.match(String(empty.headers.get("link")), /rel="next"/);
});

test("base64 gives the bytes of every payload", async () => {
  for (const path of ["/events?limit=1&encoding=base64", `/events/${events[0].id}?encoding=base64`]) {
    const { json } = await typed(path);
    const event = json.events?.[0] ?? json;
    assert.equal(event.payload, undefined);
    assert.equal(Buffer.from(event.payload_base64, "base64").toString(), events[0].raw);
  }
  expectProblem(await typed("/events?encoding=hex"), 400, "invalid_parameter");
});

test("Link goes through a feed to its end, wherever it is read", async () => {
  for (const base of ["/feeds/typed"]) {
    const seen = [];
    let path = `${base}/events?limit=2`;
    for (let page = 0; page < 9; page += 1) {
      const answer = await feeds.reader().get(path);
      seen.push(...answer.json.events.map(({ id }) => id));
      const { pathname, search } = next(answer, path);
      path = pathname + search;
      assert.equal(answer.headers.get("poll-interval"), answer.json.has_more ? "0" : "42");
      assert.equal(answer.headers.get("x-poll-interval"), answer.headers.get("poll-interval"));
      if (!answer.json.has_more) break;
    }
    assert.deepEqual(seen.slice(0, 4), events.map(({ id }) => id));
    assert.equal(new Set(seen).size, seen.length);
  }
});

test("Prefer: wait holds a URL that says nothing", async () => {
  const path = `/events?since_id=${await feeds.end("typed")}`;
  const started = performance.now();
  const held = await typed(path, { prefer: "respond-async, wait=1" });
  const took = performance.now() - started;
  assert.ok(took > 950 && took < 4_000, `${took} ms`);
  assert.equal(held.headers.get("preference-applied"), "wait=1");
  assert.equal(held.headers.get("vary"), "accept, prefer");
  assert.match(String(held.headers.get("link")), /wait=1/);
  assert.equal((await typed(`${path}&wait=0`, { prefer: "wait=20" })).headers.get("preference-applied"), null);
  assert.equal((await typed("/events", { prefer: "wait=99" })).headers.get("preference-applied"), "wait=25");
  const long = await typed(`/long-poll?last_event_id=${await feeds.end("typed")}`, { prefer: "wait=0" });
  assert.equal(long.headers.get("preference-applied"), "wait=0");
  assert.deepEqual(long.json, { events: [], message: "timeout" });
});

test("what a hold gives to be echoed leads to another URL each time, and harms nobody who leaves it", async () => {
  const since = await feeds.end("typed");
  let path = `/feeds/typed/events?since_id=${since}&wait=1`;
  let last = 0;
  for (let round = 0; round < 2; round += 1) {
    const answer = await feeds.reader().get(path);
    const { cursor, events: none, next: position } = answer.json;
    assert.deepEqual([none, position], [[], since]);
    assert.ok(Number(cursor) > last, `${cursor} after ${last}`);
    last = Number(cursor);
    const { pathname, search, searchParams } = next(answer, path);
    assert.equal(searchParams.get("cursor"), cursor);
    path = pathname + search;
  }
  const without = feeds.reader().get(`/feeds/typed/events?since_id=${since}&wait=20`);
  const strange = feeds.reader().get(`/feeds/typed/events?since_id=${since}&wait=20&cursor=x`);
  const held = feeds.reader().get(path.replace("wait=1", "wait=20"));
  await feeds.end("typed");
  const [{ id }] = await feeds.append("typed", fresh());
  for (const answer of await Promise.all([without, strange, held])) {
    assert.deepEqual(answer.json.events.map((event) => event.id), [id]);
    assert.equal(answer.json.cursor, undefined);
  }
});
