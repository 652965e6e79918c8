// What exhausts its retries, or cannot be read at all, ends in the feed's dead letters with its
// reason, and a replay brings it back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { jsonOfSize } from "./lib/bodies.js";
import { Broker } from "./lib/broker.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { ADMIN_TOKEN, FEEDS, SOURCES } from "./lib/fixtures.js";
import * as sign from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const broker = new Broker();
/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
/** @type {Waypost} */
let admin;
before(async () => {
  server = await startWorkerd({
    broker,
    sources: SOURCES,
    feeds: FEEDS,
    wrangler: {
      queues: {
        producers: [{ binding: "QUEUE", queue: "waypost" }],
        consumers: [
          { queue: "waypost", max_batch_size: 100, max_retries: 3, dead_letter_queue: "waypost-dead" },
          { queue: "waypost-dead", max_batch_size: 10, max_retries: 100 },
        ],
      },
    },
  });
  waypost = new Waypost(server);
  admin = new Waypost(server, { token: ADMIN_TOKEN });
});
after(() => server?.stop());

test("a message that exhausts its retries is a dead letter, and its replay an event", async () => {
  const webhook = await sign.github(jsonOfSize(200_000));
  broker.queue.hold();
  expectAccepted(await waypost.post(webhook), "received");
  broker.kv.failReads = true;
  broker.queue.release();
  await broker.queue.drained();
  assert.equal(broker.queue.counters.dead, 1);
  broker.kv.heal();
  assert.deepEqual(await waypost.drain(), []);

  const { dead_letters: [letter, ...others] } = (await admin.get("/dead-letters")).json;
  assert.deepEqual(others, []);
  assert.ok(letter.reason, JSON.stringify(letter));
  const replay = await admin.get(`/dead-letters/${letter.id}/replay`, { method: "POST" });
  assert.ok(replay.status >= 200 && replay.status < 300, `${replay.status} ${replay.text}`);
  const [event] = await waypost.drain({ atLeast: 1 });
  assert.equal(String(await waypost.body(event.id)), webhook.body);
  assert.deepEqual((await admin.get("/dead-letters")).json.dead_letters, []);
});

test("a message that cannot be read is a dead letter at once", async () => {
  broker.queue.inject(Buffer.from("this is no message of Waypost's"));
  await broker.queue.drained();
  const { dead_letters: letters } = (await admin.get("/dead-letters")).json;
  assert.equal(letters.length, 1);
  assert.ok(letters[0].reason, JSON.stringify(letters[0]));
});

test("one whose meta lacks what an event needs is a dead letter of its feed, and its neighbours are events", async () => {
  const { dead_letters: before } = (await admin.get("/dead-letters")).json;
  const meta = Buffer.from(JSON.stringify({ feed: "default", note: "of a version that is to come" }));
  const head = Buffer.from([1, 0, 0, 0, 0]);
  head.writeUInt32LE(meta.length, 1);
  broker.queue.hold();
  const webhooks = await Promise.all([jsonOfSize(100), jsonOfSize(200)].map((body) => sign.github(body)));
  expectAccepted(await waypost.post(webhooks[0]), "received");
  broker.queue.inject(Buffer.concat([head, meta, Buffer.from("{}")]));
  expectAccepted(await waypost.post(webhooks[1]), "received");
  broker.queue.release();
  await broker.queue.drained();
  const events = await waypost.drain({ atLeast: 2 });
  assert.deepEqual(events.map(({ size }) => size), [100, 200]);
  const { dead_letters: letters } = (await admin.get("/dead-letters")).json;
  assert.equal(letters.length, before.length + 1);
  assert.match(letters.at(-1).reason, /not readable/);
});

test("dead letters are shown to who may read the feed, and replayed by the administrator", async () => {
  const { dead_letters: [letter] } = (await waypost.get("/dead-letters")).json;
  expectProblem(await waypost.fetch("/dead-letters"), 401, "unauthorised");
  for (const path of [`/dead-letters/${letter.id}/replay`, "/dead-letters/nothing/replay"]) {
    expectProblem(await waypost.fetch(path, { method: "POST" }), 401, "unauthorised", path);
    expectProblem(await waypost.get(path, { method: "POST" }), 401, "unauthorised", path);
  }
});
