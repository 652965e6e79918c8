// Claims that wait: woken by an append, by what another gives back, and by time; by nothing else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { Consumer, ids, leases } from "./lib/consumer.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { POLL_TOKEN } from "./lib/fixtures.js";
import { RawRequest } from "./lib/raw.js";
import { until } from "./lib/wait.js";

/** @type {Feeds} */
let feeds;
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  feeds = await Feeds.start({ default: open, other: open, crowded: { ...open, max_waiting: 3 }, single: { ...open, max_waiting: 1 } });
  for (const feed of ["default", "other", "crowded", "single"]) await feeds.append(feed, fresh());
});
after(() => feeds?.stop());

/** A consumer at the feed's end. @param {string} name @param {object} [options] @param {string} [feed] */
async function atEnd(name, options, feed = "default") {
  const worker = new Consumer(feeds.reader(feed), name);
  assert.deepEqual((await worker.claim({ from: "latest", ...options })).events, []);
  return worker;
}

/** @template T @param {Promise<T>} work */
async function timed(work) {
  const started = performance.now();
  const value = await work;
  return { value, took: performance.now() - started };
}

test("a claim that waits is answered when something is appended, and another's is not", async () => {
  const worker = await atEnd("append");
  let ended = false;
  const held = worker.claim({ wait: 20 }).finally(() => (ended = true));
  await feeds.append("other", fresh());
  await worker.shown();
  assert.equal(ended, false);
  const [event] = await feeds.append("default", fresh());
  assert.deepEqual(ids((await held).events), [event.id]);
});

test("it ends with its time, and with nothing", async () => {
  const worker = await atEnd("time");
  const { value, took } = await timed(worker.claim({ wait: 1 }));
  assert.deepEqual(value, { events: [], generation: 1 });
  assert.ok(took >= 990 && took < 10_000, `${took} ms`);
});

test("what others give back wakes it", async () => {
  const [event] = await feeds.append("default", fresh());
  /** How an event comes back, and the longest that it may take. @type {[string, (worker: Consumer, lease: string) => Promise<unknown>, number][]} */
  const ways = [
    ["released", (worker, lease) => worker.done("release", { leases: [lease] }), 900],
    ["refused", (worker, lease) => worker.done("nack", { leases: [lease] }), 900],
    ["refused, with a delay", (worker, lease) => worker.done("nack", { leases: [lease], delay_seconds: 1 }), 10_000],
    ["sought", (worker) => worker.done("seek", { to: event.id.replace(/\d$/, (digit) => String(Number(digit) - 1)) }), 900],
  ];
  for (const [how, giveBack, longest] of ways) {
    const worker = new Consumer(feeds.reader(), how.replace(/\W+/g, "-"));
    const { events } = await worker.claim({ max: 500 });
    const last = /** @type {import("./lib/consumer.js").Held} */ (events.at(-1));
    assert.equal(last.id, event.id);
    const held = worker.claim({ wait: 20 });
    await worker.shown();
    const { took } = await timed(giveBack(worker, last.lease).then(() => held));
    assert.deepEqual(ids((await held).events), [event.id], how);
    assert.ok(took < longest, `${how}: ${took} ms`);
  }
});

test("so does a lease that runs out, in time", async () => {
  const [event] = await feeds.append("default", fresh());
  for (const mode of ["shared", "ordered"]) {
    const worker = new Consumer(feeds.reader(), `expires-${mode}`);
    await worker.claim({ mode, max: 500, lease_seconds: 1 });
    const { value, took } = await timed(worker.claim({ max: 500, wait: 20 }));
    assert.equal(value.events.at(-1)?.id, event.id);
    assert.ok(took > 500 && took < 10_000, `${took} ms`);
  }
});

test("an ordered consumer's next holder waits for the one before", async () => {
  await feeds.append("default", fresh(), fresh());
  const worker = new Consumer(feeds.reader(), "turns");
  const { events } = await worker.claim({ mode: "ordered", max: 2 });
  const held = worker.claim({ max: 1, wait: 20 });
  await worker.finish(events.slice(0, 1));
  await worker.shown();
  const { took } = await timed(worker.finish(events.slice(1)).then(() => held));
  assert.equal((await held).events.length, 1);
  assert.ok(took < 900, `${took} ms`);
});

