// A source's rate limit, by the platform's binding as `wrangler dev` has it: 429 with the time to
// wait, nothing kept, and no other source slowed down.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import * as sign from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWrangler } from "./lib/wrangler.js";

const LIMIT = 5;
const PERIOD = 60;
/** @type {import("./lib/wrangler.js").Wrangler} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  const limited = { ...SOURCES.github, rate_limit: { binding: "LIMITER", limit: LIMIT, period: PERIOD } };
  server = await startWrangler({
    sources: { ...SOURCES, limited },
    feeds: FEEDS,
    wrangler: { ratelimits: [{ name: "LIMITER", namespace_id: "1001", simple: { limit: LIMIT, period: PERIOD } }] },
  });
  waypost = new Waypost(server);
});
after(() => server?.stop());

test("beyond its limit a source answers 429 and keeps nothing", async () => {
  const post = async () => waypost.post({ ...(await sign.github(fresh())), source: "limited" });
  let accepted = 0;
  let answer = await post();
  for (; answer.status === 200; answer = await post()) accepted += 1;
  // Twice as many where the platform's window ends meanwhile.
  assert.ok(accepted >= LIMIT && accepted <= 2 * LIMIT, `${accepted} were accepted`);
  assert.equal((await waypost.drain({ atLeast: accepted })).length, accepted);

  await leavesNothing(waypost, async () => {
    const refusal = await post();
    expectProblem(refusal, 429, "rate_limited");
    assert.match(refusal.headers.get("retry-after") ?? "", /^\d+$/);
    assert.match(refusal.headers.get("ratelimit-policy") ?? "", new RegExp(`q=${LIMIT};w=${PERIOD}`));
    assert.match(refusal.headers.get("ratelimit") ?? "", /r=0/);
  });
  expectAccepted(await waypost.post(await sign.github(fresh())), "received");
});
