// What an endpoint answers, and what becomes of the delivery: real sockets, and the schedule of the config.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { cuts, drips, gigabyte, hangs, Receiver } from "./lib/receiver.js";
import { Subscriber } from "./lib/subscriber.js";
import { until } from "./lib/wait.js";

const SCHEDULE = [1, 1];

/** @type {Feeds} */
let feeds;
/** @type {Receiver} */
let receiver;
/** @type {Subscriber} */
let subscriber;
before(async () => {
  receiver = await Receiver.start();
  feeds = await Feeds.start(
    { default: { tokens: ["POLL_TOKEN"] }, quick: { suspend_after_seconds: 2 } },
    { vars: { ALLOW_TARGETS: ["127.0.0.1"], RETRY_SCHEDULE_SECONDS: SCHEDULE } },
  );
  subscriber = new Subscriber(feeds.server);
});
after(async () => {
  await feeds?.stop();
  await receiver?.close();
});

/** @typedef {[(number | null)[], (string | null)[]]} Attempts the statuses, and the errors */

/**
 * Every case at once, each with a subscription of its own: name, what the endpoint answers, the delivery's status, and
 * each attempt's status and error.
 *
 * @type {[string, import("./lib/receiver.js").Step[], string, [number | null, string | null][]][]}
 */
const CASES = [
  ["500, 500, 200", [500, 500, 200], "delivered", [[500, null], [500, null], [200, null]]],
  ["500 for ever", [500, 502, 503], "failed", [[500, null], [502, null], [503, null]]],
  ["204", [204], "delivered", [[204, null]]],
  ["429 with Retry-After", [[429, { "retry-after": "3" }], 200], "delivered", [[429, null], [200, null]]],
  ["408", [408], "delivered", [[408, null], [200, null]]],
  ["425", [425], "delivered", [[425, null], [200, null]]],
  ["404", [404], "failed", [[404, null]]],
  ["400", [[400, {}, "what is this?"]], "failed", [[400, null]]],
  ["302", [[302, { location: "/elsewhere" }]], "failed", [[302, null]]],
  ["307", [[307, { location: "/elsewhere" }]], "failed", [[307, null]]],
  ["304", [304], "failed", [[304, null]]],
  ["410", [410], "failed", [[410, null]]],
  ["close", [cuts, 200], "delivered", [[null, "connection failed"], [200, null]]],
  ["hang", [hangs, 200], "delivered", [[null, "timeout"], [200, null]]],
  ["a body that drips", [drips], "delivered", [[200, null]]],
  ["1 GB", [gigabyte(200)], "delivered", [[200, null]]],
  ["1 GB of failure", [gigabyte(500), 200], "delivered", [[500, null], [200, null]]],
];