test("no wake-up is lost where claims, appends and acknowledgements cross", async () => {
  const worker = await atEnd("cross", { mode: "ordered" });
  for (let round = 0; round < 40; round += 1) {
    const webhook = await feeds.webhook("default");
    const claim = async () => {
      const { value, took } = await timed(worker.claim({ max: 1, wait: 20 }));
      assert.equal(value.events.length, 1);
      assert.ok(took < 10_000, "it was not its time that ended the hold");
      await worker.finish(value.events);
    };
    const post = async () => expectAccepted(await feeds.reader().post(webhook), "received");
    // Two events for two claims that only one can have at a time.
    await Promise.all([claim(), post(), claim(), feeds.webhook("default").then((webhook) => feeds.reader().post(webhook))]);
  }
});

test("one event wakes many, and one of them gets it", async () => {
  const worker = await atEnd("many");
  const held = Array.from({ length: 20 }, () => worker.claim({ wait: 2 }));
  await worker.shown();
  const [event] = await feeds.append("default", fresh());
  const claimed = (await Promise.all(held)).flatMap(({ events }) => events);
  assert.deepEqual(ids(claimed), [event.id]);
});

test("a worker that has gone is handed nothing", async () => {
  const worker = await atEnd("gone", {}, "single");
  const body = '{"wait":20}';
  for (let round = 0; round < 2; round += 1) {
    const headers = { authorization: `Bearer ${POLL_TOKEN}`, "content-length": String(body.length) };
    const gone = new RawRequest(feeds.server, "/feeds/single/consumers/gone/claim", headers);
    await gone.send(body);
    await until(async () => (await worker.ask("claim", { wait: 1 })).status === 503);
    gone.abort();
    // Its place is free again.
    await until(async () => (await worker.ask("claim", { wait: 1 })).status === 200);
    const [event] = await feeds.append("single", fresh());
    const { events } = await worker.claim();
    assert.deepEqual(events.map(({ id, attempt }) => [id, attempt]), [[event.id, 1]]);
    await worker.finish(events);
  }
});

test("a feed holds so many requests, claims among them", async () => {
  const worker = await atEnd("crowd", {}, "crowded");
  // Until it is held: the one below that looks whether all are there may have taken its place.
  const held = [1, 2, 3].map(() => until(async () => {
    const answer = await worker.ask("claim", { max: 1, wait: 20 });
    return answer.status === 200 && answer;
  }));
  const refused = await until(async () => {
    const answer = await worker.ask("claim", { wait: 1 });
    return answer.status === 503 && answer;
  });
  expectProblem(refused, 503, "too_many_waiting");
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.equal((await feeds.reader("crowded").get(`/events?since_id=${await feeds.end("crowded")}&wait=1`)).status, 503);
  assert.equal((await worker.ask("claim")).status, 200, "one that does not wait needs no place");
  const early = await new Consumer(feeds.reader("crowded"), "early").claim({ wait: 20 });
  assert.equal(early.events.length, 1, "nor does one that has no need to");
  const appended = await feeds.append("crowded", fresh(), fresh(), fresh());
  const claimed = (await Promise.all(held)).flatMap(({ json }) => json.events);
  assert.deepEqual(ids(claimed).sort(), ids(appended));
});

test("a consumer that is deleted is not made again by those who wait for it", async () => {
  const worker = await atEnd("deleted");
  const held = worker.ask("claim", { wait: 20 });
  await worker.shown();
  assert.equal((await worker.reader.get("/consumers/deleted", { method: "DELETE" })).status, 200);
  expectProblem(await held, 404, "unknown_consumer");
  assert.equal(await worker.shown(), undefined);
  const again = await worker.claim({ max: 1 });
  assert.equal(leases(again.events).length, 1);
});
