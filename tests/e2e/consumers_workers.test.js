// Many workers share a feed, and nothing is lost when one dies, or when Waypost does.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fresh } from "./lib/bodies.js";
import { Consumer, leases } from "./lib/consumer.js";
import { Feeds } from "./lib/feeds.js";
import { until } from "./lib/wait.js";

const EVENTS = 10_000;
const WORKERS = 8;
/** Long enough for a worker that shares its machine with the rest of the suite. */
const LEASE_MS = 3_000;

/** @type {Feeds} */
let feeds;
before(async () => (feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] }, many: { tokens: ["POLL_TOKEN"] }, storm: { tokens: ["POLL_TOKEN"] } })));
after(() => feeds?.stop());

/** @param {string} feed @param {string} name */
const consumer = (feed, name) => new Consumer(feeds.reader(feed), name);

/** What all workers of a consumer saw together. */
class Ledger {
  /** How often an acknowledgement was accepted, by event. @type {Map<string, number>} */
  acknowledged = new Map();
  /** Until when an event is somebody's at least, by event. @type {Map<string, {lease: string, until: number}>} */
  #held = new Map();
  redelivered = 0;

  /** @param {import("./lib/consumer.js").Held[]} events @param {number} asked when */
  given(events, asked) {
    const now = performance.now();
    for (const { id, lease, attempt } of events) {
      const held = this.#held.get(id);
      assert.ok(!held || held.lease === lease || held.until <= now, `${id} is held twice`);
      assert.ok(!this.acknowledged.has(id), `${id} was acknowledged`);
      this.#held.set(id, { lease, until: asked + LEASE_MS });
      if (attempt > 1) this.redelivered += 1;
    }
  }

  /** @param {import("./lib/consumer.js").Held[]} events @param {import("./lib/consumer.js").Rejected[]} rejected */
  accepted(events, rejected) {
    const late = new Set(rejected.map(({ lease }) => lease));
    for (const { id, lease } of events) {
      if (!late.has(lease)) this.acknowledged.set(id, (this.acknowledged.get(id) ?? 0) + 1);
    }
  }
}

/** A worker, until it dies. */
class Worker {
  #death = new AbortController();

  /** @param {Consumer} consumer @param {Ledger} ledger @param {number} max */
  constructor(consumer, ledger, max) {
    this.consumer = consumer;
    this.ledger = ledger;
    this.max = max;
  }

  /** Whatever it is at, between two requests or in one that hands out events. */
  die() {
    this.#death.abort();
  }

  get dead() {
    return this.#death.signal.aborted;
  }

  /** Works until there is no more to do. @param {() => boolean} over */
  async work(over) {
    while (!this.dead && !over()) {
      const events = await this.#claim();
      if (!events) continue;
      // Its work: it reads some of what it was handed.
      for (const { id } of events.slice(0, 3)) await this.consumer.reader.body(id);
      if (this.dead) return;
      const { rejected } = await this.consumer.ack(events);
      this.ledger.accepted(events, rejected);
    }
  }

