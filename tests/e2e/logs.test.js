// What an operator reads: one JSON line for each webhook, read, delivery and batch, with nothing in it that is secret.

import assert from "node:assert/strict";
import { test } from "node:test";
import { expectAccepted } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, POLL_TOKEN, SECRETS } from "./lib/fixtures.js";
import { Receiver } from "./lib/receiver.js";
import { Subscriber } from "./lib/subscriber.js";
import { until } from "./lib/wait.js";

const FORGED = `sha256=${"0".repeat(64)}`;
const PAYLOAD = "a payload that is nobody's business";

/** @param {Record<string, unknown>} LOG @param {(feeds: Feeds, lines: (what: string) => any[]) => Promise<void>} work */
async function logged(LOG, work) {
  const vars = { LOG, ALLOW_TARGETS: ["127.0.0.1"] };
  const feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"], verify: false } }, { vars });
  const lines = (/** @type {string} */ what) => {
    const written = feeds.server.log.split("\n").filter((line) => line.startsWith("{"));
    return written.map((line) => JSON.parse(line)).filter((line) => line.what === what);
  };
  try {
    await work(feeds, lines);
  } finally {
    await feeds.stop();
  }
}

test("a line for each, by which a webhook is found from its request to its delivery", async () => {
  const receiver = await Receiver.start();
  await logged({ reads_percent: 100 }, async (feeds, lines) => {
    const reader = feeds.reader();
    const { id: subscription } = await new Subscriber(feeds.server).subscribe(receiver.url("/logged"));
    const webhook = await feeds.webhook("default", JSON.stringify({ text: PAYLOAD }));
    const taken = await reader.post({ ...webhook, headers: { ...webhook.headers, "cf-ray": "8f0c1a2b3c4d5e6f-VIE" } });
    expectAccepted(taken, "received");
    await receiver.received("/logged", 1);
    const [event] = await reader.drain({ atLeast: 1 });
    await reader.post(webhook);
    await reader.post({ ...webhook, headers: { ...webhook.headers, "x-hub-signature-256": FORGED } });

    const name = taken.headers.get("x-request-id");
    const [received, again, refused] = await until(() => lines("webhook").length === 3 && lines("webhook"));
    const { ms, identity, ...rest } = received;
    assert.ok(Number.isInteger(ms) && ms >= 0);
    assert.match(identity, /^[\w-]{43}$/, "a hash");
    const size = Buffer.byteLength(webhook.body);
    const common = { level: "info", what: "webhook", feed: "default", source: "default" };
    assert.deepEqual(rest, { ...common, outcome: "received", request_id: name, ray: "8f0c1a2b3c4d5e6f-VIE", size });
    assert.equal(again.outcome, "already_processed");
    assert.equal(again.identity, identity);
    assert.deepEqual([refused.outcome, refused.identity], ["bad_signature", undefined]);

    const [batch] = lines("batch");
    assert.deepEqual(batch.webhooks, [[name, event.id]]);
    assert.deepEqual([batch.outcome, batch.messages, batch.stored, batch.duplicates], ["appended", 1, 1, 0]);

    const [delivery] = await until(() => lines("delivery").length === 1 && lines("delivery"));
    assert.deepEqual(
      [delivery.subscription, delivery.event, delivery.outcome, delivery.status, delivery.feed],
      [subscription, event.id, "delivered", 200, "default"],
    );
    const read = await reader.get(`/events?since_id=${event.id}`);
    const told = await until(() => lines("read").find((line) => line.request_id === read.headers.get("x-request-id")));
    assert.deepEqual([told.face, told.outcome, told.since_id], ["events", "200", event.id]);
    assert.equal(lines("admin").find((line) => line.path === "/webhooks/subscribe")?.outcome, "200");

    const { log } = feeds.server;
    for (const secret of [...Object.values(SECRETS), PAYLOAD, ADMIN_TOKEN, POLL_TOKEN, webhook.headers["x-hub-signature-256"]]) {
      assert.ok(!log.includes(secret), `the log holds ${secret}`);
    }
  });
  await receiver.close();
});

test("of reads that go well a part is told, and every other one", async () => {
  await logged({ reads_percent: 0 }, async (feeds, lines) => {
    const reader = feeds.reader();
    for (let times = 0; times < 5; times += 1) assert.equal((await reader.get(`/events?limit=${times + 1}`)).status, 200);
    assert.equal((await reader.get("/events?limit=x")).status, 400);
    const [refused, ...more] = await until(() => lines("read").length > 0 && lines("read"));
    assert.equal(refused.outcome, "400");
    assert.deepEqual(more, []);
  });
});

test("a level hides what is less", async () => {
  await logged({ level: "error", reads_percent: 100 }, async (feeds, lines) => {
    const reader = feeds.reader();
    expectAccepted(await reader.post(await feeds.webhook("default")), "received");
    await reader.drain({ atLeast: 1 });
    feeds.broker.queue.refuse = true;
    assert.equal((await reader.post(await feeds.webhook("default"))).status, 503);
    await until(() => lines("the queue refused").length === 1);
    assert.deepEqual([...lines("webhook"), ...lines("batch"), ...lines("read")], []);
  });
});
