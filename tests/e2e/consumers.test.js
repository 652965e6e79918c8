// Consumers: what each verb does, from outside.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { Consumer, ids, leases, rejectedWith } from "./lib/consumer.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { until } from "./lib/wait.js";

/** @type {Feeds} */
let feeds;
/** @type {import("./lib/waypost.js").Event[]} */
let events;
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  feeds = await Feeds.start({ default: open, few: { ...open, retention_events: 3 }, types: open, open: { ...open, public: true } });
  events = await feeds.append("default", ...Array.from({ length: 6 }, () => fresh()));
});
after(() => feeds?.stop());

/** @param {string} name @param {string} [feed] */
const consumer = (name, feed = "default") => new Consumer(feeds.reader(feed), name);

test("events go out as a reader sees them, each to one worker, and are done when they are acknowledged", async () => {
  const worker = consumer("first");
  const { events: some, generation } = await worker.claim({ max: 4 });
  assert.equal(generation, 1);
  const { events: rest } = await worker.claim({ max: 500 });
  assert.deepEqual(ids([...some, ...rest]), ids(events));
  for (const [at, { lease, attempt, ...event }] of [...some, ...rest].entries()) {
    const { raw, ...read } = events[at];
    assert.deepEqual(event, read);
    assert.match(lease, /^\S{10,}$/);
    assert.equal(attempt, 1);
  }
  assert.equal(new Set(leases([...some, ...rest])).size, 6);
  assert.deepEqual((await worker.claim()).events, []);
  assert.equal((await worker.shown()).leases, 6);
  await worker.finish([...rest, ...some]);
  const shown = await worker.shown();
  assert.deepEqual([shown.lag, shown.leases, shown.oldest_unacknowledged_seconds], [0, 0, null]);
  assert.equal(shown.position, events[5].id);
});

test("a lease that runs out is another's, and the late acknowledgement is refused", async () => {
  const worker = consumer("late");
  const { events: [held] } = await worker.claim({ max: 1, lease_seconds: 1 });
  const { events: [again] } = await until(async () => {
    const claimed = await worker.claim({ max: 1, wait: 5 });
    if (claimed.events[0].id === held.id) return claimed;
    await worker.finish(claimed.events);
  });
  assert.equal(again.attempt, 2);
  assert.notEqual(again.lease, held.lease);
  const late = await worker.ack([held]);
  assert.deepEqual(late, { acknowledged: 0, rejected: [{ lease: held.lease, code: "lease_expired" }] });
  await worker.finish([again]);
  assert.equal(rejectedWith(await worker.ack([again])), "settled");
});

test("an extended lease holds beyond its first end", async () => {
  const worker = consumer("longer");
  const { events: [held, other] } = await worker.claim({ max: 2, lease_seconds: 1 });
  assert.deepEqual(await worker.done("extend", { leases: [held.lease], lease_seconds: 60 }), { extended: 1, rejected: [] });
  const { events: [again] } = await until(async () => {
    const claimed = await worker.claim({ wait: 5 });
    return claimed.events.some(({ id }) => id === other.id) && claimed;
  });
  assert.equal(again.id, other.id);
  assert.deepEqual(await worker.ack([held, other]), { acknowledged: 1, rejected: [{ lease: other.lease, code: "lease_expired" }] });
});

test("what is released comes again at once and was never tried; what is refused counts, and waits", async () => {
  const worker = consumer("back");
  const { events: [released, refused, ...rest] } = await worker.claim({ max: 6 });
  await worker.finish(rest);
  assert.deepEqual(await worker.done("release", { leases: [released.lease] }), { released: 1, rejected: [] });
  assert.equal(rejectedWith(await worker.ack([released])), "lease_expired");
  const { events: [again] } = await worker.claim();
  assert.deepEqual([again.id, again.attempt], [released.id, 1]);
  await worker.finish([again]);

  const started = performance.now();
  const nacked = await worker.done("nack", { leases: [refused.lease], delay_seconds: 1 });
  assert.deepEqual(nacked, { nacked: 1, dead_lettered: 0, rejected: [] });
  assert.deepEqual((await worker.claim()).events, []);
  const { events: [later] } = await worker.claim({ wait: 20 });
  assert.deepEqual([later.id, later.attempt], [refused.id, 2]);
  const took = performance.now() - started;
  assert.ok(took >= 990 && took < 10_000, `${took} ms`);
  await worker.finish([later]);
});

