// With a dataset of Analytics Engine bound, each webhook, read and batch is a data point as well.

import assert from "node:assert/strict";
import { test } from "node:test";
import { analysedBuild, dataPoints } from "./lib/analytics.js";
import { expectAccepted } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { removeFolder } from "./lib/temp.js";
import * as sign from "./lib/sign.js";
import { until } from "./lib/wait.js";
import { Waypost } from "./lib/waypost.js";
import { startWrangler } from "./lib/wrangler.js";

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
  } finally {
    await feeds.stop();
    removeFolder(build);
  }
});

test("the real binding takes it", async () => {
  const server = await startWrangler({ wrangler: { analytics_engine_datasets: [{ binding: "ANALYTICS", dataset: "waypost" }] } });
  try {
    const waypost = new Waypost(server);
    expectAccepted(await waypost.post({ ...(await sign.github('{"zen":"x"}')), source: "github" }), "received");
    await waypost.drain({ atLeast: 1 });
    assert.ok(!server.log.includes("rror"), server.log);
  } finally {
    await server.stop();
  }
});
