// Deliveries as receivers verify them: with the official packages, with a few lines of Python, and with Waypost's own
// sources. The crate is beside the native tests.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { fresh, jsonOfSize } from "./lib/bodies.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { Python, skipPython } from "./lib/python.js";
import { Receiver } from "./lib/receiver.js";
import { Subscriber } from "./lib/subscriber.js";
import { ROOT } from "./lib/tools.js";
import { until } from "./lib/wait.js";

const DOCUMENT = process.env.WAYPOST_REFERENCE ?? resolve(ROOT, "../shared/reference/webhooks-vs-polling.txt");
const OWN_SECRET = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiBwdXNoaW5n";

/** @type {Feeds} */
let feeds;
/** @type {Receiver} */
let receiver;
/** @type {Subscriber} */
let subscriber;
before(async () => {
  receiver = await Receiver.start();
  const github = { provider: "github", secrets: ["GITHUB_WEBHOOK_SECRET"] };
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] }, ours: {}, standard: {} }, {
    vars: { ALLOW_TARGETS: ["127.0.0.1"], RETRY_SCHEDULE_SECONDS: [1] },
    secrets: { OWN_SECRET },
    sources: {
      default: github,
      ours: { provider: "waypost", secrets: ["OWN_SECRET"], feed: "ours" },
      standard: { provider: "standard-webhooks", secrets: ["OWN_SECRET"], feed: "standard" },
    },
  });
  subscriber = new Subscriber(feeds.server);
});
after(async () => {
  await feeds?.stop();
  await receiver?.close();
});

/** Appends a small event, one that the host signs, one that is no JSON and one that takes the claim check. */
async function appendAll() {
  const bodies = [fresh(), jsonOfSize(5_000), `no JSON at all: ${fresh()}`, jsonOfSize(200_000)];
  return feeds.append("default", ...bodies);
}

test("the npm package takes every kind of secret", async () => {
  /** @type {[string | undefined, (secret: string) => Webhook][]} */
  const kinds = [
    [undefined, (secret) => new Webhook(secret)],
    [OWN_SECRET, (secret) => new Webhook(secret)],
    [OWN_SECRET.slice(6), (secret) => new Webhook(secret)],
    ["a-secret-that-is-no-base64", (secret) => new Webhook(secret, { format: "raw" })],
  ];
  const made = await Promise.all(kinds.map(async ([given, webhook], n) => {
    const { id, secret } = await subscriber.subscribe(receiver.url(`/npm${n}`), { secret: given, format: n % 2 ? "raw" : "event" });
    if (given) assert.equal(secret, given);
    return { id, webhook: webhook(secret) };
  }));
  const events = await appendAll();
  for (const [n, { id, webhook }] of made.entries()) {
    const sent = await receiver.received(`/npm${n}`, events.length);
    const own = [...receiver.verifications.filter((one) => one.path === `/npm${n}`), ...sent];
    for (const { body, headers } of own) {
      const text = body.toString("utf8");
      const verify = () => webhook.verify(text, /** @type {Record<string, string>} */ (headers));
      // What is no JSON it verifies as well, and fails to parse afterwards.
      if (text.startsWith("no JSON")) assert.throws(verify, SyntaxError);
      else verify();
      assert.throws(() => webhook.verify(`${text} `, /** @type {Record<string, string>} */ (headers)), /signature/i);
    }
    await subscriber.good("DELETE", `/${id}`);
  }
});

/** @param {string[]} document */
async function pythonVerifies(...document) {
  const secret = `${OWN_SECRET.slice(0, -4)}AAAA`;
  const python = new Python("verify_push.py", [secret, ...document]);
  try {
    const { port } = await python.until(() => python.said[0], { what: "it listens" });
    const { id } = await subscriber.subscribe(`http://127.0.0.1:${port}/`, { secret });
    const events = await appendAll();
    const verified = () => python.said.filter((line) => line.id);
    await python.until(() => verified().length > events.length, { what: "everything is there" });
    assert.deepEqual(verified().slice(1).map((line) => line.id).sort(), events.map((event) => event.id).sort());
    for (const line of verified()) assert.deepEqual([line.standard, line.lines, line.forged], [true, true, false], JSON.stringify(line));
    await subscriber.good("DELETE", `/${id}`);
  } finally {
    await python.stop();
  }
}

test("the PyPI package and a few lines of Python", { skip: skipPython }, () => pythonVerifies());

test("and those lines as the document shows them", {
  skip: skipPython || (existsSync(DOCUMENT) ? false : "the document is not here; WAYPOST_REFERENCE names it"),
}, () => pythonVerifies(DOCUMENT));

test("Waypost's own sources take what Waypost sends", async () => {
  const made = [];
  for (const source of ["ours", "standard"]) {
    const { id } = await subscriber.subscribe(`${feeds.server.url}/webhooks/receive/${source}`, { secret: OWN_SECRET });
    made.push(id);
  }
  const sent = await feeds.append("default", fresh(), jsonOfSize(5_000));
  for (const feed of ["ours", "standard"]) {
    const reader = feeds.reader(feed, { token: ADMIN_TOKEN });
    // The verification is a webhook like any other.
    const events = await reader.drain({ atLeast: 3 });
    assert.deepEqual(events.slice(1).map((event) => event.webhook_id).sort(), sent.map((event) => event.id));
    for (const event of events.slice(1)) {
      assert.equal(/** @type {any} */ (event.payload).id, event.webhook_id);
      if (feed === "ours") assert.equal(event.type, "push");
    }
  }
  for (const id of made) {
    await until(async () => (await subscriber.deliveries(id, "?status=delivered")).length === 2, { what: "both are delivered" });
    await subscriber.good("DELETE", `/${id}`);
  }
});
