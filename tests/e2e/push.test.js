// Subscriptions: made, shown, changed, deleted; what is refused of them; and that an event arrives as it should.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh, jsonOfSize } from "./lib/bodies.js";
import { expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { POLL_TOKEN } from "./lib/fixtures.js";
import { Receiver } from "./lib/receiver.js";
import { Subscriber } from "./lib/subscriber.js";
import { until } from "./lib/wait.js";

/** @type {Feeds} */
let feeds;
/** @type {Receiver} */
let receiver;
/** @type {Subscriber} */
let subscriber;
before(async () => {
  receiver = await Receiver.start();
  feeds = await Feeds.start(
    { default: { tokens: ["POLL_TOKEN"] }, other: {}, unverified: { verify: false } },
    { vars: { ALLOW_TARGETS: ["127.0.0.1"], RETRY_SCHEDULE_SECONDS: [1] } },
  );
  subscriber = new Subscriber(feeds.server);
});
after(async () => {
  await feeds?.stop();
  await receiver?.close();
});

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

test("a subscription's life", async () => {
  const url = receiver.url("/life");
  const made = await subscriber.ask("POST", "/subscribe", { url, events: ["push", "invoice.*"] });
  assert.equal(made.status, 200, made.text);
  const { subscription_id: id, status, secret, ...rest } = made.json;
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.equal(status, "active");
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.deepEqual(rest, {});
  assert.equal(made.headers.get("cache-control"), "no-store");

  const shown = await subscriber.ask("GET", `/${id}`);
  assert.ok(!shown.text.includes(secret), "a secret is shown once");
  const { created_at, position, secrets, ...one } = shown.json;
  assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);
  assert.match(position, /^\d{16}_\d{16}$/);
  assert.deepEqual(secrets, [{ created_at, until: null }]);
  assert.deepEqual(one, {
    subscription_id: id, url, events: ["push", "invoice.*"], format: "event", ordered: false, max_in_flight: 6,
    status: "active", latest: position, pending: 0,
    breaker: { state: "closed", failures: 0, failing_since: null, until: null },
  });
  const list = (await subscriber.good("GET", "")).subscriptions;
  assert.deepEqual(list.map(({ subscription_id }) => subscription_id), [id]);
  assert.deepEqual(await new Subscriber(feeds.server, "other").good("GET", ""), { subscriptions: [] });

  const moved = await subscriber.good("PATCH", `/${id}`, { url: receiver.url("/moved"), events: ["*"], paused: true });
  assert.equal(moved.status, "paused");
  assert.equal(receiver.verifications.at(-1)?.path, "/moved", "the new URL is verified too");
  const [event] = await feeds.append("default", fresh());
  await until(async () => (await subscriber.show(id)).latest === event.id, { what: "it knows of the event" });
  assert.deepEqual(receiver.of("/moved"), []);
  await until(async () => (await subscriber.good("GET", "")).subscriptions[0].status === "paused", { what: "the list says so" });
  await subscriber.good("PATCH", `/${id}`, { paused: false });
  await receiver.received("/moved", 1);

  assert.deepEqual(await subscriber.good("DELETE", `/${id}`), { status: "unsubscribed" });
  for (const method of ["GET", "DELETE", "PATCH"]) {
    expectProblem(await subscriber.ask(method, `/${id}`, method === "PATCH" ? {} : undefined), 404, "unknown_subscription", method);
  }
  assert.deepEqual(await subscriber.good("GET", ""), { subscriptions: [] });
  await feeds.append("default", fresh());
  assert.equal(receiver.of("/moved").length, 1, "nothing more is sent");
});