test("an event that fails too often is a dead letter and blocks nobody; its replay is for that consumer", async () => {
  const worker = consumer("fails");
  const options = { max: 1, max_attempts: 2 };
  const { events: [first] } = await worker.claim(options);
  await worker.done("nack", { leases: [first.lease] });
  const { events: [second] } = await worker.claim(options);
  assert.deepEqual([second.id, second.attempt], [first.id, 2]);
  assert.equal((await worker.done("nack", { leases: [second.lease] })).dead_lettered, 1);
  const { events: rest } = await worker.claim({ max: 500 });
  assert.deepEqual(ids(rest), ids(events.slice(1)));
  await worker.finish(rest);

  const letters = async () => (await worker.reader.get("/dead-letters")).json.dead_letters.filter((letter) => letter.consumer === "fails");
  const [letter] = await letters();
  const { webhook_id, received_at, size, source, type } = events[0];
  const { id, at, reason, ...said } = letter;
  assert.deepEqual(said, { attempts: 2, consumer: "fails", event: first.id, source, type, webhook_id, received_at, size });
  assert.match(reason, /\.$/);

  const admin = feeds.reader("default", { token: ADMIN_TOKEN });
  const replay = () => admin.get(`/dead-letters/${id}/replay`, { method: "POST" });
  expectProblem(await worker.reader.get(`/dead-letters/${id}/replay`, { method: "POST" }), 401, "unauthorised");
  const waiting = worker.claim({ wait: 20 });
  assert.deepEqual((await replay()).json, { status: "replayed", outcome: "redelivered" });
  const { events: [again] } = await waiting;
  assert.deepEqual([again.id, again.attempt], [first.id, 1]);
  await worker.finish([again]);
  assert.deepEqual(await letters(), []);
  expectProblem(await replay(), 404, "unknown_dead_letter");
  assert.equal((await feeds.reader().read({ since: events[5].id })).events.length, 0, "nobody else gets it again");
});

test("a last attempt that nobody ever asks about again is given up all the same", async () => {
  const worker = consumer("alarm");
  const { events: [last] } = await worker.claim({ max: 1, max_attempts: 1, lease_seconds: 1 });
  const letter = await until(async () => {
    const { json } = await worker.reader.get("/dead-letters");
    return json.dead_letters.find((letter) => letter.consumer === "alarm");
  });
  assert.deepEqual([letter.event, letter.attempts], [last.id, 1]);
  assert.equal(rejectedWith(await worker.ack([last])), "settled");
});

test("a claim whose answer was lost is asked again and costs nothing", async () => {
  const worker = consumer("lost");
  const first = await worker.claim({ max: 2, attempt_id: "one" });
  const again = await worker.claim({ max: 5, attempt_id: "one" });
  assert.deepEqual(again, first);
  const other = await worker.claim({ max: 1, attempt_id: "two" });
  assert.deepEqual(ids(other.events), [events[2].id]);
  await worker.finish([first.events[0]]);
  // What is left of it.
  assert.deepEqual((await worker.claim({ attempt_id: "one" })).events, [first.events[1]]);
  await worker.finish([first.events[1]]);
  // Nothing is: it is a claim like any other.
  assert.deepEqual(ids((await worker.claim({ max: 1, attempt_id: "one" })).events), [events[3].id]);
});

