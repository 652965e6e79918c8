// The command-line tools for what is pushed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cli } from "./lib/agent.js";
import { Backend } from "./lib/backend.js";
import { fresh } from "./lib/bodies.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { project } from "./lib/project.js";
import { until } from "./lib/wait.js";

const bindings = project().config.durable_objects.bindings;
const skip = bindings.some(({ class_name }) => class_name === "Subscription") ? false : "this Waypost pushes nothing";

/** @type {Feeds} */
let feeds;
/** @type {Backend} */
let backend;
before(async () => {
  if (skip) return;
  feeds = await Feeds.start(
    { default: { tokens: ["POLL_TOKEN"], verify: false } },
    { vars: { ALLOW_TARGETS: ["127.0.0.1"], RETRY_SCHEDULE_SECONDS: [1] } },
  );
  backend = await Backend.start();
});
after(async () => {
  await backend?.stop();
  await feeds?.stop();
});

/** @param {string[]} args */
async function done(...args) {
  const ended = await cli([...args, "--from", feeds.server.url], { env: { WAYPOST_ADMIN_TOKEN: ADMIN_TOKEN } });
  assert.equal(ended.code, 0, ended.stderr);
  return ended.stdout;
}

test("subscriptions are added, tested, paused, rotated, replayed and removed", { skip }, async () => {
  const { subscription_id: id, secret } = JSON.parse(await done("subscriptions", "add", backend.url, "--event", "push"));
  assert.match(secret, /^whsec_/);
  assert.match(await done("subscriptions", "list"), new RegExp(`subscription id[^]*${id} +active`));
  assert.equal(JSON.parse(await done("subscriptions", "test", id)).status, "delivered");
  const tested = backend.given.length;
  const [event] = await feeds.append("default", fresh());
  await until(() => backend.given.length === tested + 1);
  const table = () => done("deliveries", "list", id);
  await until(async () => (await table()).includes("delivered"), { every: 100 });
  assert.match(await table(), new RegExp(`${event.id} +push +delivered +1`));
  assert.equal(JSON.parse(await done("deliveries", "show", id, event.id)).status, "delivered");

  await done("deliveries", "replay", id, event.id);
  await until(() => backend.given.length === tested + 2);
  backend.answer = () => 404;
  const [failed] = await feeds.append("default", fresh());
  await until(async () => (await done("deliveries", "list", id, "--status", "failed")).includes(failed.id), { every: 100 });
  backend.answer = () => 200;
  const before = backend.given.length;
  await done("subscriptions", "replay", id, "--failed");
  await until(() => backend.given.length === before + 1);

  assert.equal(JSON.parse(await done("subscriptions", "pause", id)).status, "paused");
  assert.equal(JSON.parse(await done("subscriptions", "resume", id)).status, "active");
  assert.notEqual(JSON.parse(await done("subscriptions", "rotate", id)).secret, secret);
  assert.equal(JSON.parse(await done("subscriptions", "show", id)).url, backend.url);
  await done("subscriptions", "delete", id);
  assert.doesNotMatch(await done("subscriptions", "list"), new RegExp(id));
  const closed = await cli(["subscriptions", "list", "--from", feeds.server.url]);
  assert.equal(closed.code, 2, "it needs the admin token");
});
