// GET {base}/updates: what was appended since a time, for clients that keep nothing but their clock.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh, jsonOfSize } from "./lib/bodies.js";
import { expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { until } from "./lib/wait.js";

/** A time repeats this much: clients take the time after the read. */
const OVERLAP = 5_000;

/** @type {Feeds} */
let feeds;
/** Two events more than the overlap apart. @type {import("./lib/waypost.js").Event} */
let early;
/** @type {import("./lib/waypost.js").Event} */
let late;
/** The time between them, and the time after both. @type {number} */
let between;
/** @type {number} */
let afterwards;
before(async () => {
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] }, many: { tokens: ["POLL_TOKEN"] }, heavy: { tokens: ["POLL_TOKEN"] } });
  [early] = await feeds.append("default", fresh());
  between = Date.now();
  // The one thing to wait for here is time itself; another feed is filled meanwhile.
  await feeds.fill("many", 600);
  await until(() => Date.now() > between + OVERLAP + 200, { every: 50 });
  [late] = await feeds.append("default", fresh());
  afterwards = Date.now();
});
after(() => feeds?.stop());

/** @param {string} query @param {string} [feed] */
async function updates(query, feed) {
  const answer = await feeds.reader(feed).get(`/updates${query}`);
  assert.equal(answer.status, 200, `${query}: ${answer.text}`);
  return answer.json;
}
const ids = async (/** @type {string} */ query) => (await updates(query)).updates.map(({ id }) => id);
const iso = (/** @type {number} */ ms) => new Date(ms).toISOString();

test("without a position it is the last ten minutes", async () => {
  for (const query of ["", "?since=", "?"]) {
    const said = await updates(query);
    assert.deepEqual(said.updates.map(({ id }) => id), [early.id, late.id], query);
    assert.deepEqual(Object.keys(said), ["updates"]);
  }
});

test("with an id it is what follows, as on every other face", async () => {
  assert.deepEqual(await ids(`?since=${early.id}`), [late.id]);
  assert.deepEqual(await ids(`?since=${late.id}`), []);
});

test("with a time it is everything since then less the overlap", async () => {
  assert.deepEqual(await ids(`?since=${iso(between)}`), [early.id, late.id], "the overlap reaches back");
  assert.deepEqual(await ids(`?since=${iso(between + OVERLAP + 100)}`), [late.id], "but no further");
  assert.deepEqual(await ids(`?since=${iso(afterwards)}`), [late.id], "a client that asks after the read misses nothing");
  assert.deepEqual(await ids(`?since=${iso(afterwards + OVERLAP + 1)}`), [], "a time to come");
  assert.deepEqual(await ids("?since=1970-01-01T00:00:00Z"), [early.id, late.id]);
  assert.deepEqual(await ids("?since=9999-12-31T23:59:59Z"), []);
});

test("a time means the same in every spelling", async () => {
  const at = between + OVERLAP + 100;
  const zulu = iso(at);
  const local = (/** @type {number} */ hours) => iso(at + hours * 3_600_000).slice(0, -1);
  const spellings = [
    zulu,
    // Without an offset it is UTC, as Python's utcnow().isoformat() gives it, to the microsecond.
    local(0),
    `${local(0)}000`,
    encodeURIComponent(`${local(0)}+00:00`),
    // An unescaped plus is a blank in a query; it is meant as a plus all the same.
    `${local(0)}+00:00`,
    `${local(2)}+02:00`,
    `${local(-5)}-05:00`,
    encodeURIComponent(zulu),
    zulu.toLowerCase(),
  ];
  for (const since of spellings) assert.deepEqual(await ids(`?since=${since}`), [late.id], since);
  // To the second: what a strftime gives.
  assert.deepEqual(await ids(`?since=${zulu.slice(0, 19)}`), zulu.slice(0, 19) <= iso(between + OVERLAP) ? [early.id, late.id] : [late.id]);
});

test("what is no time and no id is refused", async () => {
  for (const since of ["x", "yesterday", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "12:00", "1e9", "null", "None"]) {
    expectProblem(await feeds.reader().get(`/updates?since=${since}`), 400, "invalid_cursor", since);
  }
  expectProblem(await feeds.reader().get(`/updates?since=${late.id}&since=${late.id}`), 400, "duplicate_parameter");
});

test("it is never cut by count", async () => {
  for (const query of ["", `?since=${iso(between - 60_000)}`, "?limit=10", "?since=&limit=1"]) {
    const said = await updates(query, "many");
    const found = said.updates.map(({ id }) => id);
    assert.equal(found.length, 600, query);
    assert.deepEqual(found, [...new Set(found)].sort());
    assert.equal("has_more" in said, false);
  }
});

test("where it is cut by bytes it says so, and how to go on", async () => {
  // A page holds 8 MB.
  await feeds.fill("heavy", 95, () => jsonOfSize(90_000));
  const found = [];
  let said = await updates("", "heavy");
  assert.equal(said.has_more, true);
  for (; ; said = await updates(`?since=${said.next}`, "heavy")) {
    found.push(...said.updates.map(({ id }) => id));
    if (!said.has_more) break;
    assert.equal(said.next, found.at(-1));
  }
  assert.equal(found.length, 95);
  assert.deepEqual(found, [...new Set(found)].sort());
});