test("what is sent, in each format", async () => {
  const { id } = await subscriber.subscribe(receiver.url("/events"));
  const { id: rawId } = await subscriber.subscribe(receiver.url("/raw"), { format: "raw" });
  const text = `{ "n" : 1.0e2, "u":"\\u00e4ö", "fresh":${fresh()} }`;
  const [json] = await feeds.append("default", text);
  const [sent] = await receiver.received("/events", 1);
  const { data, ...envelope } = JSON.parse(sent.body.toString());
  assert.deepEqual(envelope, { id: json.id, event: json.type, timestamp: json.received_at });
  assert.ok(sent.body.toString().endsWith(`"data":${text}}`), "the payload is the text that was signed");
  const { headers } = sent;
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers["x-webhook-id"], json.id);
  assert.equal(headers["webhook-id"], json.id);
  assert.equal(headers["x-webhook-event"], json.type);
  assert.match(headers["user-agent"] ?? "", /^Waypost\/\d+\.\d+\.\d+$/);
  assert.ok(Math.abs(Number(headers["x-webhook-timestamp"]) * 1000 - Date.now()) < 60_000);
  const [raw] = await receiver.received("/raw", 1);
  assert.equal(raw.body.toString(), text);

  // More than a message takes: the body is fetched for `raw`, and named otherwise.
  const large = jsonOfSize(300_000);
  const [big] = await feeds.append("default", large);
  const [, named] = await receiver.received("/events", 2);
  assert.equal(JSON.parse(named.body.toString()).body_url, big.body_url);
  const [, whole] = await receiver.received("/raw", 2);
  assert.equal(whole.body.toString(), large);
  await subscriber.good("DELETE", `/${id}`);
  await subscriber.good("DELETE", `/${rawId}`);
});

test("only events that were subscribed to, and only later ones", async () => {
  await feeds.append("default", fresh());
  const { id } = await subscriber.subscribe(receiver.url("/none"), { events: ["pull_request", "pushes.*"] });
  const { id: some } = await subscriber.subscribe(receiver.url("/some"), { events: ["push"] });
  const [event] = await feeds.append("default", fresh());
  const [sent] = await receiver.received("/some", 1);
  assert.equal(sent.headers["webhook-id"], event.id);
  await until(async () => (await subscriber.show(id)).position === event.id, { what: "the other one has seen it" });
  assert.deepEqual(receiver.of("/none"), []);
  await subscriber.good("DELETE", `/${id}`);
  await subscriber.good("DELETE", `/${some}`);
});

test("a URL must answer the verification", async () => {
  const before = receiver.verifications.length;
  const { id } = await subscriber.subscribe(receiver.url("/verified"));
  const [asked] = receiver.verifications.slice(before);
  const body = JSON.parse(asked.body.toString());
  assert.deepEqual(Object.keys(body), ["type", "challenge"]);
  assert.equal(body.type, "waypost.verification");
  assert.match(body.challenge, /^[0-9a-f]{32}$/);
  await subscriber.good("DELETE", `/${id}`);
  const closed = await subscriber.ask("POST", "/subscribe", { url: "http://127.0.0.1:1/" });
  expectProblem(closed, 400, "not_verified");
  assert.equal(closed.json.error, "connection failed");
  // A server that knows nothing of it.
  const refused = await subscriber.ask("POST", "/subscribe", { url: `${feeds.server.url}/events` });
  expectProblem(refused, 400, "not_verified");
  assert.equal(refused.json.response_status, 405);
  assert.deepEqual(await subscriber.good("GET", ""), { subscriptions: [] });
  const lax = new Subscriber(feeds.server, "unverified");
  const { id: unverified } = await lax.subscribe("http://127.0.0.1:1/");
  assert.equal((await lax.show(unverified)).status, "active");
});

