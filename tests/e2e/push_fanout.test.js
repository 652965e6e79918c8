// Many subscriptions of one feed, some of them dead and some slow: every healthy one gets every event, and not much
// later than without the others.
//
// `WAYPOST_HEAVY=1` makes it 1,000 events to 50 subscriptions.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Feeds } from "./lib/feeds.js";
import { Receiver } from "./lib/receiver.js";
import { Subscriber } from "./lib/subscriber.js";
import { inTurns } from "./lib/turns.js";
import { until } from "./lib/wait.js";

const HEAVY = Boolean(process.env.WAYPOST_HEAVY);
const [EVENTS, HEALTHY, BAD] = HEAVY ? [1_000, 40, 5] : [40, 8, 2];
/** How often an event comes while delays are measured, in milliseconds: the machine must be able to follow. */
const EVERY = HEAVY ? 150 : 50;
const PACED = HEAVY ? 80 : 20;

/** @type {Receiver} */
let receiver;
before(async () => {
  receiver = await Receiver.start();
});
after(() => receiver?.close());

/** @param {number[]} numbers @param {number} part */
const quantile = (numbers, part) => numbers.sort((a, b) => a - b)[Math.floor((numbers.length - 1) * part)];

/** One run: all at once for the throughput, and one after the other for the delay. @param {number} bad @param {string} name */
async function run(bad, name) {
  const vars = { ALLOW_TARGETS: ["127.0.0.1"] };
  const feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] } }, { vars });
  try {
    const subscriber = new Subscriber(feeds.server);
    const healthy = Array.from({ length: HEALTHY }, (_, n) => `/${name}/healthy${n}`);
    const slow = Array.from({ length: bad }, (_, n) => `/${name}/slow${n}`);
    const dead = Array.from({ length: bad }, (_, n) => `/${name}/dead${n}`);
    for (const path of slow) receiver.always(path, (_, response) => void setTimeout(() => response.end(), 2_000));
    for (const path of dead) receiver.always(path, (_, response) => void response.socket?.destroy());
    const ids = new Map();
    await inTurns([...healthy, ...slow, ...dead], async (path) => ids.set(path, (await subscriber.subscribe(receiver.url(path))).id));

    const begun = performance.now();
    await feeds.fill("default", EVENTS);
    const all = (/** @type {number} */ count) => until(
      () => healthy.every((path) => receiver.count(path) >= count),
      { what: "every healthy one has every event", within: 170_000, every: 20 },
    );
    await all(EVENTS);
    const seconds = (performance.now() - begun) / 1000;

    const reader = feeds.reader();
    const stored = (await reader.drain()).length;
    const delays = [];
    for (let n = 0; n < PACED; n += 1) {
      const posted = Date.now();
      await feeds.fill("default", 1);
      delays.push(posted);
      await new Promise((later) => setTimeout(later, Math.max(0, posted + EVERY - Date.now())));
    }
    await all(EVENTS + PACED);
    const events = [...(await reader.drain())];
    assert.equal(stored + events.length, EVENTS + PACED);
    const whole = await until(async () => {
      const page = await Promise.all(healthy.map((path) => subscriber.show(ids.get(path))));
      return page.every((shown) => shown.pending === 0 && shown.status === "active");
    }, { what: "all are settled" });
    assert.ok(whole);
    const of = new Map(events.map((event, at) => [event.id, delays[at]]));
    const late = [];
    for (const path of healthy) {
      const sent = receiver.of(path);
      assert.equal(new Set(sent.map((one) => one.headers["webhook-id"])).size, EVENTS + PACED, path);
      for (const one of sent) {
        const posted = of.get(/** @type {string} */ (one.headers["webhook-id"]));
        if (posted) late.push(one.at - posted);
      }
    }
    for (const path of dead) assert.ok(receiver.count(path) < EVENTS, "a dead one is left alone");
    return { rate: (EVENTS * HEALTHY) / seconds, median: quantile(late, 0.5), p95: quantile(late, 0.95) };
  } finally {
    await feeds.stop();
  }
}

test("dead and slow ones delay nobody", async () => {
  const runs = { without: await run(0, "without"), with: await run(BAD, "with") };
  const ratio = runs.with.median / runs.without.median;
  for (const [kind, { rate, median, p95 }] of Object.entries(runs)) {
    console.log(`# ${kind}: ${Math.round(rate)} deliveries/s, delay ${median} ms, p95 ${p95} ms`);
  }
  console.log(`# ${EVENTS} events, ${HEALTHY} healthy, ${BAD} dead, ${BAD} slow: ratio of the median delays ${ratio.toFixed(2)}`);
  // So short a run is mostly noise: it only shows that nobody waits for an endpoint's two seconds.
  assert.ok(HEAVY ? ratio <= 1.3 : runs.with.median < 1_000, `${ratio}`);
});