test("each ends as the rules say, with its attempts", async () => {
  const path = (/** @type {string} */ name) => `/${encodeURIComponent(name)}`;
  const made = await Promise.all(CASES.map(async ([name, steps]) => {
    const { id } = await subscriber.subscribe(receiver.url(path(name)));
    receiver.script(path(name), ...steps);
    return id;
  }));
  const [event] = await feeds.append("default", fresh());
  await Promise.all(CASES.map(async ([name, , status, attempts], at) => {
    const delivery = await subscriber.settled(made[at], event.id);
    assert.equal(delivery.status, status, name);
    assert.equal(delivery.id, event.id);
    assert.equal(delivery.event_id, event.id);
    assert.equal(delivery.attempts, attempts.length, name);
    assert.deepEqual(delivery.history.map((attempt) => [attempt.status, attempt.error]), attempts, name);
    const sent = receiver.of(path(name));
    assert.equal(sent.length, attempts.length, name);
    for (const request of sent) {
      assert.equal(request.headers["webhook-id"], event.id, "the id stays");
      assert.equal(request.body.toString(), sent[0].body.toString(), "and the bytes");
    }
    // The pauses are those of the schedule, and no shorter.
    sent.slice(1).forEach((request, n) => assert.ok(request.at - sent[n].at >= SCHEDULE[n] * 1000 - 50, name));
    assert.equal((await subscriber.show(made[at])).status, name === "410" ? "disabled" : "active", name);
  }));
  const of = (/** @type {string} */ name) => made[CASES.findIndex(([known]) => known === name)];
  const [limited, again] = receiver.of(path("429 with Retry-After"));
  assert.ok(again.at - limited.at >= 2_950, "Retry-After is kept");
  assert.equal(receiver.of("/elsewhere").length, 0, "nobody is redirected");
  const hung = (await subscriber.delivery(of("hang"), event.id)).history[0];
  assert.ok(hung.duration_ms >= 9_500 && hung.duration_ms < 12_000, `${hung.duration_ms}`);
  assert.ok((await subscriber.delivery(of("1 GB"), event.id)).history[0].duration_ms < 5_000, "only its beginning is read");

  // What is given up is a dead letter, with the reason and what the endpoint said.
  const letters = await until(async () => {
    const found = await subscriber.deadLetters();
    return found.length >= 6 ? found : undefined;
  }, { what: "dead letters" });
  const given = ["500 for ever", "404", "400", "302", "307", "304"].map(of);
  assert.deepEqual(letters.map((letter) => letter.subscription).sort(), given.sort());
  const letter = letters.find((one) => one.subscription === of("400"));
  assert.deepEqual(letter.last_response, { status: 400, error: null, body: "what is this?" });
  assert.equal(letter.event, event.id);
  assert.equal(letter.attempts, 1);
  assert.equal(letter.type, event.type);
  assert.equal(letters.find((one) => one.subscription === of("500 for ever")).attempts, 3);

  // One more try from there, for this subscription alone.
  const count = receiver.requests.length;
  const replay = await subscriber.waypost.get(`/dead-letters/${letter.id}/replay`, { method: "POST" });
  assert.deepEqual([replay.status, replay.json], [200, { status: "replayed", outcome: "redelivered" }]);
  await receiver.received(path("400"), 2);
  assert.equal((await subscriber.settled(of("400"), event.id)).attempts, 2);
  assert.equal(receiver.requests.length, count + 1);
  assert.ok(!(await subscriber.deadLetters()).some((one) => one.id === letter.id));
  await Promise.all(made.map((id) => subscriber.good("DELETE", `/${id}`)));
  const orphan = letters.find((one) => one.subscription === of("404"));
  const lost = await subscriber.waypost.get(`/dead-letters/${orphan.id}/replay`, { method: "POST" });
  expectProblem(lost, 409, "not_replayable");
});

test("deliveries: pages, filters, validators, replays", async () => {
  const { id } = await subscriber.subscribe(receiver.url("/list"));
  receiver.script("/list", 200, 404, 200, 404);
  const events = [];
  for (let n = 0; n < 4; n += 1) {
    const [event] = await feeds.append("default", fresh());
    await subscriber.settled(id, event.id);
    events.push(event.id);
  }
  const ids = async (/** @type {string} */ query) => (await subscriber.deliveries(id, query)).map((one) => one.id);
  assert.deepEqual(await ids(""), events);
  assert.deepEqual(await ids("?status=delivered"), [events[0], events[2]]);
  assert.deepEqual(await ids("?status=failed"), [events[1], events[3]]);
  assert.deepEqual(await ids("?status=pending"), []);
  const page = await subscriber.good("GET", `/${id}/deliveries?limit=3`);
  assert.equal(page.next, events[2]);
  assert.deepEqual(await ids(`?since_id=${page.next}`), [events[3]]);
  assert.equal((await subscriber.good("GET", `/${id}/deliveries`)).next, null);

  const list = await subscriber.ask("GET", `/${id}/deliveries`);
  const etag = list.headers.get("etag") ?? "";
  assert.match(etag, /^"[0-9a-f]+"$/);
  assert.equal(list.headers.get("cache-control"), "private, no-cache");
  const same = await subscriber.ask("GET", `/${id}/deliveries`, undefined, { "if-none-match": etag });
  assert.deepEqual([same.status, same.text], [304, ""]);

  assert.deepEqual(await subscriber.good("POST", `/${id}/replay`, { failed: true }), { status: "replaying", deliveries: 2 });
  await receiver.received("/list", 6);
  await until(async () => (await ids("?status=delivered")).length === 4, { what: "all are delivered" });
  const changed = await subscriber.ask("GET", `/${id}/deliveries`, undefined, { "if-none-match": etag });
  assert.equal(changed.status, 200);
  await subscriber.good("POST", `/${id}/replay`, { since_id: events[0], until_id: events[2] });
  const sent = await receiver.received("/list", 8);
  assert.deepEqual(sent.slice(6).map((one) => one.headers["webhook-id"]).sort(), [events[1], events[2]]);
  assert.deepEqual(await subscriber.good("POST", `/${id}/deliveries/${events[0]}/replay`), { status: "replaying" });
  assert.equal((await receiver.received("/list", 9)).at(-1)?.headers["webhook-id"], events[0]);
  await subscriber.good("DELETE", `/${id}`);
});

