// What retention takes, and what it never takes: the position of a feed outlives its events and
// the process.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh, jsonOfSize } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";

const BYTES = 20_000;
const COUNT = 4;

/** @type {Feeds} */
let feeds;
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  feeds = await Feeds.start({
    default: open,
    bytes: { ...open, retention_bytes: BYTES },
    count: { ...open, retention_events: COUNT },
  });
});
after(() => feeds?.stop());

/** Appends one by one: what is too much goes with the append that makes it so. @param {string} feed @param {string[]} bodies */
async function append(feed, ...bodies) {
  const appended = [];
  for (const body of bodies) appended.push(...(await feeds.append(feed, body)));
  return appended;
}
const kept = async (/** @type {string} */ feed) => (await feeds.reader(feed).read()).events;
const ids = (/** @type {{id: string}[]} */ events) => events.map(({ id }) => id);

test("by bytes: the newest are kept, as many as fit with what is stored beside their bodies", async () => {
  const appended = await append("bytes", ...Array.from({ length: 12 }, () => jsonOfSize(3_000)));
  const left = await kept("bytes");
  assert.deepEqual(ids(left), ids(appended).slice(-left.length));
  // Headers and the like are about 1 KB each.
  assert.ok(left.length * 3_000 <= BYTES && (left.length + 1) * 4_000 > BYTES, `${left.length} are kept`);

  const [large] = await append("bytes", jsonOfSize(18_000));
  assert.deepEqual(ids(await kept("bytes")), [large.id]);
  expectProblem(await feeds.reader("bytes").get(`/events?since_id=${appended[0].id}`), 410, "cursor_expired");
});

test("by count: a batch that is more than all of it leaves the newest", async () => {
  feeds.broker.queue.hold();
  const reader = feeds.reader("count");
  const sent = [];
  for (let count = 0; count < 20; count += 1) {
    const webhook = await feeds.webhook("count");
    expectAccepted(await reader.post(webhook), "received");
    sent.push(webhook);
  }
  feeds.broker.queue.release();
  await feeds.broker.queue.drained();
  assert.deepEqual((await kept("count")).map(({ raw }) => raw), sent.slice(-COUNT).map(({ body }) => body));
  // What is gone is still known: its webhook makes no second event.
  const position = await feeds.end("count");
  expectAccepted(await reader.post(sent[0]), "already_processed");
  feeds.broker.kv.expireAll();
  expectAccepted(await reader.post(sent[0]), "received");
  await feeds.broker.queue.drained();
  assert.equal(await feeds.end("count"), position);
});

test("one event larger than all that may be kept", async () => {
  const position = await feeds.end("bytes");
  const reader = feeds.reader("bytes");
  expectAccepted(await reader.post(await feeds.webhook("bytes", jsonOfSize(50_000))), "received");
  await feeds.broker.queue.drained();
  const end = await feeds.end("bytes");
  assert.ok(end > position, "it was given its place");
  // Kept or not, a reader that stood before it gets it or is told that it is gone.
  const answer = await reader.get(`/events?since_id=${position}`);
  if (answer.status === 200) assert.deepEqual(ids(answer.json.events), [end]);
  else expectProblem(answer, 410, "cursor_expired");
  // And nobody else is troubled.
  assert.deepEqual(await reader.read({ since: end }), { events: [], next: end, has_more: false });
});

test("positions never go back, through restarts and with nothing left", async () => {
  for (const feed of ["default", "bytes", "count"]) {
    await append(feed, fresh());
    const before = await feeds.end(feed);
    await feeds.server.restart();
    assert.equal(await feeds.end(feed), before, feed);
    assert.deepEqual(await feeds.reader(feed).read({ since: before }), { events: [], next: before, has_more: false });
    const [next] = await append(feed, fresh());
    assert.ok(next.id > before, feed);
    assert.deepEqual(ids((await feeds.reader(feed).read({ since: before })).events), [next.id]);
  }
});
