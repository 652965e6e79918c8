// Held polls: woken by an append, all of them, and with the same bytes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { until } from "./lib/wait.js";

const MANY = 50;

/** @type {Feeds} */
let feeds;
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  feeds = await Feeds.start({ default: open, many: { ...open, max_waiting: MANY } });
  for (const feed of ["default", "many"]) await feeds.append(feed, fresh());
});
after(() => feeds?.stop());

const since = async (/** @type {string} */ feed) => `/events?since_id=${await feeds.end(feed)}`;

/** Posts one webhook that stays in the queue until it is released. @param {string} feed */
async function queued(feed) {
  feeds.broker.queue.hold();
  const webhook = await feeds.webhook(feed);
  expectAccepted(await feeds.reader(feed).post(webhook), "received");
  return webhook;
}

test("a hold returns within 100 ms of the append", async () => {
  const latencies = [];
  for (let round = 0; round < 21; round += 1) {
    const face = ["/events?wait=20&since_id=", "/long-poll?last_event_id="][round % 2];
    const { body } = await queued("default");
    const held = feeds.reader().get(face + (await feeds.end("default"))).then((answer) => ({ answer, at: performance.now() }));
    // One round trip later the hold has come, too.
    await feeds.end("default");
    // The append cannot be before this.
    const released = performance.now();
    feeds.broker.queue.release();
    const { answer, at } = await held;
    assert.deepEqual(answer.json.events.map(({ payload }) => JSON.stringify(payload)), [body]);
    latencies.push(at - released);
  }
  latencies.sort((a, b) => a - b);
  assert.ok(latencies[10] < 100, `median of ${latencies.map((ms) => ms.toFixed(0))} ms`);
});

test("all who wait with one question get the same bytes, the others their own", async () => {
  const { body } = await queued("many");
  const reader = feeds.reader("many");
  const path = await since("many");
  // Until it is held: the one below that looks whether all are there may have taken its place.
  const held = (/** @type {string} */ path) => until(async () => {
    const answer = await reader.get(path);
    return answer.status !== 503 && answer;
  }, { within: 30_000 });
  const same = Array.from({ length: MANY - 2 }, () => held(`${path}&wait=20`));
  const others = [held(`${path}&wait=20&limit=1`), held(path.replace("/events?since_id", "/long-poll?last_event_id"))];
  await feeds.end("many");
  // They all have their places when there is none for another.
  const refused = await until(async () => {
    const answer = await reader.get(`${path}&wait=1`);
    return answer.status === 503 && answer;
  });
  expectProblem(refused, 503, "too_many_waiting");
  feeds.broker.queue.release();

  const [first, ...rest] = await Promise.all(same);
  assert.equal(first.status, 200);
  assert.equal(first.json.events.length, 1);
  const headers = ({ headers }) => [...headers].filter(([name]) => name !== "x-request-id");
  for (const answer of rest) {
    assert.ok(answer.bytes.equals(first.bytes));
    assert.deepEqual(headers(answer), headers(first));
  }
  const requests = new Set([first, ...rest].map(({ headers }) => headers.get("x-request-id")));
  assert.equal(requests.size, MANY - 2, "each is a request of its own");
  const [limited, long] = await Promise.all(others);
  assert.deepEqual(limited.json, first.json);
  assert.deepEqual(long.json, { events: first.json.events });
  assert.equal(JSON.stringify(first.json.events[0].payload), body);
});

test("a condition does not end a hold, nor does what is appended elsewhere", async () => {
  const path = await since("default");
  const reader = feeds.reader();
  const empty = await reader.get(path);
  const condition = { "if-none-match": String(empty.headers.get("etag")) };
  let ended = false;
  const held = reader.get(`${path}&wait=20`, { headers: condition }).finally(() => (ended = true));
  await feeds.append("many", fresh());
  await feeds.end("default");
  assert.equal(ended, false);
  const [{ id }] = await feeds.append("default", fresh());
  const answer = await held;
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json.events.map((event) => event.id), [id]);
});

test("no wake-up is lost where holds and appends cross", async () => {
  const reader = feeds.reader();
  for (let round = 0; round < 60; round += 1) {
    const path = await since("default");
    const webhook = await feeds.webhook("default");
    const started = performance.now();
    // Sent at once: which of them comes first is anyone's guess, and differs from round to round.
    const [answer] = await Promise.all([reader.get(`${path}&wait=20`), reader.post(webhook)]);
    assert.equal(answer.json.events.length, 1);
    assert.ok(performance.now() - started < 10_000, "it was not its time that ended the hold");
  }
});

test("nor in a storm of them", async () => {
  const start = await feeds.end("default");
  const COUNT = 200;
  const follow = async (/** @type {number} */ limit) => {
    const reader = feeds.reader();
    const ids = [];
    for (let position = start; ids.length < COUNT; ) {
      const asked = performance.now();
      const page = await reader.read({ since: position, limit, wait: 20 });
      assert.ok(performance.now() - asked < 10_000, "it was not its time that ended the hold");
      ids.push(...page.events.map(({ id }) => id));
      position = page.next;
    }
    return ids;
  };
  const followers = [1, 2, 7, 100, 100, 500].map(follow);
  await feeds.fill("default", COUNT);
  const [first, ...rest] = await Promise.all(followers);
  assert.equal(new Set(first).size, COUNT);
  assert.deepEqual(first, [...first].sort());
  for (const ids of rest) assert.deepEqual(ids, first);
});
