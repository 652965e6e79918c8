// A thousand pollers behind a shared cache are one request at the origin: Varnish and nginx, as Debian has them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { COUNTS, countingBuild } from "./lib/counting.js";
import { Crowd } from "./lib/crowd.js";
import { expectAccepted } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, POLL_TOKEN, SECRETS } from "./lib/fixtures.js";
import { skipFronts, startFront } from "./lib/fronts.js";
import { until } from "./lib/wait.js";
import { Waypost } from "./lib/waypost.js";

/** Seconds. */
const HOLD = 4;

/**
 * Lets a crowd poll through a cache while webhooks come, and holds the origin to what it may be asked.
 *
 * @param {"varnish" | "nginx"} kind
 * @param {{pollers: number, appends: number, every: number, uncacheable?: boolean}} options `every` is in seconds
 */
async function crowded(kind, { pollers, appends, every, uncacheable }) {
  const feeds = await Feeds.start({ open: { public: true, tokens: ["POLL_TOKEN"] } }, { build: countingBuild({ uncacheable }) });
  const front = await startFront(kind, feeds.server.port);
  try {
    const since = await feeds.end("open");
    await feeds.reader().fetch(COUNTS);
    const crowd = new Crowd(`${front.url}/feeds/open/events`, since, { pollers, hold: HOLD });
    for (let count = 0; count < appends; count += 1) {
      await pause(every * 1_000);
      expectAccepted(await feeds.reader().post(await feeds.webhook("open")), "received");
    }
    await until(() => crowd.hasSeen(appends) || crowd.errors.length > 0, { what: "everyone has seen everything", within: 10_000 });
    const { reads, most } = /** @type {import("./lib/counting.js").Counts} */ ((await feeds.reader().fetch(COUNTS)).json);
    await crowd.stop();
    const said = `${kind}: ${crowd.requests} requests of ${pollers} pollers, ${reads} at the origin, ${most} at once; delay ${crowd.delay(50)} ms, p99 ${crowd.delay(99)} ms; ${crowd.errors.length} errors`;
    console.log(said);
    assert.deepEqual(crowd.errors.slice(0, 3), [], said);
    const { json } = await feeds.reader("open").get(`/events?since_id=${since}`);
    const ids = json.events.map(({ id }) => id);
    assert.equal(ids.length, appends);
    for (const seen of crowd.seen.values()) assert.deepEqual(seen, ids, said);
    // Between two appends one hold ends with nothing, and so does the one before the first or after the last.
    const timeouts = Math.floor(every / HOLD) * (appends + 1);
    assert.ok(reads <= appends + timeouts + 3, said);
    assert.ok(most <= 2, said);
    assert.ok(crowd.requests >= pollers * appends, said);
  } finally {
    await front.stop();
    await feeds.stop();
  }
}

describe("in front of a public feed", { concurrency: true, skip: skipFronts }, () => {
  for (const kind of /** @type {const} */ (["varnish", "nginx"])) {
    test(`${kind}: a thousand pollers and eight webhooks in 40 s`, () => crowded(kind, { pollers: 1_000, appends: 8, every: 5 }));
    test(`${kind}: the same fails where the end of a hold cannot be kept`, () =>
      assert.rejects(crowded(kind, { pollers: 100, appends: 1, every: 14, uncacheable: true }), { code: "ERR_ASSERTION" }));
  }
});

describe("two feeds with tokens", { concurrency: true, skip: skipFronts }, () => {
  for (const kind of /** @type {const} */ (["varnish", "nginx"])) {
    test(`${kind} gives no answer of one to the other, and none without a token`, async () => {
      const feeds = await Feeds.start({ one: { tokens: ["POLL_TOKEN"] }, two: { tokens: ["OTHER_TOKEN"] } });
      const front = await startFront(kind, feeds.server.port);
      try {
        const ids = /** @type {Record<string, string>} */ ({});
        for (const feed of ["one", "two"]) {
          expectAccepted(await feeds.reader().post(await feeds.webhook(feed)), "received");
          await feeds.broker.queue.drained();
          const admin = new Waypost(feeds.server, { feed, token: ADMIN_TOKEN });
          ids[feed] = (await admin.get("/events")).json.events[0].id;
        }
        const tokens = { one: POLL_TOKEN, two: SECRETS.OTHER_TOKEN };
        for (let round = 0; round < 3; round += 1) {
          for (const [feed, other] of [["one", "two"], ["two", "one"]]) {
            for (const path of ["/events", "/events?limit=1", "/updates", "/resource", `/events/${ids[feed]}`]) {
              const ask = (/** @type {string | null} */ token) => new Waypost(front, { feed, token }).get(path);
              for (const token of [null, tokens[other], "wrong"]) assert.equal((await ask(token)).status, 401, path);
              const own = await ask(tokens[feed]);
              assert.equal(own.status, 200, path);
              assert.ok(!own.text.includes(ids[other]), path);
              assert.match(String(own.headers.get("cache-control")), /^private, no-cache$/);
              for (const token of [null, tokens[other]]) assert.equal((await ask(token)).status, 401, path);
            }
          }
        }
      } finally {
        await front.stop();
        await feeds.stop();
      }
    });
  }
});