test("what is refused", async () => {
  const { id } = await subscriber.subscribe(receiver.url("/refused"));
  /** @type {[string, string, unknown, number, string][]} */
  const asked = [
    ["POST", "/subscribe", "{", 400, "invalid_body"],
    ["POST", "/subscribe", {}, 400, "invalid_body"],
    ["POST", "/subscribe", { url: receiver.url("/"), events: [] }, 400, "invalid_body"],
    ["POST", "/subscribe", { url: receiver.url("/"), secret: "short" }, 400, "invalid_body"],
    ["POST", "/subscribe", { url: receiver.url("/"), secret: "whsec_not base64" }, 400, "invalid_body"],
    ["POST", "/subscribe", `"${"x".repeat(70_000)}"`, 413, "body_too_large"],
    ["PATCH", `/${id}`, { url: "http://10.0.0.1/" }, 400, "target_refused"],
    ["PATCH", `/${id}`, { url: "http://127.0.0.1:1/" }, 400, "not_verified"],
    ["PATCH", `/${id}`, { events: "*" }, 400, "invalid_body"],
    ["POST", `/${id}/rotate`, { grace_seconds: "x" }, 400, "invalid_body"],
    ["POST", `/${id}/replay`, {}, 400, "invalid_body"],
    ["POST", `/${id}/replay`, { since_id: "0000000000000001_0000000000000001" }, 400, "invalid_cursor"],
    ["GET", `/${id}/deliveries?status=lost`, undefined, 400, "invalid_parameter"],
    ["GET", `/${id}/deliveries?since_id=x`, undefined, 400, "invalid_cursor"],
    ["GET", `/${id}/deliveries/x`, undefined, 404, "unknown_delivery"],
    ["POST", `/${id}/deliveries/0000000000000001_0000000000000001/replay`, undefined, 404, "unknown_delivery"],
    ["GET", `/${UNKNOWN}`, undefined, 404, "unknown_subscription"],
    ["DELETE", `/${UNKNOWN}`, undefined, 404, "unknown_subscription"],
    ["POST", `/${UNKNOWN}/test`, undefined, 404, "unknown_subscription"],
    ["GET", "/nonsense", undefined, 404, "unknown_subscription"],
    ["GET", `/${id}/nothing`, undefined, 404, "not_found"],
    ["PUT", `/${id}`, undefined, 405, "method_not_allowed"],
    ["GET", "/subscribe", undefined, 405, "method_not_allowed"],
  ];
  for (const [method, path, body, status, code] of asked) {
    expectProblem(await subscriber.ask(method, path, body), status, code, `${method} ${path}`);
  }
  assert.deepEqual((await subscriber.good("GET", "")).subscriptions.map((one) => one.url), [receiver.url("/refused")]);
  for (let n = 0; n < 9; n += 1) await subscriber.good("POST", `/${id}/rotate`, {});
  expectProblem(await subscriber.ask("POST", `/${id}/rotate`, {}), 409, "too_many_secrets");
  assert.equal((await subscriber.show(id)).secrets.length, 10);
  await subscriber.good("DELETE", `/${id}`);
});

test("none of it without the administrator's token", async () => {
  const paths = ["GET ", "POST /subscribe", `GET /${UNKNOWN}`, `PATCH /${UNKNOWN}`, `DELETE /${UNKNOWN}`, `POST /${UNKNOWN}/rotate`,
    `POST /${UNKNOWN}/test`, `POST /${UNKNOWN}/replay`, `GET /${UNKNOWN}/deliveries`, `GET /${UNKNOWN}/deliveries/x`,
    `POST /${UNKNOWN}/deliveries/x/replay`];
  for (const line of paths) {
    const [method, path] = line.split(" ");
    for (const token of [undefined, POLL_TOKEN, "wrong"]) {
      const headers = token ? { authorization: `Bearer ${token}` } : {};
      const answer = await feeds.reader().fetch(`/webhooks${path}`, { method, headers });
      expectProblem(answer, 401, "unauthorised", `${line} with ${token}`);
    }
  }
});

test("a test is sent at once, and its id disturbs no position", async () => {
  const { id } = await subscriber.subscribe(receiver.url("/test"));
  const good = await subscriber.good("POST", `/${id}/test`);
  assert.equal(good.status, "delivered");
  const [sent] = receiver.of("/test");
  const body = JSON.parse(sent.body.toString());
  assert.equal(body.event, "waypost.test");
  assert.deepEqual(body.data, { subscription_id: id });
  const [event] = await feeds.append("default", fresh());
  assert.ok(body.id < event.id);
  await receiver.received("/test", 2);
  receiver.script("/test", [500, {}, "no such thing"]);
  const bad = await subscriber.good("POST", `/${id}/test`);
  assert.equal(bad.status, "failed");
  assert.deepEqual([bad.response_status, bad.response], [500, "no such thing"]);
  await subscriber.good("DELETE", `/${id}`);
});
