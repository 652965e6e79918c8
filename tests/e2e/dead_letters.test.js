// GET {base}/dead-letters and POST {base}/dead-letters/{id}/replay in full; queue_dead_letters.test.js
// tells how a message becomes one.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { jsonOfSize } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { cacheControl } from "./lib/http.js";

/** So many retries here; a hundred would only take longer. */
const RETRIES = 2;

/** @type {Feeds} */
let feeds;
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  const queues = {
    producers: [{ binding: "QUEUE", queue: "waypost" }],
    consumers: [
      { queue: "waypost", max_batch_size: 100, max_retries: RETRIES, dead_letter_queue: "waypost-dead" },
      { queue: "waypost-dead", max_batch_size: 10, max_retries: 100 },
    ],
  };
  feeds = await Feeds.start({ default: open, named: open }, { wrangler: { queues } });
});
after(() => feeds?.stop());

const admin = (/** @type {string} */ feed) => feeds.reader(feed, { token: ADMIN_TOKEN });

/** @param {string} feed @param {string} [query] */
async function letters(feed, query = "") {
  const answer = await feeds.reader(feed).get(`/dead-letters${query}`);
  assert.equal(answer.status, 200, answer.text);
  assert.ok(cacheControl(answer, "dead letters").has("no-store"));
  assert.deepEqual(Object.keys(answer.json), ["dead_letters", "next"]);
  return answer.json;
}

const replay = (/** @type {string} */ feed, /** @type {string} */ id) =>
  admin(feed).get(`/dead-letters/${id}/replay`, { method: "POST" });

/** A webhook whose large body KV does not give to the feed until its retries are exhausted. @param {string} feed */
async function exhausted(feed) {
  const webhook = await feeds.webhook(feed, jsonOfSize(120_000), { type: "release" });
  feeds.broker.queue.hold();
  const { json } = await feeds.reader(feed).post(webhook);
  feeds.broker.kv.failReads = true;
  feeds.broker.queue.release();
  await feeds.broker.queue.drained();
  feeds.broker.kv.heal();
  return { webhook, id: json.id };
}

test("what a dead letter says, and that it is shown without its payload", async () => {
  const before = Date.now();
  const { webhook, id } = await exhausted("named");
  const { dead_letters: [letter, ...others], next } = await letters("named");
  assert.deepEqual([others, next], [[], null]);
  const members = ["id", "at", "reason", "attempts", "receipt", "source", "type", "webhook_id", "received_at", "size"];
  assert.deepEqual(Object.keys(letter).sort(), members.sort());
  assert.match(letter.id, /^\d{16}_\d{16}$/);
  assert.match(letter.receipt, /^\S{8,}$/);
  assert.match(letter.reason, /retries/);
  const { source, type, webhook_id, size } = letter;
  assert.deepEqual({ source, type, webhook_id, size }, { source: "named", type: "release", webhook_id: id, size: webhook.body.length });
  for (const time of [letter.at, letter.received_at]) {
    assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.ok(Date.parse(time) >= before - 1 && Date.parse(time) <= Date.now(), time);
  }
  // Of the queue's own letter, or of the message in it: at least once.
  assert.ok(letter.attempts >= 1, `${letter.attempts}`);
  assert.deepEqual((await letters("default")).dead_letters, [], "another feed has none of it");

  // It outlives the process.
  await feeds.server.restart();
  assert.deepEqual((await letters("named")).dead_letters, [letter]);
});

test("a replay makes an event of it, once", async () => {
  const [letter] = (await letters("named")).dead_letters;
  const reader = admin("named");
  reader.position = await feeds.end("named");
  // Two at once and one afterwards.
  const answers = await Promise.all([replay("named", letter.id), replay("named", letter.id)]);
  answers.sort((a, b) => a.status - b.status || a.text.length - b.text.length);
  assert.equal(answers[0].status, 200, answers[0].text);
  assert.deepEqual(answers[0].json, { status: "replayed", outcome: "stored" });
  expectProblem(await replay("named", letter.id), 404, "unknown_dead_letter");
  assert.deepEqual(await letters("named"), { dead_letters: [], next: null });

  const events = await reader.drain({ atLeast: 1 });
  assert.deepEqual(events.map(({ webhook_id, type, size }) => ({ webhook_id, type, size })), [
    { webhook_id: letter.webhook_id, type: "release", size: letter.size },
  ]);
  assert.deepEqual(await reader.drain(), []);
});

test("a replay wakes who waits", async () => {
  const { webhook } = await exhausted("named");
  const reader = feeds.reader("named");
  const held = reader.get(`/events?wait=20&since_id=${await feeds.end("named")}`);
  await feeds.end("named");
  const [{ id }] = (await letters("named")).dead_letters;
  assert.equal((await replay("named", id)).status, 200);
  const [event] = (await held).json.events;
  assert.equal(String(await reader.body(event.id)), webhook.body);
});

test("what has come into the feed meanwhile is a duplicate", async () => {
  const { webhook } = await exhausted("named");
  // The provider sends it again, when nobody remembers it.
  feeds.broker.kv.expireAll();
  const reader = feeds.reader("named");
  reader.position = await feeds.end("named");
  expectAccepted(await reader.post(webhook), "received");
  assert.equal((await reader.drain({ atLeast: 1 })).length, 1);
  const [{ id }] = (await letters("named")).dead_letters;
  assert.deepEqual((await replay("named", id)).json, { status: "replayed", outcome: "duplicate" });
  assert.deepEqual(await reader.drain(), []);
  assert.deepEqual((await letters("named")).dead_letters, []);
});
