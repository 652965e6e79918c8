// At least nine forgeries of every row, each with its own code, and nothing of it anywhere: not
// in KV, not in the queue, not in the feed.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Broker } from "./lib/broker.js";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { forgeries } from "./lib/forgeries.js";
import { ROWS } from "./lib/rows.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const broker = new Broker();
/** @type {import("./lib/workerd.js").Workerd} */
let server;
before(async () => (server = await startWorkerd({ broker, sources: SOURCES, feeds: FEEDS })));
after(() => server?.stop());

for (const row of ROWS) {
  describe(row.name, async () => {
    test("refuses every forgery with its code, and keeps nothing", async (t) => {
      const waypost = new Waypost(server);
      const all = await forgeries(row);
      assert.ok(all.length >= 9, "at least nine forgeries");
      for (const { name, webhook, status, code } of all) {
        await t.test(`${name}: ${status} ${code}`, () =>
          leavesNothing(waypost, async () => {
            const before = broker.counters;
            expectProblem(await waypost.post(webhook), status, code, name);
            const { kv, queue } = broker.counters;
            assert.equal(queue.sends, before.queue.sends, "nothing is queued");
            assert.equal(kv.writes, before.kv.writes, "no mark is left");
          }));
      }
    });

    test("accepts the genuine webhook", async () => {
      const waypost = new Waypost(server);
      await waypost.drain();
      const webhook = await row.sign(row.body());
      expectAccepted(await waypost.post(webhook), "received");
      const [event] = await waypost.drain({ atLeast: 1 });
      assert.equal(event.raw, webhook.body);
    });
  });
}
