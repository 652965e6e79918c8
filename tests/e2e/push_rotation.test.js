// Secrets are rotated while events are delivered: no receiver sees a signature that it cannot verify.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { Feeds } from "./lib/feeds.js";
import { Receiver } from "./lib/receiver.js";
import { Subscriber } from "./lib/subscriber.js";

const ROTATIONS = 5;

/** @type {Feeds} */
let feeds;
/** @type {Receiver} */
let receiver;
before(async () => {
  receiver = await Receiver.start();
  feeds = await Feeds.start({ default: {} }, { vars: { ALLOW_TARGETS: ["127.0.0.1"] } });
});
after(async () => {
  await feeds?.stop();
  await receiver?.close();
});

test("rotation under load", async () => {
  const subscriber = new Subscriber(feeds.server);
  const { id, secret: first } = await subscriber.subscribe(receiver.url("/hook"));
  const secrets = [first];
  let done = false;
  const load = (async () => {
    let count = 0;
    for (; !done; count += 20) await feeds.fill("default", 20);
    return count;
  })();
  const counted = () => receiver.of("/hook").length;
  for (let n = 0; n < ROTATIONS; n += 1) {
    await receiver.received("/hook", counted() + 15);
    const { secret, old_secrets_until: until } = await subscriber.good("POST", `/${id}/rotate`);
    assert.ok(Math.abs(Date.parse(until) - Date.now() - 24 * 3_600_000) < 60_000);
    secrets.push(secret);
  }
  await receiver.received("/hook", counted() + 15);
  done = true;
  const sent = await receiver.received("/hook", await load);

  // Whoever has not heard of any rotation, and whoever has heard of each, and never forgot the one before.
  const ways = sent.map(({ headers, body }) => {
    const known = secrets.filter((secret) => verifies(secret, body, headers));
    assert.ok(known.includes(first), "the old secret signs as long as its grace lasts");
    const own = createHmac("sha256", first).update(`${headers["x-webhook-timestamp"]}.`).update(body).digest("hex");
    assert.equal(headers["x-webhook-signature"], `sha256=${own}`, "and alone where there is one signature");
    return known.length;
  });
  assert.deepEqual([...new Set(ways)].sort(), secrets.map((_, at) => at + 1), "each rotation added one");
  for (let at = 1; at < ways.length - 6; at += 1) assert.ok(ways[at + 6] >= ways[at], "for good");

  // Without grace only the new one is left.
  const { secret } = await subscriber.good("POST", `/${id}/rotate`, { grace_seconds: 0 });
  const before = counted();
  await feeds.fill("default", 1);
  const [last] = (await receiver.received("/hook", before + 1)).slice(before);
  assert.ok(verifies(secret, last.body, last.headers));
  assert.ok(!secrets.some((old) => verifies(old, last.body, last.headers)));
  assert.equal((await subscriber.show(id)).secrets.length, 1);
});

/** @param {string} secret @param {Buffer} body @param {import("node:http").IncomingHttpHeaders} headers */
function verifies(secret, body, headers) {
  try {
    new Webhook(secret).verify(body.toString(), /** @type {Record<string, string>} */ (headers));
    return true;
  } catch {
    return false;
  }
}
