// A client that is pushed to and polls for what it may have missed, in Python on httpx, with nothing given to it but a
// base URL that holds the credentials. It handles each event once, whichever way it came.
//
// It runs twice: that of python/clients.py, and the one that the document shows which the project grew out of, taken
// from it as it stands, where it is at hand.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { Python, skipPython } from "./lib/python.js";
import { Subscriber } from "./lib/subscriber.js";
import { ROOT } from "./lib/tools.js";
import { until } from "./lib/wait.js";

const DOCUMENT = process.env.WAYPOST_REFERENCE ?? resolve(ROOT, "../shared/reference/webhooks-vs-polling.txt");

/** @type {Feeds} */
let feeds;
before(async () => {
  const vars = { ALLOW_TARGETS: ["127.0.0.1"], RETRY_SCHEDULE_SECONDS: [1, 2, 4] };
  feeds = await Feeds.start({ own: {}, document: {} }, { vars });
});
after(() => feeds?.stop());

/** @param {string} feed @param {string[]} document */
async function handlesEachOnce(feed, ...document) {
  const python = new Python("run_hybrid.py", [`http://x:${ADMIN_TOKEN}@127.0.0.1:${feeds.server.port}/feeds/${feed}`, ...document]);
  const reader = feeds.reader(feed, { token: ADMIN_TOKEN });
  const handled = () => python.said.flatMap((line) => line.handled ?? []);
  /** @type {string[]} */
  const events = [];
  const append = async (/** @type {number} */ count) => {
    await feeds.fill(feed, count);
    events.push(...(await reader.drain({ atLeast: count })).map((event) => event.id));
  };
  const handles = (/** @type {string} */ what) =>
    python.until(() => new Set(handled()).size === events.length, { what: `${what}: ${events.length} events` });
  const server = async (/** @type {string} */ path) => {
    const { port } = python.said[0];
    await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", signal: AbortSignal.timeout(5_000) });
  };
  try {
    await python.until(() => python.said[0], { what: "it has subscribed" });
    const subscriber = new Subscriber(feeds.server, feed);
    const [{ subscription_id: id }] = (await subscriber.good("GET", "")).subscriptions;

    const begun = performance.now();
    await append(10);
    await handles("pushed");
    assert.ok(performance.now() - begun < 2_500, "that was not the poll, which comes every three seconds");

    // Its endpoint is down: it polls what it misses, and what comes again afterwards is no news.
    await server("/down");
    await append(6);
    await handles("polled");
    assert.ok((await subscriber.deliveries(id, "?status=pending")).length > 0, "and what was pushed is still on its way");
    await server("/up");
    await until(async () => (await subscriber.deliveries(id, "?status=pending")).length === 0, { what: "everything is settled" });
    await append(3);
    await handles("pushed again");
    assert.deepEqual(handled().sort(), events.sort(), "each once");
    const { url, status } = await subscriber.show(id);
    assert.deepEqual([new URL(url).pathname, status], ["/hook", "active"]);
    await subscriber.good("DELETE", `/${id}`);
  } finally {
    await python.stop();
  }
}

test("a hybrid client handles each event once", { skip: skipPython }, () => handlesEachOnce("own"));

test("so does that of the document, unchanged", {
  skip: skipPython || (existsSync(DOCUMENT) ? false : "the document is not here; WAYPOST_REFERENCE names it"),
}, () => handlesEachOnce("document", DOCUMENT));
