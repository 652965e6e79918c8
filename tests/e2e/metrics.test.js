// What `/metrics` counts is what happened: exactly, across kills, in a form that Prometheus' own parser takes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { EdgeCache } from "./lib/edge_cache.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { Metrics } from "./lib/metrics.js";
import { skipPython } from "./lib/python.js";
import { Receiver } from "./lib/receiver.js";
import { Subscriber } from "./lib/subscriber.js";
import { until } from "./lib/wait.js";

const FORGED = `sha256=${"0".repeat(64)}`;
const admin = { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } };

/** @type {Feeds} */
let feeds;
/** @type {EdgeCache} */
let cache;
/** @type {Receiver} */
let receiver;
before(async () => {
  receiver = await Receiver.start();
  cache = await EdgeCache.start();
  const vars = { ALLOW_TARGETS: ["127.0.0.1"], RETRY_SCHEDULE_SECONDS: [1] };
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"], verify: false }, orders: { tokens: ["POLL_TOKEN"] } }, { cache, vars });
});
after(async () => {
  await feeds?.stop();
  await cache?.stop();
  await receiver?.close();
});

/** The metrics, once what the edge has counted has come to the feeds. @param {(metrics: Metrics) => unknown} condition */
async function scraped(condition) {
  let last = /** @type {Metrics | undefined} */ (undefined);
  await until(async () => condition((last = await Metrics.of(feeds.server))), { what: "the metrics say it", within: 20_000, every: 100 });
  return /** @type {Metrics} */ (last);
}

test("every webhook is counted as what became of it, once", { skip: skipPython }, async () => {
  const reader = feeds.reader();
  const webhooks = await Promise.all(Array.from({ length: 5 }, () => feeds.webhook("default")));
  for (const webhook of webhooks) expectAccepted(await reader.post(webhook), "received");
  await reader.drain({ atLeast: 5 });
  expectAccepted(await reader.post(webhooks[0]), "already_processed");
  // KV does not know it, and the feed does.
  feeds.broker.kv.blind = true;
  expectAccepted(await reader.post(webhooks[1]), "received");
  feeds.broker.kv.blind = false;
  await feeds.broker.queue.drained();
  // The queue brings one twice.
  feeds.broker.queue.copies = 2;
  expectAccepted(await reader.post(await feeds.webhook("default")), "received");
  await reader.drain({ atLeast: 1 });
  await feeds.broker.queue.drained();
  feeds.broker.queue.copies = 1;
  const forged = { ...webhooks[2], headers: { ...webhooks[2].headers, "x-hub-signature-256": FORGED } };
  for (let times = 0; times < 3; times += 1) assert.equal((await reader.post(forged)).status, 401);
  assert.equal((await reader.post({ ...webhooks[2], headers: {} })).status, 401);
  assert.equal((await reader.post({ ...webhooks[2], source: "nobody" })).status, 404);
  expectAccepted(await reader.post(await feeds.webhook("orders")), "received");
  await feeds.reader("orders").drain({ atLeast: 1 });

  const metrics = await scraped((now) => now.value("waypost_refusals_total", { code: "unknown_source" }) === 1);
  assert.match(metrics.contentType, /^application\/openmetrics-text; version=1.0.0/);
  const webhook = (/** @type {string} */ outcome, feed = "default") =>
    metrics.value("waypost_webhooks_total", { feed, source: feed, outcome });
  assert.deepEqual(
    ["stored", "already_processed", "duplicate"].map((outcome) => webhook(outcome)),
    [6, 1, 1],
  );
  assert.equal(metrics.value("waypost_redeliveries_total", { feed: "default" }), 1);
  assert.equal(webhook("stored", "orders"), 1);
  const refused = (/** @type {string} */ code, source = "default") => metrics.value("waypost_refusals_total", { feed: "default", source, code });
  assert.deepEqual([refused("bad_signature"), refused("missing_signature"), refused("unknown_source", "")], [3, 1, 1]);
  for (const name of ["waypost_queue_lag_seconds_count", "waypost_append_lag_seconds_count"]) {
    assert.equal(metrics.value(name, { feed: "default" }), 6, name);
  }
  assert.equal(metrics.value("waypost_feed_events", { feed: "default" }), 6);
  assert.equal(metrics.value("waypost_feed_up", { feed: "orders" }), 1);

  // Of a source of which nothing is genuine it is said; one that is ends it.
  for (let times = 0; times < 2; times += 1) assert.equal((await reader.post(forged)).status, 401);
  await scraped((now) => now.value("waypost_source_failing", { source: "default" }) === 2);
  expectAccepted(await reader.post(await feeds.webhook("default")), "received");
  await scraped((now) => now.value("waypost_source_failing", { source: "default" }) === 0);
});

