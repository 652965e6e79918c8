// What is refused of a consumer's workers, and that it left everything as it was.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { Consumer, ids, leases, rejectedWith } from "./lib/consumer.js";
import { expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, POLL_TOKEN, SECRETS } from "./lib/fixtures.js";
import { RawRequest } from "./lib/raw.js";

const VERBS = ["claim", "ack", "nack", "extend", "release", "seek"];

/** @type {Feeds} */
let feeds;
/** @type {import("./lib/waypost.js").Event[]} */
let events;
/** A consumer that holds the feed's first event. @type {Consumer} */
let worker;
/** @type {import("./lib/consumer.js").Held} */
let held;
before(async () => {
  feeds = await Feeds.start({
    default: { tokens: ["POLL_TOKEN"] },
    few: { tokens: ["POLL_TOKEN"], retention_events: 2 },
    open: { public: true, tokens: ["OTHER_TOKEN"] },
    full: { tokens: ["POLL_TOKEN"] },
  });
  events = await feeds.append("default", fresh(), fresh(), fresh());
  await feeds.append("open", fresh());
  worker = new Consumer(feeds.reader(), "worker");
  ({ events: [held] } = await worker.claim({ max: 1 }));
});
after(() => feeds?.stop());

/** Whatever was refused: the lease holds, and nothing else is held. */
async function untouched() {
  const { leases, lag, generation } = await worker.shown();
  assert.deepEqual([leases, lag, generation], [1, 3, 1]);
  assert.equal((await worker.done("extend", { leases: [held.lease] })).extended, 1);
}

test("everything needs the feed's token, even where reading is public", async () => {
  const closed = [["default", [null, "wrong", SECRETS.OTHER_TOKEN]], ["open", [null, "wrong", POLL_TOKEN]]];
  for (const [feed, tokens] of /** @type {[string, (string | null)[]][]} */ (closed)) {
    for (const token of tokens) {
      const stranger = new Consumer(feeds.reader(feed, { token }), "worker");
      for (const verb of VERBS) expectProblem(await stranger.ask(verb, {}), 401, "unauthorised", `${feed} ${verb}`);
      expectProblem(await stranger.reader.get("/consumers"), 401, "unauthorised");
      expectProblem(await stranger.reader.get("/consumers/worker", { method: "DELETE" }), 401, "unauthorised");
    }
  }
  for (const token of [SECRETS.OTHER_TOKEN, ADMIN_TOKEN]) {
    const { events } = await new Consumer(feeds.reader("open", { token }), "worker").claim();
    assert.equal(events.length, token === ADMIN_TOKEN ? 0 : 1);
  }
  expectProblem(await feeds.reader("nothing").get("/consumers"), 404, "unknown_feed");
  await untouched();
});

test("a body that is none is refused, and says which member", async () => {
  /** @type {[string, string][]} */
  const bodies = [
    ...VERBS.flatMap((verb) => ["[]", "1", "null", '"x"', "{", "{}x", "[1]", "{'max':1}", "\u0000"].map((body) => /** @type {[string, string]} */ ([verb, body]))),
    ...["max", "lease_seconds", "wait", "max_attempts"].flatMap((name) =>
      ['"1"', "-1", "1.5", "true", "[]", "{}"].map((value) => /** @type {[string, string]} */ (["claim", `{"${name}":${value}}`]))),
    ...["x".repeat(65), "a b", "é", "\n"].map((id) => /** @type {[string, string]} */ (["claim", JSON.stringify({ attempt_id: id })])),
    ["claim", '{"attempt_id":1}'], ["claim", '{"mode":"fifo"}'], ["claim", '{"mode":1}'],
    ["claim", '{"types":"push"}'], ["claim", '{"types":[1]}'], ["claim", '{"types":[""]}'], ["claim", '{"types":["*"]}'], ["claim", '{"types":["a*"]}'],
    ["claim", '{"types":[".*"]}'], ["claim", '{"types":["a.*.b"]}'], ["claim", JSON.stringify({ types: ["x".repeat(101)] })],
    ["claim", JSON.stringify({ types: Array.from({ length: 21 }, (_, at) => `t${at}`) })],
    ["claim", '{"sources":["a b"]}'], ["claim", '{"sources":["a.*"]}'],
    ["claim", '{"from":"first"}'], ["claim", '{"from":1}'],
    ["seek", "{}"], ["seek", '{"to":"now"}'], ["seek", '{"to":7}'], ["seek", '{"to":null}'], ["seek", ""],
    ...["ack", "nack", "extend", "release"].flatMap((verb) =>
      ["{}", "", '{"leases":"x"}', '{"leases":[1]}', '{"leases":{}}', '{"leases":null}', '{"lease":["x"]}', JSON.stringify({ leases: Array(501).fill("x") })]
        .map((body) => /** @type {[string, string]} */ ([verb, body]))),
    ["nack", '{"leases":[],"delay_seconds":"1"}'], ["extend", '{"leases":[],"lease_seconds":-1}'],
    ["ack", '{"through":"x","generation":1}'], ["ack", `{"through":"${events[0].id}"}`], ["ack", `{"through":"${events[0].id}","generation":"1"}`],
    ["ack", `{"through":"${events[0].id}","generation":1,"leases":["x"]}`],
  ];
  for (const [verb, body] of bodies) {
    const answer = await worker.ask(verb, body);
    expectProblem(answer, 400, "invalid_body", `${verb} ${body.slice(0, 80)}`);
    assert.match(answer.json.detail, /^(The body|[a-z_]+) must be [^{}]*\.$/);
  }
  await untouched();
});

