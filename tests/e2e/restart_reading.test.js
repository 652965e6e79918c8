// Waypost is killed (SIGKILL) between any two steps while a reader follows a feed by its cursor:
// it gets every event once and in order, and whatever a reader held before holds afterwards.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { until } from "./lib/wait.js";

/** @type {Feeds} */
let feeds;
before(async () => (feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] }, few: { tokens: ["POLL_TOKEN"], retention_events: 3 } })));
after(() => feeds?.stop());

/** Posts webhooks; each is answered 200. @param {number} count */
async function post(count) {
  const webhooks = await Promise.all(Array.from({ length: count }, () => feeds.webhook("default")));
  for (const webhook of webhooks) expectAccepted(await feeds.reader().post(webhook), "received");
  return webhooks;
}

/** Follows the feed in held polls from its end on, whatever happens to the server, until told to stop. */
async function follow() {
  let position = await feeds.end("default");
  const follower = { events: /** @type {import("./lib/waypost.js").Event[]} */ ([]), cut: 0, stop: async () => {} };
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      try {
        const page = await feeds.reader().read({ since: position, wait: 1 });
        follower.events.push(...page.events);
        position = page.next;
      } catch {
        // Killed; or, while it starts, not there yet.
        follower.cut += 1;
        await until(() => stopped || feeds.end("default"), { within: 30_000 });
      }
    }
  })();
  follower.stop = () => ((stopped = true), running);
  return follower;
}

test("a reader that follows gets everything once and in order, wherever it is killed", async () => {
  const { broker, server } = feeds;
  const { queue, kv } = broker;
  const follower = await follow();
  const sent = [];
  /** Each leaves a queue that is drained. @type {[string, () => Promise<void>][]} */
  const deaths = [
    ["right after the POST's answer", async () => {
      sent.push(...(await post(1)));
      await server.restart();
    }],
    ["while the queue holds", async () => {
      queue.hold();
      sent.push(...(await post(5)));
      await server.kill();
      queue.release();
      await server.start();
    }],
    ["between the append and its acknowledgement", async () => {
      queue.hold();
      sent.push(...(await post(5)));
      queue.failNext = 1;
      queue.release();
      await queue.retried(5);
      await server.restart();
    }],
    ["between the enqueueing and the mark", async () => {
      kv.failWrites = true;
      const webhooks = await post(3);
      kv.heal();
      await server.restart();
      // Providers that heard nothing send again.
      for (const webhook of webhooks) expectAccepted(await feeds.reader().post(webhook), "received");
      sent.push(...webhooks);
    }],
    ["while batches are delivered", async () => {
      queue.hold();
      sent.push(...(await post(30)));
      const { batchSize, counters: { acknowledged } } = queue;
      queue.batchSize = 3;
      queue.release();
      await until(() => queue.counters.acknowledged > acknowledged, { every: 1 });
      await server.restart();
      queue.batchSize = batchSize;
    }],
    ["twice in a row, with a duplicate delivery", async () => {
      queue.copies = 2;
      sent.push(...(await post(3)));
      await server.restart();
      await server.restart();
      await queue.drained();
      queue.copies = 1;
    }],
  ];
  for (const [where, die] of deaths) {
    await die();
    await queue.drained();
    await until(() => follower.events.length >= sent.length, { what: `everything is read after it was killed ${where}` });
    assert.deepEqual(follower.events.map(({ raw }) => raw).sort(), sent.map(({ body }) => body).sort(), where);
  }
  await follower.stop();
  assert.ok(follower.cut >= deaths.length, `the reader was cut off ${follower.cut} times`);
  const ids = follower.events.map(({ id }) => id);
  assert.deepEqual(ids, [...new Set(ids)].sort());

  // Marks hold, and so do identities where KV has lost them.
  for (const webhook of sent) expectAccepted(await feeds.reader().post(webhook), "already_processed");
  kv.expireAll();
  await server.restart();
  for (const webhook of sent) expectAccepted(await feeds.reader().post(webhook), "received");
  await queue.drained();
  assert.deepEqual((await feeds.reader().read({ since: ids.at(-1) })).events, []);
});

test("cursors, tags and times of before hold", async () => {
  const events = await feeds.append("default", fresh(), fresh(), fresh());
  const [first, second, last] = events.map(({ id }) => id);
  const reader = feeds.reader();
  const paths = ["/resource", `/events/${first}`, `/events/${first}/body`, `/events?since_id=${first}`, `/events?since_id=${last}`, `/updates?since=${first}`, `/long-poll?last_event_id=${second}`];
  const before = await Promise.all(paths.map((path) => reader.get(path)));
  await feeds.server.restart();
  for (const [at, path] of paths.entries()) {
    const etag = /** @type {string} */ (before[at].headers.get("etag"));
    const again = await reader.get(path);
    assert.ok(again.bytes.equals(before[at].bytes), path);
    assert.equal(again.headers.get("etag"), etag, path);
    assert.equal((await reader.get(path, { headers: { "if-none-match": etag } })).status, 304, path);
  }
});

test("what was erased and what retention took stays so", async () => {
  const [gone, kept] = (await feeds.append("default", fresh(), fresh())).map(({ id }) => id);
  const erased = await feeds.reader("default", { token: ADMIN_TOKEN }).get(`/events/${gone}`, { method: "DELETE" });
  assert.equal(erased.status, 200);
  const appended = [];
  for (let count = 0; count < 5; count += 1) appended.push(...(await feeds.append("few", fresh())));
  const ids = appended.map(({ id }) => id);
  await feeds.server.restart();
  expectProblem(await feeds.reader().get(`/events/${gone}`), 410, "event_erased");
  assert.deepEqual((await feeds.reader().read({ since: gone })).events.map(({ id }) => id), [kept]);
  const few = feeds.reader("few");
  expectProblem(await few.get(`/events?since_id=${ids[0]}`), 410, "cursor_expired");
  // Pruning has merely caught up with this one.
  assert.deepEqual((await few.read({ since: ids[1] })).events.map(({ id }) => id), ids.slice(2));
});