test("an ordered consumer has one holder at a time, and an old one is fenced off", async () => {
  const worker = consumer("ordered");
  const { events: [first, second, third], generation } = await worker.claim({ mode: "ordered", max: 3, lease_seconds: 1 });
  assert.deepEqual((await worker.claim()).events, [], "somebody has them");
  assert.equal(rejectedWith(await worker.ack([second])), "out_of_order");
  await worker.finish([first]);
  const next = await worker.claim({ max: 3, wait: 20 });
  assert.ok(next.generation > generation);
  assert.deepEqual(next.events.map(({ id, attempt }) => [id, attempt]), [[second.id, 2], [third.id, 1], [events[3].id, 1]]);
  assert.equal(rejectedWith(await worker.ack([second, third])), "fenced");
  expectProblem(await worker.ask("ack", { through: third.id, generation }), 409, "fenced");
  assert.deepEqual(await worker.done("ack", { through: third.id, generation: next.generation }), { acknowledged: 2, rejected: [] });
  // Past what was handed out nothing is acknowledged.
  assert.equal((await worker.done("ack", { through: events[5].id, generation: next.generation })).acknowledged, 1);
  expectProblem(await worker.ask("ack", { through: events[5].id, generation: next.generation }), 409, "lease_expired");
  const { events: rest } = await worker.claim();
  assert.deepEqual(ids(rest), ids(events.slice(4)));
  // The first that is refused comes again before what is behind it.
  assert.equal((await worker.done("nack", { leases: leases(rest) })).nacked, 2);
  const { events: again } = await worker.claim();
  assert.deepEqual(again.map(({ id, attempt }) => [id, attempt]), [[events[4].id, 2], [events[5].id, 1]]);
});

test("seeking starts over or skips, and what was held before is worth nothing", async () => {
  const worker = consumer("seeks");
  const { events: held } = await worker.claim({ max: 2 });
  /** Where to, and what comes after it. @type {[string, import("./lib/waypost.js").Event[]][]} */
  const places = [
    ["latest", []],
    [events[3].id, events.slice(4)],
    ["earliest", events],
    [new Date(Date.now() + 60_000).toISOString(), []],
    ["2001-01-01T00:00:00Z", events],
  ];
  let generation = 1;
  for (const [to, after] of places) {
    const said = await worker.done("seek", { to });
    assert.equal(said.generation, (generation += 1));
    assert.equal(said.position, after.length === 6 ? said.position : events[5 - after.length].id);
    const { events: next } = await worker.claim({ max: 500 });
    assert.deepEqual(ids(next), ids(after), to);
    assert.equal(rejectedWith(await worker.ack(held)), "fenced");
  }
});

test("where a consumer starts is told at its first claim alone", async () => {
  const late = consumer("from");
  assert.deepEqual((await late.claim({ from: "latest" })).events, []);
  assert.deepEqual((await late.claim({ from: "earliest" })).events, []);
  const after = consumer("from-id");
  assert.deepEqual(ids((await after.claim({ from: events[2].id })).events), ids(events.slice(3)));
});

test("what retention took is said once, to whoever asks first", async () => {
  const worker = consumer("gap", "few");
  const first = await feeds.append("few", fresh(), fresh(), fresh());
  const { events: [held] } = await worker.claim({ max: 1, lease_seconds: 1 });
  assert.equal(held.id, first[0].id);
  const later = [...(await feeds.append("few", fresh(), fresh())), ...(await feeds.append("few", fresh(), fresh(), fresh()))];
  const claimed = await until(async () => {
    const claimed = await worker.claim({ attempt_id: "a" });
    return claimed.gap && claimed;
  });
  // The one that was held may still be told of, when its lease is over.
  assert.equal(claimed.gap?.to, later[1].id);
  assert.deepEqual(ids(claimed.events), ids(later.slice(2)));
  const gap = (await worker.claim({ attempt_id: "a" })).gap;
  assert.deepEqual(gap, claimed.gap, "again where the answer was lost");
  const ended = await until(async () => {
    const shown = await worker.shown();
    await worker.claim();
    return shown.gap?.from === first[0].id && shown;
  });
  assert.equal(ended.leases, 3);
  assert.equal((await worker.claim()).gap, undefined);
});