test("a body is short, however it is framed", async () => {
  // By hand: the answer comes before such a body has ended.
  const head = { authorization: `Bearer ${POLL_TOKEN}` };
  const open = (/** @type {string} */ verb, /** @type {Record<string, string>} */ framing) =>
    new RawRequest(feeds.server, `/consumers/worker/${verb}`, { ...head, ...framing });
  for (const verb of VERBS) {
    const long = open(verb, { "content-length": "10000000" });
    await long.send(" ".repeat(70_000));
    expectProblem(await long.answer(), 413, "body_too_large", verb);
    const chunked = open(verb, { "transfer-encoding": "chunked" });
    for (let at = 0; at < 7; at += 1) await chunked.chunk(" ".repeat(10_000));
    expectProblem(await chunked.answer(), 413, "body_too_large", verb);
  }
  const most = await worker.ask("extend", JSON.stringify({ leases: [] }).padEnd(64 * 1024));
  assert.equal(most.status, 200);
  await untouched();
});

test("numbers are clamped and members that nobody knows are dropped", async () => {
  const clamped = new Consumer(feeds.reader(), "clamped");
  const { events: all } = await clamped.claim({ max: 1_000_000, wait: 0, lease_seconds: 0, max_attempts: 0, surprise: [{}], attempt_id: "", mode: null, from: "" });
  assert.deepEqual(ids(all), ids(events));
  assert.equal((await clamped.shown()).max_attempts, 1);
  const { events: one } = await new Consumer(feeds.reader(), "least").claim({ max: 0, max_attempts: 1e15 });
  assert.equal(one.length, 1);
  assert.equal((await new Consumer(feeds.reader(), "least").shown()).max_attempts, 1000);
  const none = await new Consumer(feeds.reader(), "no-body").ask("claim");
  assert.equal(none.status, 200);
});

test("names are names", async () => {
  for (const name of ["..", ".", "a%20b", "%C3%A9", "a@b", "x".repeat(65)]) {
    const answer = await new RawRequest(feeds.server, `/consumers/${name}/claim`, { authorization: `Bearer ${POLL_TOKEN}` }, "POST").answer();
    // The host takes dots out of a path before anybody sees them.
    if (/^\.+$/.test(name)) assert.equal(answer.status, 404, name);
    else expectProblem(answer, 400, "invalid_name", name);
  }
  for (const name of ["a", "A-b_c.9", "x".repeat(64)]) assert.equal((await new Consumer(feeds.reader(), name).ask("claim")).status, 200, name);
});

test("only a claim makes a consumer", async () => {
  const nobody = new Consumer(feeds.reader(), "nobody");
  /** @type {[string, object][]} */
  const orders = [["ack", { leases: [] }], ["ack", { through: events[0].id, generation: 1 }], ["nack", { leases: [held.lease] }], ["extend", { leases: [] }], ["release", { leases: [] }], ["seek", { to: "earliest" }]];
  for (const [verb, body] of orders) expectProblem(await nobody.ask(verb, body), 404, "unknown_consumer", verb);
  expectProblem(await nobody.reader.get("/consumers/nobody", { method: "DELETE" }), 404, "unknown_consumer");
  assert.equal(await nobody.shown(), undefined);
  for (const body of [{ from: "9999999999999999_0000000000000001" }, { types: ["*"] }]) assert.notEqual((await nobody.ask("claim", body)).status, 200);
  assert.equal(await nobody.shown(), undefined);
});