test("reads are counted by face and status, and as answered by the edge or by the feed", { skip: skipPython }, async () => {
  const before = await Metrics.of(feeds.server);
  const reader = feeds.reader();
  for (let times = 0; times < 4; times += 1) assert.equal((await reader.get("/events?limit=2")).status, 200);
  const { headers } = await reader.get("/events?limit=3");
  assert.equal((await reader.get("/events?limit=3", { headers: { "if-none-match": headers.get("etag") ?? "" } })).status, 304);
  assert.equal((await reader.get("/events?limit=x")).status, 400);
  assert.equal((await feeds.reader("default", { token: null }).get("/resource")).status, 401);
  const grown = (/** @type {Metrics} */ now, /** @type {string} */ name, /** @type {Record<string, string>} */ labels) =>
    (now.value(name, { feed: "default", ...labels }) ?? 0) - (before.value(name, { feed: "default", ...labels }) ?? 0);
  const reads = "waypost_reads_total";
  const metrics = await scraped((now) => grown(now, reads, { face: "resource", status: "401" }) === 1);
  assert.equal(grown(metrics, reads, { face: "events", status: "200" }), 5);
  assert.equal(grown(metrics, reads, { face: "events", status: "304" }), 1);
  assert.equal(grown(metrics, reads, { face: "events", status: "400" }), 1);
  const [hits, misses] = ["hit", "miss"].map((result) => grown(metrics, "waypost_edge_cache_total", { result }));
  assert.equal(hits + misses, 6);
  assert.ok(hits >= 3 && misses >= 2, `${hits} hits and ${misses} misses`);
});

test("consumers, dead letters and deliveries", { skip: skipPython }, async () => {
  const reader = feeds.reader();
  const consume = (/** @type {string} */ verb, /** @type {object} */ body) =>
    reader.get(`/consumers/billing/${verb}`, { method: "POST", body: JSON.stringify(body) });
  const { events } = (await consume("claim", { max: 2, max_attempts: 1 })).json;
  assert.equal(events.length, 2);
  assert.equal((await consume("nack", { leases: [events[0].lease] })).status, 200);
  assert.equal((await consume("ack", { leases: [events[1].lease] })).status, 200);

  const { id: subscription } = await new Subscriber(feeds.server).subscribe(receiver.url("/counted"));
  receiver.script("/counted", 500, 500);
  expectAccepted(await reader.post(await feeds.webhook("default")), "received");
  const of = { subscription };
  await scraped((now) => now.value("waypost_deliveries_total", { ...of, status: "dead" }) === 1);
  expectAccepted(await reader.post(await feeds.webhook("default")), "received");
  const metrics = await scraped((now) => now.value("waypost_deliveries_total", { ...of, status: "delivered" }) === 1);
  assert.equal(metrics.value("waypost_deliveries_total", { ...of, status: "failed" }), 2);
  assert.equal(metrics.value("waypost_deliveries_pending", of), 0);
  assert.equal(metrics.value("waypost_delivery_duration_seconds_count", of), 3);
  assert.equal(metrics.value("waypost_subscription_state", { ...of, state: "active" }), 1);
  assert.equal(metrics.value("waypost_subscription_state", { ...of, state: "paused" }), 0);
  assert.equal(metrics.value("waypost_consumer_lag", { consumer: "billing" }), 7);
  assert.ok(Number(metrics.value("waypost_consumer_oldest_unacknowledged_seconds", { consumer: "billing" })) >= 0);
  assert.equal(metrics.value("waypost_dead_letters", { feed: "default" }), 2);
  for (const origin of ["consumer", "subscription"]) {
    assert.equal(metrics.value("waypost_dead_letters_buried_total", { origin }), 1, origin);
  }
});

test("counters are what they were after a kill", { skip: skipPython }, async () => {
  // What the edge has counted may be on its way.
  let before = await Metrics.of(feeds.server);
  await until(async () => {
    const last = before.counters;
    before = await Metrics.of(feeds.server);
    return JSON.stringify(last) === JSON.stringify(before.counters);
  }, { every: 1_500 });
  await feeds.server.kill();
  await feeds.server.start();
  const after = await Metrics.of(feeds.server);
  assert.deepEqual(after.counters, before.counters);
  assert.ok(Object.keys(before.counters).length > 50);
});

test("the overview shows the same to the page", async () => {
  for (const feed of ["default", "orders"]) {
    expectAccepted(await feeds.reader().post(await feeds.webhook(feed)), "received");
    await feeds.reader(feed).drain({ atLeast: 1 });
  }
  const answer = await feeds.reader().fetch("/overview", admin);
  assert.equal(answer.status, 200);
  const { minute, sources, feeds: shown } = answer.json;
  assert.ok(Math.abs(minute - Date.now() / 60_000) < 2);
  assert.deepEqual(sources.map((/** @type {any} */ source) => [source.name, source.provider, source.path, source.secrets, source.status]), [
    ["default", "github", "/webhooks/receive/default", ["GITHUB_WEBHOOK_SECRET"], "ready"],
    ["orders", "github", "/webhooks/receive/orders", ["GITHUB_WEBHOOK_SECRET"], "ready"],
  ]);
  const [first, second] = shown;
  assert.deepEqual([first.name, first.base, second.name, second.base], ["default", "", "orders", "/feeds/orders"]);
  assert.ok(second.events >= 1);
  assert.ok(first.tallies.some((/** @type {any[]} */ [kind, source, outcome]) => kind === "webhook" && source === "default" && outcome === "stored"));
  assert.equal(answer.headers.get("cache-control"), "no-store");
});

test("nobody but the administrator is told", async () => {
  for (const path of ["/metrics", "/overview"]) {
    expectProblem(await feeds.reader().fetch(path), 401, "unauthorised");
    expectProblem(await feeds.reader().get(path), 401, "unauthorised");
  }
});