  async #claim() {
    const asked = performance.now();
    const body = { max: this.max, lease_seconds: LEASE_MS / 1000, wait: 1, max_attempts: 100, attempt_id: randomUUID() };
    try {
      const { json } = await this.consumer.ask("claim", body, { signal: AbortSignal.any([this.#death.signal, AbortSignal.timeout(30_000)]) });
      this.ledger.given(json.events, asked);
      return /** @type {import("./lib/consumer.js").Held[]} */ (json.events);
    } catch (error) {
      if (!this.dead) throw error;
    }
  }
}

test("8 workers of which one dies every second: each event is acknowledged exactly once", async () => {
  await feeds.flood("many", EVENTS);
  const ledger = new Ledger();
  const over = () => ledger.acknowledged.size >= EVENTS;
  const hire = () => {
    const worker = new Worker(consumer("many", "workers"), ledger, 10);
    return { worker, working: worker.work(over) };
  };
  const team = Array.from({ length: WORKERS }, hire);
  const everybody = [...team];
  let deaths = 0;
  while (!over()) {
    await pause(1_000);
    assert.ok(deaths < 100, `${ledger.acknowledged.size} events in ${deaths} s`);
    const at = deaths % WORKERS;
    team[at].worker.die();
    deaths += 1;
    team[at] = hire();
    everybody.push(team[at]);
  }
  await Promise.all(everybody.map(({ working }) => working));
  assert.equal(ledger.acknowledged.size, EVENTS);
  assert.deepEqual([...new Set(ledger.acknowledged.values())], [1]);
  assert.ok(deaths >= 3, `${deaths} deaths`);
  const { lag, leases } = await consumer("many", "workers").shown();
  assert.deepEqual([lag, leases], [0, 0]);
  assert.deepEqual((await feeds.reader("many").get("/dead-letters")).json.dead_letters, []);
  console.log(`${deaths} deaths, ${ledger.redelivered} events handed out again`);
});

test("killed between claim and acknowledgement: the lease holds", async () => {
  await feeds.append("default", fresh(), fresh(), fresh());
  const worker = consumer("default", "killed");
  const { events, generation } = await worker.claim({ max: 2, mode: "ordered" });
  await feeds.server.restart();
  assert.deepEqual((await worker.claim()).events, [], "they are somebody's still");
  await worker.finish(events);
  const next = await worker.claim();
  assert.deepEqual([next.events.length, next.generation], [1, generation + 1]);
  // And an acknowledgement is kept.
  await worker.finish(next.events);
  await feeds.server.restart();
  const { lag, leases } = await worker.shown();
  assert.deepEqual([lag, leases], [0, 0]);
});

test("a claim whose answer was lost with the server is repeated", async () => {
  await feeds.append("default", fresh(), fresh(), fresh());
  const worker = consumer("default", "again");
  for (const attempt_id of ["a", "b", "c"]) {
    const lost = worker.ask("claim", { max: 2, attempt_id }).then((answer) => answer.json, () => undefined);
    // Killed at any moment from before it came to after it was answered.
    await Promise.race([lost, pause(2)]);
    await feeds.server.restart();
    const again = await worker.claim({ max: 2, attempt_id });
    const heard = await lost;
    if (heard) assert.deepEqual(again, heard);
    assert.equal(again.events.length, 2);
    assert.equal((await worker.shown()).leases, 2, "nothing is held that nobody knows of");
    await worker.done("release", { leases: leases(again.events) });
  }
});

test("workers that wait, and a server that is killed again and again: nothing is lost", async () => {
  const ledger = new Ledger();
  const COUNT = 300;
  const over = () => ledger.acknowledged.size >= COUNT;
  const started = performance.now();
  /** A worker that asks again, with the same id, whatever happens to the server. */
  const work = async () => {
    const worker = consumer("storm", "workers");
    const insist = (/** @type {() => Promise<any>} */ ask) => until(ask, { within: 30_000 });
    while (!over()) {
      const asked = performance.now();
      assert.ok(asked - started < 60_000, `${ledger.acknowledged.size} events in a minute`);
      const body = { max: 3, lease_seconds: LEASE_MS / 1000, wait: 1, max_attempts: 100, attempt_id: randomUUID() };
      const { events } = await insist(() => worker.claim(body));
      ledger.given(events, asked);
      let tries = 0;
      const { rejected } = await insist(async () => {
        tries += 1;
        const again = tries > 1;
        const said = await worker.ack(events);
        // The answer to an earlier try was lost: what is settled was settled by it.
        return again ? { rejected: said.rejected.filter(({ code }) => code !== "settled") } : said;
      });
      ledger.accepted(events, rejected);
    }
  };
  const team = Array.from({ length: 4 }, work);
  for (let round = 0; round < 3; round += 1) {
    await feeds.flood("storm", COUNT / 3);
    await feeds.server.restart();
  }
  await Promise.all(team);
  assert.equal(ledger.acknowledged.size, COUNT);
  assert.equal((await consumer("storm", "workers").shown()).lag, 0);
});