test("a lease that this consumer did not give out is worth nothing", async () => {
  const other = new Consumer(feeds.reader(), "other");
  const { events: theirs } = await other.claim({ max: 1 });
  const parts = held.lease.split(".");
  const forged = parts.map((part, at) => parts.with(at, String(Number(part) + 1)).join("."));
  const texts = [
    theirs[0].lease, ...forged, parts.with(4, "0").join("."), parts.slice(0, 4).join("."), `${held.lease}.1`, ` ${held.lease}`, `+${held.lease}`, `0${held.lease}`,
    held.lease.replaceAll(".", "-"), "", "x", "\u0000", "9".repeat(400), "-1.1.1.1.1", '"', "é",
  ];
  for (const verb of ["ack", "nack", "extend", "release"]) {
    const { rejected, ...counts } = await worker.done(verb, { leases: texts });
    assert.deepEqual([...new Set(Object.values(counts))], [0], verb);
    assert.deepEqual(rejected.map(({ lease }) => lease).sort(), texts.toSorted());
    // A stranger's claim of this very event is told to be over, and no more.
    for (const { code } of rejected) assert.match(code, /^(unknown_lease|lease_expired)$/);
  }
  await untouched();
  await other.finish(theirs);
});

test("a lease that stands twice counts once", async () => {
  const twice = new Consumer(feeds.reader(), "twice");
  const { events: both } = await twice.claim({ max: 2 });
  const said = await twice.done("ack", { leases: [...leases(both), ...leases(both)] });
  assert.deepEqual(said, { acknowledged: 2, rejected: [] });
  assert.equal(rejectedWith(await twice.ack(both)), "settled");
});

test("`through` is for the holder of an ordered consumer", async () => {
  expectProblem(await worker.ask("ack", { through: events[2].id, generation: 1 }), 409, "not_ordered");
  const ordered = new Consumer(feeds.reader(), "through");
  const { events: some, generation } = await ordered.claim({ mode: "ordered", max: 2 });
  for (const stale of [generation - 1, generation + 1]) {
    expectProblem(await ordered.ask("ack", { through: events[1].id, generation: stale }), 409, "fenced");
  }
  expectProblem(await ordered.ask("ack", { through: "0000000000000001_0000000000000002", generation }), 400, "invalid_cursor");
  assert.equal((await ordered.shown()).leases, 2);
  await ordered.finish(some);
  await untouched();
});

test("a place that is not in the feed is 410, with the places that are", async () => {
  const few = new Consumer(feeds.reader("few"), "few");
  const appended = [...(await feeds.append("few", fresh(), fresh())), ...(await feeds.append("few", fresh(), fresh()))];
  await few.claim();
  const [generation] = appended[0].id.split("_");
  const ends = { earliest: appended[2].id, latest: appended[3].id };
  /** @type {[string, string][]} */
  const lost = [[appended[0].id, "cursor_expired"], ["0000000000000001_0000000000000001", "cursor_expired"], [`${generation}_9999999999999999`, "cursor_ahead"]];
  for (const [to, code] of lost) {
    const refused = await few.ask("seek", { to });
    expectProblem(refused, 410, code, to);
    assert.deepEqual({ earliest: refused.json.earliest, latest: refused.json.latest }, ends);
    expectProblem(await new Consumer(feeds.reader("few"), "never").ask("claim", { from: to }), 410, code);
  }
  assert.equal((await few.shown()).generation, 1);
  assert.equal((await few.done("seek", { to: appended[1].id })).position, appended[1].id);
});

test("a dead letter whose event is gone, or its consumer, is not replayed", async () => {
  const reader = feeds.reader("few");
  const admin = feeds.reader("few", { token: ADMIN_TOKEN });
  const letters = async () => (await reader.get("/dead-letters")).json.dead_letters;
  const refuse = async (/** @type {string} */ name) => {
    const one = new Consumer(reader, name);
    const { events: [event] } = await one.claim({ from: "earliest", max: 1, max_attempts: 1 });
    assert.equal((await one.done("nack", { leases: [event.lease] })).dead_lettered, 1);
    return event.id;
  };
  const erased = await refuse("erases");
  await refuse("deleted");
  assert.equal((await admin.get(`/events/${erased}`, { method: "DELETE" })).status, 200);
  assert.equal((await reader.get("/consumers/deleted", { method: "DELETE" })).status, 200);
  const kept = await letters();
  assert.deepEqual(kept.map(({ consumer, event, webhook_id }) => [consumer, event, webhook_id]), [["erases", erased, undefined], ["deleted", erased, undefined]]);
  for (const { id } of kept) expectProblem(await admin.get(`/dead-letters/${id}/replay`, { method: "POST" }), 409, "not_replayable");
  assert.deepEqual(await letters(), kept);
});

test("a feed has so many consumers", async () => {
  const claim = (/** @type {number} */ at) => new Consumer(feeds.reader("full"), `c${at}`).ask("claim");
  const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => claim(at)));
  for (const { status } of answers) assert.equal(status, 200);
  expectProblem(await claim(100), 409, "too_many_consumers");
  assert.equal((await claim(7)).status, 200);
  assert.equal((await feeds.reader("full").get("/consumers/c7", { method: "DELETE" })).status, 200);
  assert.equal((await claim(100)).status, 200);
  assert.equal((await feeds.reader("full").get("/consumers")).json.consumers.length, 100);
});