test("in order, each waits for the one before; otherwise at most six at once", async () => {
  const { id } = await subscriber.subscribe(receiver.url("/ordered"), { ordered: true });
  const { id: wide } = await subscriber.subscribe(receiver.url("/wide"));
  let [open, most] = [0, 0];
  receiver.always("/wide", (_, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => (open--, response.end()), 50);
  });
  receiver.script("/ordered", 200, 500);
  await feeds.fill("default", 20);
  const sent = (await receiver.received("/ordered", 21)).map((one) => one.headers["webhook-id"]);
  assert.equal(sent[1], sent[2], "the one that failed comes again before the next");
  assert.deepEqual(sent, [...sent].sort());
  assert.equal(new Set(sent).size, 20);
  await receiver.received("/wide", 20);
  assert.equal(most, 6);
  await subscriber.good("DELETE", `/${id}`);
  await subscriber.good("DELETE", `/${wide}`);
});

test("an endpoint that fails is slowed, suspended, and that is an event", async () => {
  const quick = new Subscriber(feeds.server, "quick");
  const { id } = await quick.subscribe(receiver.url("/dead"));
  const { id: witness } = await quick.subscribe(receiver.url("/witness"), { events: ["waypost.*"] });
  receiver.always("/dead", 503);
  const reader = feeds.reader("quick", { token: ADMIN_TOKEN });
  await feeds.fill("quick", 40);
  const suspended = await until(async () => {
    const shown = await quick.show(id);
    return shown.status === "suspended" ? shown : undefined;
  }, { what: "it is suspended" });
  assert.match(suspended.reason, /failed for too long/);
  const tries = receiver.of("/dead").length;
  assert.ok(tries >= 10 && tries < 25, `${tries} attempts at 40 events in two seconds`);

  const [told] = await receiver.received("/witness", 1);
  const { event, data } = JSON.parse(told.body.toString());
  assert.equal(event, "waypost.subscription.suspended");
  assert.deepEqual([data.subscription_id, data.type], [id, event]);
  assert.ok(Date.parse(data.failing_since) < Date.parse(data.suspended_at));
  const events = await reader.drain({ atLeast: 41 });
  const own = events.filter((one) => one.source === "waypost");
  assert.deepEqual(own.map((one) => one.type), ["waypost.subscription.suspended"], "once");
  assert.ok(!JSON.stringify(own).includes(receiver.url("/dead")), "its URL may be a secret");
  const { verdict, steps } = (await reader.get(`/events/${own[0].id}/verification`)).json;
  assert.deepEqual([verdict, /wrote this event itself/.test(steps[0].detail)], ["unverifiable", true], "nobody signed it");
  assert.equal((await quick.good("GET", "")).subscriptions[0].status, "suspended");

  // Mended, it gets what it has missed.
  receiver.always("/dead");
  await quick.good("PATCH", `/${id}`, { paused: false });
  await until(async () => (await quick.deliveries(id, "?status=pending&limit=500")).length === 0
    && (await quick.show(id)).position === (await quick.show(id)).latest, { what: "it has caught up" });
  const done = await quick.deliveries(id, "?limit=500");
  assert.equal(done.length, events.length);
  const lost = done.filter((one) => one.status === "failed").map((one) => one.id);
  const letters = await quick.deadLetters();
  assert.deepEqual(letters.map((letter) => letter.event).sort(), lost.sort(), "what was given up is a dead letter");
  await quick.good("DELETE", `/${id}`);
  await quick.good("DELETE", `/${witness}`);
});

test("no secret and no URL is in the log", async () => {
  const { id, secret } = await subscriber.subscribe(receiver.url("/quiet?token=hidden"));
  receiver.script("/quiet?token=hidden", 410);
  await feeds.append("default", fresh());
  await until(async () => (await subscriber.show(id)).status === "disabled", { what: "it is disabled" });
  assert.ok(feeds.server.log.includes(id), "that it ended is in the log");
  for (const word of [secret, secret.slice(6), "token=hidden"]) assert.ok(!feeds.server.log.includes(word));
  await subscriber.good("DELETE", `/${id}`);
});
