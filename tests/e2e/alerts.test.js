// Each rule of a feed, broken by what really breaks it and mended: a receiver is told once, and once that it is over.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { Consumer } from "./lib/consumer.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { Pager } from "./lib/pager.js";
import { Receiver } from "./lib/receiver.js";
import { Subscriber } from "./lib/subscriber.js";
import { until } from "./lib/wait.js";

/** @type {Feeds} */
let feeds;
/** @type {Receiver} */
let receiver;
/** @type {Record<string, Pager>} */
const pagers = {};

/** @param {object} alerts @param {object} [more] */
const watched = (alerts, more) => ({ tokens: ["POLL_TOKEN"], alerts: { every_seconds: 1, ...alerts }, ...more });

before(async () => {
  receiver = await Receiver.start();
  const config = {
    failing: watched({ failing_webhooks: 3 }),
    silent: watched({ silent_seconds: { silent: 1 } }),
    behind: watched({ consumer_lag: 3 }),
    old: watched({ unacknowledged_seconds: 2 }),
    refused: watched({ dead_letters: 2 }),
    undelivered: watched({ dead_letters: 1 }),
    disabled: watched({ subscriptions: true }),
    suspended: watched({ subscriptions: true }, { suspend_after_seconds: 1 }),
    gap: watched({ gaps: true, window_seconds: 3 }, { retention_events: 3 }),
  };
  feeds = await Feeds.start(config, { vars: { ALLOW_TARGETS: ["127.0.0.1"], RETRY_SCHEDULE_SECONDS: [1] } });
  for (const feed of Object.keys(config)) pagers[feed] = await Pager.start(feeds, receiver, feed);
});
after(async () => {
  await feeds?.stop();
  await receiver?.close();
});

/** @param {string} feed */
const worker = (feed) => new Consumer(feeds.reader(feed), "worker");

/** Takes what there is and acknowledges it. @param {string} feed */
async function catchUp(feed) {
  for (;;) {
    const { events } = await worker(feed).claim({ max: 500 });
    if (!events.length) return;
    await worker(feed).finish(events);
  }
}

/** Replays all dead letters of a feed. @param {string} feed */
async function replayAll(feed) {
  const admin = feeds.reader(feed, { token: ADMIN_TOKEN });
  for (const { id } of await new Subscriber(feeds.server, feed).deadLetters()) {
    const answer = await admin.get(`/dead-letters/${id}/replay`, { method: "POST" });
    assert.equal(answer.status, 200, answer.text);
  }
}

test("a source whose webhooks fail verification", async () => {
  const pager = pagers.failing;
  const reader = feeds.reader();
  const post = async (/** @type {string | undefined} */ secret) => reader.post(await feeds.webhook("failing", fresh(), { secret }));
  for (let count = 0; count < 3; count += 1) expectProblem(await post("a secret that drifted"), 401, "bad_signature");
  const firing = await pager.next("source_failing", "failing", "firing");
  assert.deepEqual(firing.detail, { failing: 3 });
  const admin = feeds.reader(undefined, { token: ADMIN_TOKEN });
  const { feeds: shown } = (await admin.get("/overview")).json;
  const { alert, subject, since, detail } = shown.find((/** @type {any} */ feed) => feed.name === "failing").alerts[0];
  assert.deepEqual([alert, subject, Date.parse(since), detail], ["source_failing", "failing", Date.parse(firing.since), { failing: 3 }]);
  assert.match((await admin.get("/metrics")).text, /^waypost_alerts\{feed="failing",alert="source_failing"\} 1$/m);
  await pager.episode("source_failing", "failing", async () => expectAccepted(await post(undefined), "received"));
  await pager.heardExactly("source_failing failing firing", "source_failing failing resolved");
});

test("a source from which nothing comes", async () => {
  const pager = pagers.silent;
  const post = async () => expectAccepted(await feeds.reader().post(await feeds.webhook("silent")), "received");
  // It goes on until that is noticed: on a busy machine a look may come when it would be silent again.
  const goesOn = () => until(async () => {
    await post();
    return (await pager.told()).includes("source_silent silent resolved");
  }, { every: 1_000, within: 30_000 });
  const { detail } = await pager.episode("source_silent", "silent", goesOn);
  assert.ok(detail.silent_seconds >= 1, JSON.stringify(detail));
  // Silent again, it is another episode.
  await pager.next("source_silent", "silent", "firing", 2);
  await pager.heardExactly("source_silent silent firing", "source_silent silent resolved", "source_silent silent firing");
});

