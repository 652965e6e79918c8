// Waypost, agent and backend are each killed at random while webhooks come: the backend sees every one,
// byte for byte, and one twice only where a kill fell between its answer and its acknowledgement.
//
// `cargo xtask chaos agent` runs it with more webhooks and more often.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chaos } from "./lib/chaos.js";

const WEBHOOKS = Number(process.env.WAYPOST_CHAOS_WEBHOOKS ?? 1_000);
const RUNS = Number(process.env.WAYPOST_CHAOS_RUNS ?? 1);
const SEED = Number(process.env.WAYPOST_CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));

for (let run = 0; run < RUNS; run += 1) {
  const seed = SEED + run;
  test(`${WEBHOOKS} webhooks, and kills from seed ${seed}`, async () => {
    const { sent, written, kills, dead } = await chaos({ webhooks: WEBHOOKS, seed });
    assert.equal(sent.length >= WEBHOOKS, true);
    assert.deepEqual([...new Set(written.map(({ hash }) => hash))].sort(), [...new Set(sent)].sort());
    assert.equal(dead, 0);
    /** @type {Map<string, typeof written>} */
    const byId = new Map();
    for (const line of written) byId.set(line.id, [...(byId.get(line.id) ?? []), line]);
    assert.equal(byId.size, sent.length, "no event for which no webhook was sent, and none twice");
    let twice = 0;
    for (const [id, lines] of byId) {
      for (let at = 1; at < lines.length; at += 1) {
        const [first, second] = [lines[at - 1], lines[at]];
        assert.equal(first.hash, second.hash);
        assert.ok(kills.some((kill) => kill.at >= first.at - 5 && kill.at <= second.at), `${id} came twice, and nothing was killed between`);
        twice += 1;
      }
    }
    const counts = ["edge", "agent", "backend"].map((what) => `${kills.filter((kill) => kill.what === what).length} ${what}`);
    assert.ok(kills.length >= Math.min(3, WEBHOOKS / 300), `${kills.length} kills`);
    console.log(`${sent.length} webhooks, killed: ${counts.join(", ")}; ${twice} came twice`);
  });
}
