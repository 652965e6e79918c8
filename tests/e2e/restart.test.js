// Waypost is killed (SIGKILL) between any two steps of a webhook's way, with KV and queue kept by
// the tests' broker: nothing is lost, nothing is there twice, and marks still hold.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { fresh, jsonOfSize } from "./lib/bodies.js";
import { Broker } from "./lib/broker.js";
import { expectAccepted } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import * as sign from "./lib/sign.js";
import { until } from "./lib/wait.js";
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
beforeEach(async () => {
  broker.queue.heal();
  await broker.queue.drained();
  await waypost.drain();
});

const webhooks = (/** @type {number} */ count) => Promise.all(Array.from({ length: count }, () => sign.github(fresh())));

/** Exactly these are in the feed after the position, each once. */
async function stored(expected) {
  await broker.queue.drained();
  const events = await waypost.drain();
  assert.deepEqual(events.map(({ raw }) => raw).sort(), expected.map(({ body }) => body).sort());
  const ids = events.map(({ id }) => id);
  assert.deepEqual(ids, [...new Set(ids)].sort());
  return events;
}

test("killed with webhooks in the queue: they are stored afterwards", async () => {
  const sent = await webhooks(20);
  broker.queue.hold();
  for (const webhook of sent) expectAccepted(await waypost.post(webhook), "received");
  await server.kill();
  broker.queue.release();
  await server.start();
  await stored(sent);
});

test("killed after the append: the events, their ids and the marks stay", async () => {
  const sent = await webhooks(5);
  const position = waypost.position;
  for (const webhook of sent) expectAccepted(await waypost.post(webhook), "received");
  const events = await stored(sent);
  await server.restart();
  assert.deepEqual((await waypost.read({ since: position })).events, events);
  for (const webhook of sent) expectAccepted(await waypost.post(webhook), "already_processed");
  await stored([]);
});

test("killed after the append and before its acknowledgement: still one event each", async () => {
  const sent = await webhooks(10);
  broker.queue.hold();
  for (const webhook of sent) expectAccepted(await waypost.post(webhook), "received");
  // The worker has appended; the platform never hears of it, and delivers again.
  broker.queue.failNext = 1;
  broker.queue.release();
  await broker.queue.retried(1);
  await server.restart();
  await stored(sent);
});

test("killed before the mark was written: the provider's retry makes no second event", async () => {
  const [webhook] = await webhooks(1);
  broker.kv.failWrites = true;
  expectAccepted(await waypost.post(webhook), "received");
  broker.kv.heal();
  await server.restart();
  expectAccepted(await waypost.post(webhook), "received");
  await stored([webhook]);
});

test("killed in the middle of a batch's delivery, again and again: nothing lost, nothing twice", async () => {
  const sent = await webhooks(60);
  broker.queue.hold();
  for (const webhook of sent) expectAccepted(await waypost.post(webhook), "received");
  broker.queue.batchSize = 5;
  broker.queue.release();
  for (let round = 0; round < 3; round += 1) {
    const { acknowledged } = broker.queue.counters;
    await until(() => broker.queue.counters.acknowledged > acknowledged || broker.queue.depth === 0, { every: 1 });
    await server.restart();
  }
  broker.queue.batchSize = 100;
  await stored(sent);
});

test("killed while providers post: what was answered 200 is stored, the rest after its retry", async () => {
  const sent = await webhooks(60);
  const answers = sent.map((webhook) => waypost.post(webhook).catch(() => undefined));
  await Promise.race(answers);
  await server.restart();
  const statuses = await Promise.all(answers);
  for (const [at, answer] of statuses.entries()) {
    if (answer?.status !== 200) assert.equal((await waypost.post(sent[at])).status, 200);
  }
  await stored(sent);
});

test("a large body on its way survives a kill", async () => {
  const webhook = await sign.github(jsonOfSize(3_000_000));
  broker.queue.hold();
  expectAccepted(await waypost.post(webhook), "received");
  await server.kill();
  broker.queue.release();
  await server.start();
  await broker.queue.drained();
  const [event] = await waypost.drain();
  assert.equal(String(await waypost.body(event.id)), webhook.body);
});

test("a poller that was held when it was killed goes on from its position", async () => {
  const lost = assert.rejects(waypost.read({ since: waypost.position, wait: 20 }));
  await waypost.get("/events?limit=1");
  await server.restart();
  await lost;
  const [webhook] = await webhooks(1);
  const again = waypost.drain({ atLeast: 1 });
  expectAccepted(await waypost.post(webhook), "received");
  assert.deepEqual((await again).map(({ raw }) => raw), [webhook.body]);
});
