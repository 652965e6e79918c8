// The faces of the one read path, by cursor: /events and /long-poll, at the root and under
// /feeds/{feed}, by everybody who may read.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, POLL_TOKEN, SECRETS } from "./lib/fixtures.js";

/** @type {Feeds} */
let feeds;
/** @type {Record<string, import("./lib/waypost.js").Event[]>} */
const events = {};
before(async () => {
  feeds = await Feeds.start({
    default: { tokens: ["POLL_TOKEN"] },
    named: { tokens: ["POLL_TOKEN", "OTHER_TOKEN"] },
    open: { public: true },
    small: { tokens: ["POLL_TOKEN"], retention_events: 3 },
  });
  for (const feed of ["default", "named", "open"]) {
    events[feed] = await feeds.append(feed, ...Array.from({ length: 6 }, () => fresh()));
  }
  // One by one: what is too much goes with the append that makes it so.
  events.small = [];
  for (let count = 0; count < 6; count += 1) events.small.push(...(await feeds.append("small", fresh())));
});
after(() => feeds?.stop());

const ids = (/** @type {{id: string}[]} */ list) => list.map(({ id }) => id);
const FAR = "9999999999999999";

/** Base, feed, token. @type {[string, string, string | null][]} */
const READERS = [
  ["", "default", POLL_TOKEN],
  ["", "default", ADMIN_TOKEN],
  ["/feeds/default", "default", POLL_TOKEN],
  ["/feeds/named", "named", POLL_TOKEN],
  ["/feeds/named", "named", SECRETS.OTHER_TOKEN],
  ["/feeds/named", "named", ADMIN_TOKEN],
  ["/feeds/open", "open", null],
];

for (const [base, feed, token] of READERS) {
  describe(`${base || "the root"} with ${token}`, () => {
    const get = (/** @type {string} */ path) => feeds.reader(base ? feed : undefined, { token }).get(path);
    const read = async (/** @type {string} */ path) => {
      const answer = await get(path);
      assert.equal(answer.status, 200, `${path}: ${answer.text}`);
      return answer.json;
    };

    test("/events pages by limit, and next goes on", async () => {
      const all = ids(events[feed]);
      for (const start of ["/events?limit=2", "/events?since_id=&limit=2"]) {
        const first = await read(start);
        assert.deepEqual(Object.keys(first), ["events", "next", "has_more"]);
        assert.deepEqual([ids(first.events), first.next, first.has_more], [all.slice(0, 2), all[1], true]);
      }
      const second = await read(`/events?since_id=${all[1]}&limit=4`);
      assert.deepEqual([ids(second.events), second.next, second.has_more], [all.slice(2), all[5], false]);
      assert.deepEqual(await read(`/events?since_id=${all[5]}`), { events: [], next: all[5], has_more: false });
      // Before the first event there is a position too, which an empty feed gives out.
      const zero = all[0].replace(/1$/, "0");
      assert.deepEqual(ids((await read(`/events?since_id=${zero}`)).events), all);
    });

    test("numbers are clamped, what is no number is refused", async () => {
      const all = ids(events[feed]);
      for (const [limit, count] of [["0", 1], ["1", 1], ["501", 6], ["99999999999999999999999999", 6], ["", 6]]) {
        assert.equal((await read(`/events?limit=${limit}`)).events.length, count, `limit=${limit}`);
      }
      assert.equal((await read(`/events?since_id=${all[4]}&wait=99999`)).events.length, 1, "a long wait with something there");
      for (const query of ["limit=x", "limit=-1", "limit=1.5", "limit=%201", "wait=x", "wait=1.5", "wait=-1"]) {
        expectProblem(await get(`/events?${query}`), 400, "invalid_parameter", query);
      }
    });

    test("what stands twice is refused, what nobody knows is passed over", async () => {
      const [id] = ids(events[feed]);
      for (const query of ["limit=1&limit=1", `since_id=${id}&since_id=${id}`, "wait=0&limit=1&wait=1", "limit=&limit=1"]) {
        expectProblem(await get(`/events?${query}`), 400, "duplicate_parameter", query);
      }
      assert.equal((await read("/events?utm=1&utm=2&limit=1&last_event_id=x")).events.length, 1);
    });

    test("a cursor that leads nowhere is 410 with the way back", async () => {
      const [generation] = events[feed][0].id.split("_");
      for (const [cursor, code] of [[`${generation}_${FAR}`, "cursor_ahead"], [`${FAR}_0000000000000001`, "cursor_expired"], [`${"0".repeat(16)}_${"0".repeat(16)}`, "cursor_expired"]]) {
        for (const path of [`/events?since_id=${cursor}`, `/events?since_id=${cursor}&wait=20`, `/updates?since=${cursor}`]) {
          const answer = await get(path);
          expectProblem(answer, 410, code, path);
          assert.deepEqual([answer.json.earliest, answer.json.latest], [events[feed][0].id, events[feed][5].id], path);
        }
      }
      for (const cursor of ["x", events[feed][0].id.slice(1), `${events[feed][0].id} `, "-1", "1_1", events[feed][0].id.replace("_", "-")]) {
        expectProblem(await get(`/events?since_id=${encodeURIComponent(cursor)}`), 400, "invalid_cursor", cursor);
      }
    });

    test("/long-poll gives the same events without a cursor of its own", async () => {
      const all = ids(events[feed]);
      for (const path of ["/long-poll", "/long-poll?last_event_id=", "/long-poll?timeout=0"]) {
        const page = await read(path);
        assert.deepEqual([Object.keys(page), ids(page.events)], [["events"], all], path);
      }
      assert.deepEqual(ids((await read(`/long-poll?last_event_id=${all[2]}`)).events), all.slice(3));
      assert.deepEqual(await read(`/long-poll?last_event_id=${all[5]}&timeout=0`), { events: [], message: "timeout" });
    });
  });
}

