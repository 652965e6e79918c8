// What bounds a feed and its pages: bytes, limits and retention, and what a reader is told when
// its position is no longer there.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh, jsonOfSize } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { FEEDS, SECRETS, SOURCES } from "./lib/fixtures.js";
import * as sign from "./lib/sign.js";
import { until } from "./lib/wait.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** @type {import("./lib/workerd.js").Workerd} */
let server;
before(async () => {
  const to = (/** @type {string} */ feed) => ({ provider: "github", secrets: ["GITHUB_WEBHOOK_SECRET"], feed });
  const open = { tokens: ["POLL_TOKEN"] };
  server = await startWorkerd({
    sources: { ...SOURCES, few: to("few"), large: to("large"), many: to("many") },
    feeds: { ...FEEDS, few: { ...open, retention_events: 5 }, large: open, many: open },
  });
});
after(() => server?.stop());

/** @param {Waypost} waypost @param {string} source @param {string[]} bodies */
async function append(waypost, source, bodies) {
  for (const body of bodies) {
    expectAccepted(await waypost.post({ ...(await sign.github(body)), source }), "received");
  }
  return waypost.drain({ atLeast: bodies.length });
}

test("beyond its retention a feed says 410, and where to go on, to those who would miss something", async () => {
  const waypost = new Waypost(server, { feed: "few" });
  const events = [];
  // One by one, because what is too much goes at once.
  for (let count = 0; count < 12; count += 1) events.push(...(await append(waypost, "few", [fresh()])));
  const oldest = await until(async () => {
    const page = await waypost.read();
    return page.events.length === 5 && page.events[0];
  }, { what: "retention took what is too much" });
  assert.equal(oldest.id, events[7].id, "the newest stay");

  for (const lost of [events[0], events[5]]) {
    const answer = await waypost.get(`/events?since_id=${lost.id}`);
    expectProblem(answer, 410, "cursor_expired");
    assert.equal(answer.json.earliest, events[7].id);
    assert.equal(answer.json.latest, events[11].id);
    expectProblem(await waypost.get(`/events/${lost.id}`), 404, "unknown_event");
  }
  // Everything after this one is still there: pruning has merely caught up with it.
  const page = await waypost.read({ since: events[6].id });
  assert.deepEqual(page.events.map(({ id }) => id), events.slice(7).map(({ id }) => id));
});

test("a page is bounded by bytes, and its reader still gets everything once", async () => {
  const waypost = new Waypost(server, { feed: "large" });
  const bodies = Array.from({ length: 120 }, () => jsonOfSize(90_000));
  await append(waypost, "large", bodies);
  const seen = [];
  let page = await waypost.read({ limit: 500 });
  assert.ok(page.has_more, "10 MB are not one page");
  for (; ; page = await waypost.read({ limit: 500, since: page.next })) {
    const size = page.events.reduce((sum, event) => sum + event.size, 0);
    assert.ok(page.events.length >= 1 && size < 10_000_000, `${size} bytes in one page`);
    seen.push(...page.events.map(({ raw }) => raw));
    if (!page.has_more) break;
  }
  assert.deepEqual(seen, bodies);
});

test("a limit is 100 by default and 500 at most", async () => {
  const waypost = new Waypost(server, { feed: "many" });
  const webhooks = await Promise.all(Array.from({ length: 520 }, () => sign.github(fresh())));
  for (let at = 0; at < webhooks.length; at += 40) {
    const answers = webhooks.slice(at, at + 40).map((webhook) => waypost.post({ ...webhook, source: "many" }));
    for (const answer of await Promise.all(answers)) expectAccepted(answer, "received");
  }
  const events = await waypost.drain({ atLeast: webhooks.length });
  assert.deepEqual(events.map(({ raw }) => raw).sort(), webhooks.map(({ body }) => body).sort(), "each once");
  assert.equal((await waypost.read()).events.length, 100);
  assert.equal((await waypost.read({ limit: 10_000 })).events.length, 500);
});

test("a parameter that is there twice is refused", async () => {
  const waypost = new Waypost(server);
  expectProblem(await waypost.get("/events?limit=1&limit=2"), 400, "duplicate_parameter");
});

test("without its token's secret a feed opens to nobody", async () => {
  const nobody = { ...FEEDS, default: { tokens: ["A_TOKEN_THAT_NOBODY_SET"] } };
  const closed = await startWorkerd({ feeds: nobody, secrets: { ADMIN_TOKEN: SECRETS.ADMIN_TOKEN } });
  try {
    for (const token of ["", "undefined", "null", "A_TOKEN_THAT_NOBODY_SET", SECRETS.POLL_TOKEN]) {
      expectProblem(await new Waypost(closed, { token }).get("/events"), 401, "unauthorised", token);
    }
    assert.equal((await new Waypost(closed, { token: SECRETS.ADMIN_TOKEN }).get("/events")).status, 200);
  } finally {
    await closed.stop();
  }
});
