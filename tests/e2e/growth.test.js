// Reading and appending cost the same in a feed of twenty thousand events as in one of a thousand.
// The native tests of the log hold a million against a thousand more exactly (tests/it/log/growth.rs);
// here it is the whole way, so the bound is generous.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Consumer } from "./lib/consumer.js";
import { expectAccepted } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";

const SIZES = { small: 1_000, large: 20_000 };
const ROUNDS = 41;
/** The larger median may be so many times the smaller one, and this much more. */
const RATIO = 2;
const SLACK_MS = 2;

/** @type {Feeds} */
let feeds;
/** @type {Record<string, string[]>} some ids of each feed, from its beginning to its end */
const ids = {};
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  feeds = await Feeds.start({ default: open, small: open, large: open });
  for (const [feed, size] of Object.entries(SIZES)) {
    await feeds.flood(feed, size);
    const [generation, last] = (await feeds.end(feed)).split("_");
    assert.equal(Number(last), size);
    const at = (/** @type {number} */ sequence) => `${generation}_${String(sequence).padStart(16, "0")}`;
    ids[feed] = [at(1), at(size / 2), at(size - 20), at(size)];
  }
});
after(() => feeds?.stop());

/** @param {(feed: string) => Promise<void>} once */
async function compare(once) {
  /** @type {Record<string, number[]>} */
  const took = { small: [], large: [] };
  // In turn, so that what else the machine does strikes both.
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const feed of Object.keys(SIZES)) {
      const started = performance.now();
      await once(feed);
      took[feed].push(performance.now() - started);
    }
  }
  const median = (/** @type {number[]} */ list) => list.sort((a, b) => a - b)[ROUNDS >> 1];
  const [small, large] = [median(took.small), median(took.large)];
  assert.ok(large < small * RATIO + SLACK_MS, `${large.toFixed(2)} ms in the large feed, ${small.toFixed(2)} ms in the small one`);
}

/** What is read, and how many events that gives. @type {[string, (ids: string[]) => string, number][]} */
const READS = [
  ["the oldest events", () => "/events?limit=20", 20],
  ["events in the middle", ([, middle]) => `/events?limit=20&since_id=${middle}`, 20],
  ["the newest events", ([, , late]) => `/events?since_id=${late}`, 20],
  ["nothing new", ([, , , end]) => `/events?since_id=${end}`, 0],
  ["updates since a time", () => `/updates?since=${new Date(Date.now() + 60_000).toISOString()}`, 0],
  ["one event", ([, middle]) => `/events/${middle}`, 1],
  ["the newest", () => "/resource", 1],
];

for (const [what, path, count] of READS) {
  test(`reading ${what}`, () => compare(async (feed) => {
    const { status, json } = await feeds.reader(feed).get(path(ids[feed]));
    assert.equal(status, 200);
    assert.equal((json.events ?? json.updates ?? [json]).length, count);
  }));
}

test("a claim and its acknowledgement", () => compare(async (feed) => {
  const worker = new Consumer(feeds.reader(feed), "worker");
  const { events } = await worker.claim({ max: 10 });
  assert.equal(events.length, 10);
  await worker.finish(events);
}));

test("a backlog that a filter hides is passed over at once, and only once", async () => {
  const worker = new Consumer(feeds.reader("large"), "filtered");
  assert.deepEqual((await worker.claim({ types: ["nothing.*"] })).events, []);
  const { lag, position } = await worker.shown();
  assert.deepEqual([lag, position], [0, await feeds.end("large")]);
});

test("from a webhook to its event", () => compare(async (feed) => {
  const reader = feeds.reader(feed);
  const position = await feeds.end(feed);
  expectAccepted(await reader.post(await feeds.webhook(feed)), "received");
  assert.equal((await reader.read({ since: position, wait: 20 })).events.length, 1);
}));