test("a filter neither delivers nor blocks, and is fixed", async () => {
  const reader = feeds.reader("types");
  const sent = ["push", "invoice.paid", "invoice.", "invoice", "invoices.paid", "pushed"];
  for (const type of sent) expectAccepted(await reader.post(await feeds.webhook("types", fresh(), { type })), "received");
  await feeds.broker.queue.drained();
  const some = consumer("some", "types");
  const filter = { types: ["push", "invoice.*"], sources: ["types"] };
  const { events: taken } = await some.claim(filter);
  assert.deepEqual(taken.map(({ type }) => type), ["push", "invoice.paid", "invoice."]);
  await some.finish(taken);
  assert.equal((await some.shown()).lag, 0);
  assert.deepEqual((await some.shown()).types, ["invoice.*", "push"]);
  // The same in another order, or none at all.
  for (const same of [{ types: ["invoice.*", "push", "push"] }, {}]) assert.deepEqual((await some.claim(same)).events, []);
  for (const other of [{ types: ["push"] }, { sources: [] }, { mode: "ordered" }, { max_attempts: 3 }]) {
    expectProblem(await some.ask("claim", other), 409, "consumer_differs", JSON.stringify(other));
  }
  assert.deepEqual((await consumer("none", "types").claim({ sources: ["github"] })).events, []);
});

test("an erased event is passed over", async () => {
  const [gone, kept] = await feeds.append("types", fresh(), fresh());
  const worker = consumer("erased", "types");
  await worker.claim({ from: "latest" });
  await worker.done("seek", { to: gone.id.replace(/\d$/, (digit) => String(Number(digit) - 1)) });
  const { events: held } = await worker.claim();
  assert.deepEqual(ids(held), ids([gone, kept]));
  const admin = feeds.reader("types", { token: ADMIN_TOKEN });
  assert.equal((await admin.get(`/events/${gone.id}`, { method: "DELETE" })).status, 200);
  await worker.done("nack", { leases: leases(held) });
  assert.deepEqual(ids((await worker.claim()).events), [kept.id]);
});

test("a public feed's consumers see what its readers see", async () => {
  await feeds.append("open", fresh());
  const { events: [event] } = await consumer("public", "open").claim();
  assert.deepEqual(Object.keys(event.headers).filter((name) => /signature/.test(name)), []);
  assert.equal(event.headers["x-github-event"], "push");
});

test("consumers are listed with what they lack, and deleted", async () => {
  const worker = consumer("listed");
  await worker.claim({ max: 2, mode: "ordered", max_attempts: 7, types: ["push"] });
  const { created_at, claimed_at, oldest_unacknowledged_seconds: age, ...shown } = await worker.shown();
  assert.deepEqual(shown, {
    name: "listed", mode: "ordered", max_attempts: 7, types: ["push"], sources: [], position: events[1].id,
    generation: 2, lag: 6, leases: 2, gap: null,
  });
  for (const time of [created_at, claimed_at]) assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
  assert.ok(age >= 0 && age < 600);
  assert.doesNotMatch((await worker.reader.get("/consumers")).text, /\d\.\d+[,}]/, "every number is whole");
  assert.ok(Number.isInteger(age));
  const head = await worker.reader.get("/consumers", { method: "HEAD" });
  assert.deepEqual([head.status, head.text], [200, ""]);
  const names = async () => (await worker.reader.get("/consumers")).json.consumers.map(({ name }) => name);
  assert.deepEqual(await names(), (await names()).sort());
  const remove = () => worker.reader.get("/consumers/listed", { method: "DELETE" });
  assert.deepEqual((await remove()).json, { status: "deleted" });
  expectProblem(await remove(), 404, "unknown_consumer");
  assert.equal((await names()).includes("listed"), false);
  // One of the same name is another.
  const { events: [again] } = await worker.claim({ max: 1 });
  assert.deepEqual([again.id, again.attempt], [events[0].id, 1]);
});
