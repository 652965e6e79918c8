// The client's examples, as they are compiled, against a running Waypost.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { fresh, jsonOfSize, ownEvent } from "./lib/bodies.js";
import { Child } from "./lib/child.js";
import { Feeds } from "./lib/feeds.js";
import { POLL_TOKEN, SECRETS, SOURCES } from "./lib/fixtures.js";
import { temporaryFolder } from "./lib/temp.js";
import { ROOT } from "./lib/tools.js";
import { freePort, until } from "./lib/wait.js";

const EXAMPLES = resolve(process.env.WAYPOST_EXAMPLES ?? `${ROOT}/target/debug/examples`);
const STRATEGIES = ["fixed", "adaptive", "conditional", "long-poll"];

/** @type {Feeds} */
let feeds;
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  const names = ["default", "hybrid", ...STRATEGIES];
  feeds = await Feeds.start(Object.fromEntries(names.map((name) => [name, open])), {
    sources: { ...Object.fromEntries(names.map((name) => [name, { ...SOURCES.github, feed: name }])), default: SOURCES.default },
  });
});
after(() => feeds?.stop());

/** The base URL of a feed with its token inside. @param {string} feed */
const url = (feed) => `http://x:${POLL_TOKEN}@127.0.0.1:${feeds.server.port}/feeds/${feed}`;

/** @param {string} name @param {string[]} args @param {NodeJS.ProcessEnv} env @param {string} [input] */
function example(name, args, env, input = "") {
  return new Promise((ended, failed) => {
    const child = spawn(join(EXAMPLES, name), args, { env: { ...process.env, ...env }, timeout: 60_000 });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.on("error", failed);
    child.on("close", (code) => (code === 0 ? ended(stdout) : failed(new Error(`${name}: ${code} ${stderr}`))));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

for (const strategy of STRATEGIES) {
  test(`follow, ${strategy}: every event once, and on from where it stopped`, async () => {
    const sent = [fresh(), jsonOfSize(300_000), fresh(), fresh(), fresh()];
    const position = join(temporaryFolder("follow"), "position");
    const follow = (/** @type {number} */ count) =>
      example("follow", [strategy, String(count)], { WAYPOST_URL: url(strategy), WAYPOST_POSITION: position });
    await feeds.append(strategy, ...sent.slice(0, 2));
    const first = await follow(2);
    // The second run starts before there is anything.
    const second = follow(3);
    await feeds.append(strategy, ...sent.slice(2));
    const bodies = `${first}${await second}`.trim().split("\n").map((line) => line.split(" ").slice(2).join(" "));
    assert.deepEqual(bodies, sent);
  });
}

test("publish: taken, known when it is sent again, and reported where it is refused", async () => {
  const env = { WAYPOST_URL: feeds.server.url, WAYPOST_SECRET: SECRETS.WAYPOST_SECRET };
  // Its id is signed, so that KV knows it by that in the next second as well.
  const body = JSON.stringify({ event_id: "one", note: "made" });
  assert.match(await example("publish", ["one", "made.up"], env, body), /^one in 1 attempts\n$/);
  assert.match(await example("publish", ["one", "made.up"], env, body), /^one in 1 attempts, again\n$/);
  await assert.rejects(example("publish", ["two", "made.up"], { ...env, WAYPOST_SECRET: "wrong" }, ownEvent()), /not delivered|BadSignature|401/);
  await feeds.broker.queue.drained();
  const { events } = await feeds.reader().read();
  assert.deepEqual(events.map(({ webhook_id, type, raw }) => [webhook_id, type, raw]), [["one", "made.up", body]]);
});

test("hybrid: each event once, whether its webhook comes, comes twice or never", async () => {
  const port = await freePort();
  const secret = SECRETS.STANDARD_SECRET;
  const child = new Child(join(EXAMPLES, "hybrid"), [String(port), "6"], { env: { WAYPOST_URL: url("hybrid"), WAYPOST_SECRET: secret } });
  const printed = () => child.log.split("\n").filter((line) => /^\d{16}_/.test(line)).map((line) => line.split(" ")[0]);
  await until(() => child.log.includes("ready"));
  const poke = async (/** @type {string} */ id, /** @type {string} */ signedWith = secret) => {
    const body = JSON.stringify({ id, event: "push", data: {} });
    const now = new Date();
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": new StandardWebhook(signedWith).sign(id, now, body),
    };
    return (await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body, headers, signal: AbortSignal.timeout(10_000) })).status;
  };
  const [first] = await feeds.append("hybrid", fresh());
  assert.equal(await poke(first.id, SECRETS.SVIX_SECRET), 401);
  assert.equal(await poke(first.id), 200);
  await until(() => printed().length === 1);
  // Twice, out of order, and for one of them never.
  const more = await feeds.append("hybrid", fresh(), fresh(), fresh());
  assert.deepEqual(await Promise.all([poke(more[2].id), poke(more[0].id), poke(more[2].id)]), [200, 200, 200]);
  await until(() => printed().length === 4);
  const last = await feeds.append("hybrid", fresh(), fresh());
  assert.equal(await poke(last[1].id), 200);
  await until(() => child.exited);
  assert.equal(child.code, 0, child.log);
  assert.deepEqual(printed(), [first, ...more, ...last].map(({ id }) => id));
});