test("a consumer that lags behind", async () => {
  const pager = pagers.behind;
  await worker("behind").claim();
  const other = new Consumer(feeds.reader("behind"), "other");
  await other.claim();
  await feeds.fill("behind", 3);
  const firing = await pager.episode("consumer_behind", "worker", async () => {
    await catchUp("behind");
  });
  assert.equal(firing.detail.lag, 3);
  // Nothing was told of the other but that it is behind, in all the looks until now.
  await other.finish((await other.claim()).events.filter(({ source }) => source !== "waypost"));
  await pager.next("consumer_behind", "other", "resolved");
  assert.deepEqual((await pager.told()).sort(), [
    "consumer_behind other firing", "consumer_behind other resolved", "consumer_behind worker firing", "consumer_behind worker resolved",
  ]);
});

test("a consumer that does not acknowledge", async () => {
  const pager = pagers.old;
  await feeds.append("old", fresh());
  const held = await worker("old").claim({ lease_seconds: 60 });
  assert.equal(held.events.length, 1);
  const { detail } = await pager.episode("consumer_behind", "worker", () => worker("old").finish(held.events));
  assert.deepEqual(detail, { lag: 1, unacknowledged_seconds: 2 });
  await pager.heardExactly("consumer_behind worker firing", "consumer_behind worker resolved");
});

test("dead letters of a consumer that refuses too often", async () => {
  const pager = pagers.refused;
  await feeds.append("refused", fresh(), fresh());
  const { events } = await worker("refused").claim({ max_attempts: 1 });
  const leases = events.map(({ lease }) => lease);
  assert.equal((await worker("refused").done("nack", { leases })).dead_lettered, 2);
  const { detail } = await pager.episode("dead_letters", "refused", () => replayAll("refused"));
  assert.deepEqual(detail, { dead_letters: 2 });
  await pager.heardExactly("dead_letters refused firing", "dead_letters refused resolved");
});

test("a subscription whose endpoint takes nothing, alerts neither", async () => {
  const pager = pagers.undelivered;
  const subscriber = new Subscriber(feeds.server, "undelivered");
  receiver.always("/refuses", 404);
  const { id } = await subscriber.subscribe(receiver.url("/refuses"));
  await feeds.append("undelivered", fresh());
  const firing = await pager.next("dead_letters", "undelivered", "firing");
  assert.deepEqual(firing.detail, { dead_letters: 1 });
  // The alert is a dead letter of that subscription too, and makes no other.
  const given = await until(async () => (await subscriber.deliveries(id, "?status=failed")).length === 2 && subscriber.deadLetters(), {
    what: "both are given up",
  });
  assert.deepEqual(given.map(({ type }) => type), ["push", "waypost.alert.dead_letters"]);
  receiver.always("/refuses");
  await replayAll("undelivered");
  await pager.next("dead_letters", "undelivered", "resolved");
  await pager.heardExactly("dead_letters undelivered firing", "dead_letters undelivered resolved");
});

for (const [feed, status, answer] of /** @type {[string, string, number][]} */ ([["disabled", "disabled", 410], ["suspended", "suspended", 500]])) {
  test(`a subscription whose endpoint answers ${answer} is ${status}`, async () => {
    const pager = pagers[feed];
    const subscriber = new Subscriber(feeds.server, feed);
    receiver.always(`/stops/${feed}`, answer);
    const { id } = await subscriber.subscribe(receiver.url(`/stops/${feed}`), { events: ["push"] });
    // It has to fail for longer than it may.
    for (let more = true; more; more = (await subscriber.show(id)).status === "active") await feeds.append(feed, fresh());
    const { detail } = await pager.episode("subscription_stopped", id, async () => {
      receiver.always(`/stops/${feed}`);
      await subscriber.good("PATCH", `/${id}`, { paused: false });
    });
    assert.deepEqual(detail, { status });
    await pager.heardExactly(`subscription_stopped ${id} firing`, `subscription_stopped ${id} resolved`);
  });
}

test("retention that overtakes a consumer", async () => {
  const pager = pagers.gap;
  await worker("gap").claim();
  const sent = [];
  for (let count = 0; count < 6; count += 1) sent.push(...(await feeds.append("gap", fresh())));
  const { gap } = await worker("gap").claim();
  assert.deepEqual(gap, { from: sent[0].id, to: sent[2].id });
  // It is over when none was served for a while.
  const { detail } = await pager.episode("consumer_gap", "worker", async () => {});
  assert.deepEqual(detail, gap);
  await pager.heardExactly("consumer_gap worker firing", "consumer_gap worker resolved");
});