test("/long-poll is held for its time", async () => {
  const started = performance.now();
  const { json } = await feeds.reader().get(`/long-poll?last_event_id=${events.default[5].id}&timeout=1`);
  const took = performance.now() - started;
  assert.deepEqual(json, { events: [], message: "timeout" });
  assert.ok(took > 950 && took < 3_000, `${took} ms`);
});

test("a refused /long-poll takes a second, so that a naive loop does not spin", async () => {
  const [generation] = events.default[0].id.split("_");
  /** @type {[string, number, string][]} */
  const refusals = [
    ["last_event_id=x", 400, "invalid_cursor"],
    ["timeout=x", 400, "invalid_parameter"],
    ["timeout=1&timeout=1", 400, "duplicate_parameter"],
    [`last_event_id=${generation}_${FAR}`, 410, "cursor_ahead"],
  ];
  const timed = async (/** @type {Promise<import("./lib/waypost.js").Answer>} */ asked) => {
    const started = performance.now();
    return { answer: await asked, took: performance.now() - started };
  };
  const reader = feeds.reader();
  const all = await Promise.all([
    ...refusals.map(([query]) => timed(reader.get(`/long-poll?${query}`))),
    timed(reader.fetch("/long-poll")),
    timed(reader.get("/long-poll", { headers: { authorization: "Bearer wrong" } })),
    timed(feeds.reader("nothing").get("/long-poll")),
  ]);
  const expected = [...refusals.map(([, status]) => status), 401, 401, 404];
  assert.deepEqual(all.map(({ answer }) => answer.status), expected);
  for (const { answer, took } of all) assert.ok(took > 950 && took < 4_000, `${answer.text}: ${took} ms`);
  refusals.forEach(([query, status, code], at) => expectProblem(all[at].answer, status, code, query));
});

test("what retention took is 410 on every face; what it has caught up with is not", async () => {
  const [lost, , caught, ...kept] = ids(events.small);
  const reader = feeds.reader("small");
  for (const path of [`/events?since_id=${lost}`, `/long-poll?last_event_id=${lost}`, `/updates?since=${lost}`]) {
    const answer = await reader.get(path);
    expectProblem(answer, 410, "cursor_expired", path);
    assert.deepEqual([answer.json.earliest, answer.json.latest], [kept[0], kept[2]], path);
  }
  assert.deepEqual(ids((await reader.get(`/events?since_id=${caught}`)).json.events), kept);
  assert.deepEqual(ids((await reader.get("/events")).json.events), kept);
});
