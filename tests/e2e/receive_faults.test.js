// Faults of the platform, injected from outside: what may be refused, what must be accepted, and
// that no fault ever loses or doubles an event.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fresh, jsonOfSize } from "./lib/bodies.js";
import { Broker } from "./lib/broker.js";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import * as sign from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const broker = new Broker();
/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  server = await startWorkerd({ broker, sources: SOURCES, feeds: FEEDS });
  waypost = new Waypost(server);
});
after(() => server?.stop());
beforeEach(() => waypost.drain());
afterEach(() => {
  broker.kv.heal();
  broker.queue.heal();
});

/** Exactly these webhooks are in the feed, each once, once the queue is empty. */
async function stored(...webhooks) {
  await broker.queue.drained();
  const events = await waypost.drain();
  assert.deepEqual(events.map(({ raw }) => raw), webhooks.map(({ body }) => body));
}

test("an accepted webhook costs one read and one write of KV, and one message", async () => {
  const webhook = await sign.github(fresh());
  const before = broker.counters;
  expectAccepted(await waypost.post(webhook), "received");
  await stored(webhook);
  const { kv, queue } = broker.counters;
  assert.equal(kv.reads - before.kv.reads, 1);
  assert.equal(kv.writes - before.kv.writes, 1);
  assert.equal(queue.sends - before.queue.sends, 1);
});

test("the queue refuses: 503 with Retry-After, no mark, and the retry is accepted", async () => {
  const webhook = await sign.github(fresh());
  await leavesNothing(waypost, async () => {
    broker.queue.refuse = true;
    const before = broker.counters;
    const answer = await waypost.post(webhook);
    broker.queue.refuse = false;
    expectProblem(answer, 503, "queue_unavailable");
    assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
    assert.equal(broker.counters.kv.writes, before.kv.writes, "no mark");
  });

  expectAccepted(await waypost.post(webhook), "received");
  await stored(webhook);
});

test("the queue takes a message but its answer is lost: the retry makes no second event", async () => {
  const webhook = await sign.github(fresh());
  broker.queue.loseAnswers = true;
  expectProblem(await waypost.post(webhook), 503, "queue_unavailable");
  broker.queue.loseAnswers = false;
  expectAccepted(await waypost.post(webhook), "received");
  await stored(webhook);
});

test("KV cannot be read: accepted, and still one event", async () => {
  const webhook = await sign.github(fresh());
  broker.kv.failReads = true;
  expectAccepted(await waypost.post(webhook), "received");
  expectAccepted(await waypost.post(webhook), "received");
  await stored(webhook);
});

test("KV cannot be written: accepted, and still one event", async () => {
  const webhook = await sign.github(fresh());
  broker.kv.failWrites = true;
  expectAccepted(await waypost.post(webhook), "received");
  expectAccepted(await waypost.post(webhook), "received");
  await stored(webhook);
});

test("32 copies at once are one event", async () => {
  const webhook = await sign.github(fresh());
  const answers = await Promise.all(Array.from({ length: 32 }, () => waypost.post(webhook)));
  assert.deepEqual(answers.map(({ status }) => status), Array(32).fill(200));
  await stored(webhook);
});

test("32 copies at once are one event also where KV still answers that there is no mark", async () => {
  const webhook = await sign.standard(fresh());
  broker.kv.blind = true;
  const answers = await Promise.all(Array.from({ length: 32 }, () => waypost.post(webhook)));
  for (const answer of answers) expectAccepted(answer, "received");
  await stored(webhook);
});

test("the consumer sees every batch twice: still one event each", async () => {
  broker.queue.copies = 2;
  const webhooks = await Promise.all(Array.from({ length: 5 }, () => sign.github(fresh())));
  for (const webhook of webhooks) expectAccepted(await waypost.post(webhook), "received");
  await stored(...webhooks);
});

test("a batch that ends in an error comes again, and is one event each", async () => {
  broker.queue.failNext = 2;
  const webhooks = await Promise.all(Array.from({ length: 5 }, () => sign.github(fresh())));
  for (const webhook of webhooks) expectAccepted(await waypost.post(webhook), "received");
  await broker.queue.drained();
  const events = await waypost.drain();
  assert.deepEqual(events.map(({ raw }) => raw).sort(), webhooks.map(({ body }) => body).sort());
});

test("KV cannot take a large body: 503, nothing is kept, and the retry is accepted", async () => {
  const webhook = await sign.github(jsonOfSize(1_000_000));
  broker.kv.failWrites = true;
  await leavesNothing(waypost, async () => {
    const before = broker.counters;
    expectProblem(await waypost.post(webhook), 503, "body_store_unavailable");
    assert.equal(broker.counters.queue.sends, before.queue.sends);
    broker.kv.heal();
  });

  expectAccepted(await waypost.post(webhook), "received");
  await broker.queue.drained();
  const [event] = await waypost.drain();
  assert.equal(String(await waypost.body(event.id)), webhook.body);
});

test("KV cannot give a large body back for a while: the event comes later and whole", async () => {
  const webhook = await sign.github(jsonOfSize(1_000_000));
  broker.queue.hold();
  expectAccepted(await waypost.post(webhook), "received");
  broker.kv.failReads = true;
  broker.queue.release();
  await broker.queue.retried(2);
  assert.deepEqual(await waypost.drain(), [], "no half event");
  broker.kv.failReads = false;

  await broker.queue.drained();
  const events = await waypost.drain();
  assert.equal(events.length, 1);
  assert.equal(String(await waypost.body(events[0].id)), webhook.body);
});

test("a message that cannot be read takes nothing else with it", async () => {
  const [first, second] = await Promise.all([sign.github(fresh()), sign.github(fresh())]);
  broker.queue.hold();
  expectAccepted(await waypost.post(first), "received");
  for (const poison of ["", "\u0001", "\u0001\u00ff\u00ff\u00ff\u00ff{}", "{}", "\u00ff".repeat(1000)]) {
    for (const type of ["bytes", "text"]) broker.queue.inject(Buffer.from(poison, "latin1"), type);
  }
  broker.queue.inject(Buffer.from('{"a":[1]}'), "json");
  expectAccepted(await waypost.post(second), "received");
  broker.queue.release();
  await stored(first, second);
});

test("a mark lives as long as the config says", async () => {
  const before = new Set(broker.kv.keys);
  expectAccepted(await waypost.post(await sign.github(fresh())), "received");
  const [mark, ...others] = broker.kv.keys.filter((key) => !before.has(key));
  assert.deepEqual(others, []);
  const week = 604_800;
  assert.ok(Math.abs(Number(broker.kv.timeToLive(mark)) - week) < 60, `${broker.kv.timeToLive(mark)} s`);
});
