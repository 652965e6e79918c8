// `/healthz` and `/readyz`: what a load balancer and a deployment ask.

import assert from "node:assert/strict";
import { test } from "node:test";
import { expectProblem, expectRequestId } from "./lib/expect.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** @param {Parameters<typeof startWorkerd>[0]} options @param {(waypost: Waypost) => Promise<void>} work */
async function running(options, work) {
  const server = await startWorkerd(options);
  try {
    await work(new Waypost(server));
  } finally {
    await server.stop();
  }
}

test("whole, it is ready", () =>
  running({}, async (waypost) => {
    for (const [path, status] of [["/healthz", "ok"], ["/readyz", "ready"]]) {
      const answer = await waypost.fetch(path);
      assert.deepEqual([answer.status, answer.json], [200, { status }], path);
      assert.equal(answer.headers.get("cache-control"), "no-store");
      expectRequestId(answer);
      assert.equal((await waypost.fetch(path, { method: "HEAD" })).status, 200);
      expectProblem(await waypost.fetch(path, { method: "POST" }), 405, "method_not_allowed");
    }
  }));

test("without a secret, with a mistake and without a binding it lives, and is not ready", () =>
  running(
    {
      sources: { github: { provider: "github", secrets: ["NO_SUCH_SECRET"] }, acme: { provider: "nobody" } },
      feeds: { default: { tokens: ["POLL_TOKEN"], retention_days: "many" } },
      wrangler: { kv_namespaces: [] },
    },
    async (waypost) => {
      assert.equal((await waypost.fetch("/healthz")).status, 200);
      const answer = await waypost.fetch("/readyz");
      expectProblem(answer, 503, "not_ready");
      assert.ok(Number(answer.headers.get("retry-after")) > 0);
      const { missing, mistakes, misconfigured } = answer.json;
      assert.deepEqual(missing, ["KV"]);
      assert.deepEqual(mistakes.sort(), ["FEEDS.default.retention_days", "SOURCES.acme.provider"]);
      assert.equal(misconfigured, 2);
    },
  ));
