// Pollers as people write them, in Python on httpx, with nothing given to them but a base URL that
// holds the credentials. Events arrive all the while, and each poller gets every one of them.
//
// They run twice: those of python/clients.py, and those that the document shows which the project
// grew out of, taken from it as they stand, where it is at hand.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import { expectAccepted } from "./lib/expect.js";
import { FEEDS, POLL_TOKEN, SOURCES } from "./lib/fixtures.js";
import { Python, skipPython } from "./lib/python.js";
import * as sign from "./lib/sign.js";
import { ROOT } from "./lib/tools.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const DOCUMENT = process.env.WAYPOST_REFERENCE ?? resolve(ROOT, "../shared/reference/webhooks-vs-polling.txt");

/** So many before a poller starts, and so many while it runs. */
const BEFORE = 3;
const DURING = 40;

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
/** Every event of the feed, and the number in its payload. @type {{id: string, n: number}[]} */
const events = [];
before(async () => {
  server = await startWorkerd({ sources: SOURCES, feeds: FEEDS });
  waypost = new Waypost(server);
  for (let count = 0; count < BEFORE; count += 1) await append();
});
after(() => server?.stop());

/** Posts one event and waits until it is stored. Returns when it was posted. */
async function append() {
  const n = events.length;
  const posted = Date.now();
  expectAccepted(await waypost.post(await sign.github(JSON.stringify({ n }))), "received");
  const [{ id }] = await waypost.drain({ atLeast: 1 });
  events.push({ id, n });
  return { id, posted };
}

/** @param {string[]} document */
async function everyPollerGetsEverything(...document) {
  const base = `http://x:${POLL_TOKEN}@127.0.0.1:${server.port}`;
  const python = new Python("run_pollers.py", [base, ...document]);
  const of = (/** @type {string} */ poller) => python.said.filter((line) => line.poller === poller);
  const ids = (/** @type {string} */ poller) => of(poller).flatMap((line) => line.ids);
  try {
    await python.until(() => ids("held").length === events.length && of("newest").length > 0, { what: "they have started" });
    const latencies = [];
    for (let count = 0; count < DURING; count += 1) {
      const { id, posted } = await append();
      const line = await python.until(() => of("held").find((line) => line.ids.includes(id)), { what: `held gets ${id}` });
      latencies.push(line.at - posted);
    }
    const all = events.map(({ id }) => id);
    for (const poller of ["by_time", "held", "adaptive", "fallback"]) {
      await python.until(() => new Set(ids(poller)).size === all.length, { what: `${poller} has every event` });
    }
    const newest = () => of("newest").map(({ payload }) => payload.n);
    await python.until(() => newest().at(-1) === events.at(-1)?.n, { what: "newest has the last event" });

    // Those with a cursor get each once and in order; time overlaps, so the others get some again.
    assert.deepEqual(ids("held"), all);
    assert.deepEqual(ids("fallback"), all);
    for (const poller of ["by_time", "adaptive"]) {
      assert.deepEqual([...new Set(ids(poller))].sort(), all);
      for (const line of of(poller)) assert.deepEqual(line.ids, [...new Set(line.ids)].sort(), "a page is in order");
    }
    // The one with an ETag sees what is newest when it asks: always something newer, never the same again.
    assert.ok(newest().length > 2, `${newest()}`);
    newest().reduce((before, n) => (assert.ok(n > before, `${newest()}`), n));

    latencies.sort((a, b) => a - b);
    // From before the POST to the poller's handler, which is more than from the append to the answer.
    const median = latencies[DURING / 2];
    assert.ok(median < 100, `median ${median} ms of ${latencies.map(Math.round)}`);
  } finally {
    await python.stop();
  }
}

test("five pollers get every event", { skip: skipPython }, () => everyPollerGetsEverything());

test("so do those of the document, unchanged", {
  skip: skipPython || (existsSync(DOCUMENT) ? false : "the document is not here; WAYPOST_REFERENCE names it"),
}, () => everyPollerGetsEverything(DOCUMENT));
