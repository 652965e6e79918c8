// What a request costs that no clock is needed for: crossings between wasm and the host, allocations, and operations of
// the platform. None may pass what is written in costs.json; `WAYPOST_RECORD=1` writes what it is now.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { flipped, fresh } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { METER, meteredBuild } from "./lib/metering.js";
import { until } from "./lib/wait.js";

const FILE = new URL("./costs.json", import.meta.url);
/** @type {Record<string, {crossings: number, allocations: number}>} */
const recorded = JSON.parse(readFileSync(FILE, "utf8"));
const RECORDING = process.env.WAYPOST_RECORD === "1";

/** What grows by doubling allocates now and then: the least of so many is what a request takes by itself. */
const TIMES = 5;
const BATCH = 100;
/** A time is shorter where its milliseconds end in a zero, which of a hundred events some do and of one, some time, none. */
const CHANCE = 1.005;
/** Bodies that are hashed in the wasm, and that are left to the host. */
const SMALL = 1024;
const LARGE = 10_240;

/** @type {Feeds} */
let feeds;
/** @type {ReturnType<Feeds["reader"]>} */
let reader;
before(async () => {
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] } }, { build: await meteredBuild() });
  reader = feeds.reader();
  await feeds.flood("default", 2 * BATCH);
});
after(async () => {
  await feeds?.stop();
  if (RECORDING) writeFileSync(FILE, `${JSON.stringify(recorded, null, 2)}\n`);
});
/** @returns {Promise<import("./lib/metering.js").Counts>} */
const meter = async () => (await reader.fetch(METER)).json;

/** A body of so many bytes, another one each time. */
const body = (/** @type {number} */ size) => {
  const text = fresh();
  return `${text.slice(0, -1)},"padding":"${"x".repeat(size - text.length - 13)}"}`;
};

/**
 * @param {string} what
 * @param {() => Promise<() => Promise<void>>} prepare gives what is counted
 */
function costs(what, prepare) {
  test(`${what} costs no more than is recorded`, async (context) => {
    await (await prepare())();
    let [crossings, allocations] = [Infinity, Infinity];
    for (let time = 0; time < TIMES; time += 1) {
      const once = await prepare();
      await meter();
      await once();
      const counts = await meter();
      crossings = Math.min(crossings, counts.out + counts.in);
      allocations = Math.min(allocations, counts.allocations);
    }
    assert.ok(crossings > 0 && allocations > 0, "something was counted");
    context.diagnostic(`${crossings} crossings, ${allocations} allocations`);
    if (RECORDING) {
      recorded[what] = { crossings, allocations };
      return;
    }
    const most = recorded[what];
    assert.ok(most, `${what} is not in costs.json: run this file with WAYPOST_RECORD=1`);
    const advice = `${crossings} crossings and ${allocations} allocations, where ${most.crossings} and ${most.allocations} are recorded; ` +
      "if that is worth it, run this file with WAYPOST_RECORD=1";
    assert.ok(crossings <= most.crossings && allocations <= Math.floor(most.allocations * CHANCE), advice);
  });
}

/** A webhook while nothing is delivered, so that the queue's consumer is not counted. */
async function webhook(/** @type {number} */ size) {
  feeds.broker.queue.release();
  await feeds.broker.queue.drained();
  feeds.broker.queue.hold();
  return feeds.webhook("default", body(size));
}

for (const size of [SMALL, LARGE]) {
  costs(`received, ${size} bytes`, async () => {
    const given = await webhook(size);
    return async () => expectAccepted(await reader.post(given), "received");
  });

  costs(`duplicate, ${size} bytes`, async () => {
    const given = await webhook(size);
    expectAccepted(await reader.post(given), "received");
    return async () => expectAccepted(await reader.post(given), "already_processed");
  });

  costs(`refused, ${size} bytes`, async () => {
    const given = await webhook(size);
    given.body = flipped(String(given.body));
    return async () => expectProblem(await reader.post(given), 401, "bad_signature");
  });
}

/** Past the edge cache, as far as the feed. */
const FRESH = { "cache-control": "max-age=0" };

/** An answer has a date once the second of the last change is over. */
async function settled() {
  const dated = async () => (await reader.get("/events", { headers: FRESH })).headers.get("last-modified");
  await until(dated, { what: "the last change is over", every: 50 });
}

costs("poll, 304 at the tail", async () => {
  await settled();
  const path = `/events?since_id=${await feeds.end("default")}`;
  const etag = (await reader.get(path, { headers: FRESH })).headers.get("etag") ?? "";
  return async () => {
    assert.equal((await reader.get(path, { headers: { ...FRESH, "if-none-match": etag } })).status, 304);
  };
});

costs("page of 100 events", async () => {
  await settled();
  return async () => {
    const { status, json } = await reader.get("/events?limit=100", { headers: FRESH });
    assert.deepEqual([status, json.events.length], [200, BATCH]);
  };
});

/** So many webhooks that are queued and held. */
async function queued() {
  const { queue } = feeds.broker;
  queue.release();
  await queue.drained();
  queue.hold();
  for (let at = 0; at < BATCH; at += 1) {
    expectAccepted(await reader.post(await feeds.webhook("default", body(SMALL))), "received");
  }
  return queue;
}

costs("append of 100", async () => {
  const queue = await queued();
  return async () => {
    const { batches } = queue.counters;
    queue.release();
    await queue.drained();
    assert.equal(queue.counters.batches, batches + 1, "they came in one batch");
  };
});

test("a webhook costs one read and one write of KV and one message, and its batch one append", async () => {
  feeds.broker.queue.release();
  await feeds.broker.queue.drained();
  await meter();
  const before = feeds.broker.counters;
  const queue = await queued();
  queue.release();
  await queue.drained();
  const { kv, queue: sent } = feeds.broker.counters;
  const { reads, writes, deletes } = before.kv;
  assert.deepEqual([kv.reads - reads, kv.writes - writes, kv.deletes - deletes], [BATCH, BATCH, 0]);
  assert.deepEqual([sent.sends - before.queue.sends, sent.batches - before.queue.batches], [BATCH, 1]);
  assert.deepEqual((await meter()).objects, { "POST /append": 1 });
});
