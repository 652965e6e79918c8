// What is the same webhook and what is not: retries, replays under other ids, rotations of
// secrets, and bodies that repeat by nature.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { fresh, ownEvent, stripeEvent } from "./lib/bodies.js";
import { Broker } from "./lib/broker.js";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SECRETS, SOURCES } from "./lib/fixtures.js";
import * as sign from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const broker = new Broker();
/** A scheme without an id, whose bodies are told apart by content or not at all. */
const idless = (/** @type {string} */ identity) => ({
  secrets: ["ACME_SECRET"],
  scheme: {
    algorithm: "hmac-sha256",
    encoding: "hex",
    signature: { header: "x-signature" },
    signed: "{body}",
    identity,
  },
});
const rotated = { STRIPE_NEW: "whsec_the_new_one_of_stripe", STANDARD_NEW: "whsec_bmV3IHNlY3JldCBvZiB0aGUgdGVzdHMh" };

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  const sources = {
    ...SOURCES,
    stripe: { provider: "stripe", secrets: ["STRIPE_SECRET", "STRIPE_NEW"] },
    standard: { provider: "standard-webhooks", secrets: ["STANDARD_SECRET", "STANDARD_NEW"] },
    content: idless("content"),
    pokes: idless("none"),
  };
  server = await startWorkerd({ broker, sources, feeds: FEEDS, secrets: rotated });
  waypost = new Waypost(server);
});
after(() => server?.stop());

/** @param {import("./lib/waypost.js").Webhook} webhook */
async function acceptedOnce(webhook) {
  await waypost.drain();
  expectAccepted(await waypost.post(webhook), "received");
  const events = await waypost.drain({ atLeast: 1 });
  assert.equal(events.length, 1);
  assert.equal(events[0].raw, webhook.body);
}

test("a replay under a minted id stores nothing new", async () => {
  for (const signer of [sign.github, sign.shopify, sign.bare]) {
    const body = fresh();
    await acceptedOnce(await signer(body, { id: randomUUID() }));
    await leavesNothing(waypost, async () => {
      const replay = await waypost.post(await signer(body, { id: randomUUID() }));
      assert.equal(replay.status, 200, "whoever replays learns nothing");
    });
  }
});

test("a capture replayed under an id still to come does not suppress the genuine event", async () => {
  const captured = await sign.github(fresh());
  await acceptedOnce(captured);
  const genuine = await sign.github(fresh(), { id: "the-next-delivery" });

  await leavesNothing(waypost, () =>
    waypost.post({ ...captured, headers: { ...captured.headers, "x-github-delivery": "the-next-delivery" } }));
  await acceptedOnce(genuine);
  await leavesNothing(waypost, async () => expectAccepted(await waypost.post(genuine), "already_processed"));
});

test("one of two signatures stripped is still the same webhook", async () => {
  const event = stripeEvent();
  const at = sign.now();
  const [old, fresher] = await Promise.all(
    [SECRETS.STRIPE_SECRET, rotated.STRIPE_NEW].map((secret) => sign.stripe(event, { secret, at })));
  const both = `${old.headers["stripe-signature"]},${fresher.headers["stripe-signature"].split(",")[1]}`;
  await acceptedOnce({ ...old, headers: { ...old.headers, "stripe-signature": both } });
  await leavesNothing(waypost, async () => {
    expectAccepted(await waypost.post(old), "already_processed");
    expectAccepted(await waypost.post(fresher), "already_processed");
  });

  const body = fresh();
  const id = `msg_${randomUUID()}`;
  const [one, two] = await Promise.all(
    [SECRETS.STANDARD_SECRET, rotated.STANDARD_NEW].map((secret) => sign.standard(body, { secret, id, at })));
  const pair = `${one.headers["webhook-signature"]} ${two.headers["webhook-signature"]}`;
  await acceptedOnce({ ...one, headers: { ...one.headers, "webhook-signature": pair } });
  await leavesNothing(waypost, async () => expectAccepted(await waypost.post(two), "already_processed"));
});

test("a secret that is being rotated out still counts, and so does the sixteenth signature", async () => {
  await acceptedOnce(await sign.github(fresh(), { secret: SECRETS.GITHUB_WEBHOOK_SECRET_OLD }));

  const webhook = await sign.stripe(stripeEvent());
  const [time, signature] = webhook.headers["stripe-signature"].split(",");
  const wrong = Array.from({ length: 15 }, () => `v1=${"0".repeat(64)}`);
  const header = [time, ...wrong, signature].join(",");
  await acceptedOnce({ ...webhook, headers: { ...webhook.headers, "stripe-signature": header } });
});

test("a retry that is signed anew is the same webhook where its id is signed", async () => {
  const id = `msg_${randomUUID()}`;
  const body = fresh();
  await acceptedOnce(await sign.standard(body, { id, at: sign.now() - 60 }));
  const retry = await sign.standard(body, { id });
  await leavesNothing(waypost, async () => expectAccepted(await waypost.post(retry), "already_processed", id));

  const own = ownEvent();
  await acceptedOnce(await sign.waypost(own, { at: sign.now() - 60 }));
  const again = await sign.waypost(own);
  await leavesNothing(waypost, async () => expectAccepted(await waypost.post(again), "already_processed"));
});

test("without its mark in KV, a webhook is still one event: the feed is the truth", async () => {
  for (const webhook of [await sign.github(fresh()), await sign.standard(fresh()), await sign.stripe(stripeEvent())]) {
    await acceptedOnce(webhook);
    broker.kv.expireAll();
    await leavesNothing(waypost, async () => expectAccepted(await waypost.post(webhook), "received"));
  }
});

test("bodies that repeat by nature are kept where the row says so, and only there", async () => {
  const body = '{"changed":true}';
  const headers = { "x-signature": sign.hmac(SECRETS.ACME_SECRET, body, "hex"), "content-type": "application/json" };
  for (let count = 0; count < 3; count += 1) await acceptedOnce({ source: "pokes", body, headers });

  await acceptedOnce({ source: "content", body, headers });
  await leavesNothing(waypost, async () =>
    expectAccepted(await waypost.post({ source: "content", body, headers }), "already_processed"));
});

test("the same id at another source is another webhook", async () => {
  const id = `msg_${randomUUID()}`;
  await acceptedOnce(await sign.standard(fresh(), { id }));
  await acceptedOnce(await sign.svix(fresh(), { id }));
});

test("where an id is required, one inside an array or of another type does not count", async () => {
  for (const body of [
    JSON.stringify([{ event_id: randomUUID() }]),
    JSON.stringify({ event_id: [randomUUID()] }),
    JSON.stringify({ event_id: null }),
    JSON.stringify({ event_id: "" }),
    JSON.stringify({ data: { event_id: randomUUID() } }),
    "not json",
  ]) {
    const webhook = await sign.waypost(body);
    await leavesNothing(waypost, async () => expectProblem(await waypost.post(webhook), 400, "missing_event_id", body));
  }
});
