// With a dataset of Analytics Engine bound, each webhook, read and batch is a data point as well.

import assert from "node:assert/strict";
import { test } from "node:test";
import { analysedBuild, dataPoints } from "./lib/analytics.js";
import { expectAccepted } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { removeFolder } from "./lib/temp.js";
import { until } from "./lib/wait.js";

test("what is written, whatever the log tells", async () => {
  const build = analysedBuild();
  const feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] } }, { build, vars: { LOG: { level: "error" } } });
  try {
    const reader = feeds.reader();
    const webhook = await feeds.webhook("default");
    expectAccepted(await reader.post(webhook), "received");
    await reader.drain({ atLeast: 1 });
    assert.equal((await reader.post({ ...webhook, headers: {} })).status, 401);
    const size = Buffer.byteLength(webhook.body);
    const of = (/** @type {string} */ what) => dataPoints(feeds.server.log).filter(({ blobs }) => blobs[0] === what);
    const [received, refused] = await until(() => of("webhook").length === 2 && of("webhook"));
    assert.deepEqual(received.indexes, ["default/default"]);
    assert.deepEqual(received.blobs, ["webhook", "default", "default", "received"]);
    assert.equal(received.doubles[0], size);
    assert.ok(received.doubles[1] >= 0);
    assert.deepEqual(refused.blobs, ["webhook", "default", "default", "missing_signature"]);
    assert.deepEqual(of("batch")[0].blobs, ["batch", "default", "", "appended"]);
    assert.deepEqual(of("read")[0].blobs, ["read", "default", "events", "200"]);
    assert.ok(!feeds.server.log.includes('"what":"webhook"'), "the log is told nothing");
    // The platform takes 96 bytes of an index, and drops the point of a longer one.
    assert.equal((await reader.fetch(`/feeds/${"f".repeat(200)}/events`)).status, 404);
    const unknown = await until(() => of("read").find(({ blobs }) => blobs[3] === "404"));
    assert.deepEqual(unknown.blobs, ["read", "", "events", "404"], "a name that somebody made up is not told");
    assert.ok(dataPoints(feeds.server.log).every(({ indexes: [index] }) => index.length <= 96));
  } finally {
    await feeds.stop();
    removeFolder(build);
  }
});
