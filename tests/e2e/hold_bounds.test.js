// How many polls a feed holds, and that one whose client has gone is forgotten.
//
// workerd hears of a client that resets its connection; one that ends it politely may still read.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { POLL_TOKEN } from "./lib/fixtures.js";
import { RawRequest } from "./lib/raw.js";
import { until } from "./lib/wait.js";

const MANY = 50;

/** @type {Feeds} */
let feeds;
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  feeds = await Feeds.start({ default: open, two: { ...open, max_waiting: 2 }, many: { ...open, max_waiting: MANY } });
  for (const feed of ["two", "many"]) await feeds.append(feed, fresh());
});
after(() => feeds?.stop());

/**
 * Requests that are held, by a feed that has room for them, until they are aborted.
 *
 * @param {string} feed
 * @param {number} count
 */
async function hold(feed, count, filter = "") {
  const path = `/feeds/${feed}/events?since_id=${await feeds.end(feed)}&wait=20${filter}`;
  const held = Array.from({ length: count }, () => new RawRequest(feeds.server, path, { authorization: `Bearer ${POLL_TOKEN}` }, "GET"));
  await Promise.all(held.map((request) => request.send("")));
  await feeds.end(feed);
  return held;
}

/** Asks for a hold of so many seconds. @param {string} feed @param {number} wait */
const ask = async (feed, wait) => feeds.reader(feed).get(`/events?since_id=${await feeds.end(feed)}&wait=${wait}`);

/** Waits until there is no place left. @param {string} feed */
const full = (feed) => until(async () => {
  const started = performance.now();
  const answer = await ask(feed, 1);
  return answer.status === 503 && { answer, took: performance.now() - started };
});

test("one more than a feed holds is told at once to come again; who goes makes room", async () => {
  const [gone, stays] = await hold("two", 2);
  const { answer, took } = await full("two");
  expectProblem(answer, 503, "too_many_waiting");
  assert.ok(Number(answer.headers.get("retry-after")) > 0);
  assert.ok(took < 800, `${took} ms`);
  // A naive loop is told so after its second, and who does not want to wait is always answered.
  expectProblem(await feeds.reader("two").get(`/long-poll?last_event_id=${await feeds.end("two")}`), 503, "too_many_waiting");
  assert.equal((await ask("two", 0)).status, 200);

  gone.abort();
  // A hold of a second that is answered 200 had a place.
  await until(async () => (await ask("two", 1)).status === 200, { within: 5_000 });
  const [third] = await hold("two", 1);
  await full("two");
  const [{ id }] = await feeds.append("two", fresh());
  for (const request of [stays, third]) {
    const answer = await request.answer();
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.events.map((event) => event.id), [id]);
  }
});

test("many who come and go leave their places", async () => {
  for (let round = 0; round < 2; round += 1) {
    const held = await hold("many", MANY);
    await full("many");
    for (const request of held) request.abort();
    await until(async () => {
      const answers = await Promise.all(Array.from({ length: MANY }, () => ask("many", 1)));
      return answers.every(({ status }) => status === 200);
    });
  }
});

test("holds that are woken more often than the host gives timers go on", async () => {
  const held = await hold("many", MANY, "&type=wanted");
  // An object has 10,000 at a time, and a timer that nobody stops goes on to the end of the hold it was for.
  const append = async (type = "push") => {
    expectAccepted(await feeds.reader("many").post(await feeds.webhook("many", fresh(), { type })), "received");
    await feeds.broker.queue.drained();
  };
  for (let woken = 0; woken <= 10_000; woken += MANY) await append();
  const [gone, ...stay] = held;
  gone.abort();
  const started = performance.now();
  await until(async () => (await ask("many", 1)).status === 200, { within: 5_000 });
  assert.ok(performance.now() - started > 900, "it was held");
  await append("wanted");
  for (const request of stay) {
    const answer = await request.answer();
    assert.deepEqual(answer.json.events.map((event) => event.type), ["wanted"], answer.text);
  }
});

test("what a feed holds is no matter of another's", async () => {
  const held = await hold("two", 2);
  await full("two");
  assert.equal((await ask("default", 1)).status, 200);
  for (const request of held) request.abort();
});
