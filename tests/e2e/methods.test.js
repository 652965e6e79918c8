// Methods and paths: what a path does not take is 405 with `Allow`, what it does not know is 404,
// and OPTIONS tells the same. Every answer says whether it may be kept.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { expectProblem, expectRequestId } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, POLL_TOKEN } from "./lib/fixtures.js";
import { cacheControl } from "./lib/http.js";
import { RawRequest } from "./lib/raw.js";

/** @type {Feeds} */
let feeds;
/** @type {string} */
let id;
before(async () => {
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] }, open: { public: true, tokens: ["POLL_TOKEN"] } });
  [{ id }] = await feeds.append("default", fresh());
  await feeds.append("open", fresh());
});
after(() => feeds?.stop());

const READ = ["GET", "HEAD"];
/** Paths below a base, with the methods they take. @type {() => [string, string[]][]} */
const PATHS = () => [
  ["/events", READ],
  ["/long-poll", READ],
  ["/updates", READ],
  ["/stream", ["GET"]],
  ["/resource", READ],
  [`/events/${id}`, [...READ, "DELETE"]],
  [`/events/${id}/body`, READ],
  [`/events/${id}/verification`, ["GET"]],
  ["/dead-letters", READ],
  [`/dead-letters/${id}/replay`, ["POST"]],
  ["/consumers", READ],
  ["/consumers/worker", ["DELETE"]],
  ["/webhooks", READ],
  ["/webhooks/subscribe", ["POST"]],
  ["/webhooks/x", [...READ, "PATCH", "DELETE"]],
  ["/webhooks/x/deliveries", READ],
  ["/webhooks/x/deliveries/y", READ],
  ...["rotate", "test", "replay", "deliveries/y/replay"].map((verb) => /** @type {[string, string[]]} */ ([`/webhooks/x/${verb}`, ["POST"]])),
  ...["claim", "ack", "nack", "extend", "release", "seek"].map((verb) => /** @type {[string, string[]]} */ ([`/consumers/worker/${verb}`, ["POST"]])),
];
const BASES = ["", "/feeds/default", "/feeds/open"];
// Methods that nobody knows are the host's own answer.
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"];

const as = (/** @type {string} */ token) => ({ authorization: `Bearer ${token}` });

test("a method that a path does not take is 405 and names those that it takes", async () => {
  for (const base of BASES) {
    for (const [path, methods] of PATHS()) {
      for (const method of METHODS.filter((method) => !methods.includes(method))) {
        // Even to who has no token: what a path takes is no secret.
        for (const headers of [{}, as(POLL_TOKEN), { "if-none-match": "*", ...as(ADMIN_TOKEN) }]) {
          const said = `${method} ${base}${path}`;
          const answer = await feeds.reader().fetch(base + path, { method, headers });
          if (method === "HEAD") assert.equal(answer.status, 405, said);
          else expectProblem(answer, 405, "method_not_allowed", said);
          assert.deepEqual(answer.headers.get("allow")?.split(", "), [...methods, "OPTIONS"], said);
          assert.deepEqual([...cacheControl(answer, said).keys()], ["no-store"], said);
        }
      }
    }
  }
});

test("OPTIONS tells the same", async () => {
  for (const base of BASES) {
    for (const [path, methods] of PATHS()) {
      const answer = await feeds.reader().fetch(base + path, { method: "OPTIONS" });
      assert.equal(answer.status, 204, path);
      assert.equal(answer.bytes.length, 0);
      assert.deepEqual(answer.headers.get("allow")?.split(", "), [...methods, "OPTIONS"], path);
      assert.ok(cacheControl(answer, path).has("no-store"), path);
      expectRequestId(answer, path);
    }
  }
});

test("what nothing is at is 404, whatever the method and the token", async () => {
  const paths = [
    "//events", "/events/", "/Events", "/events/x/y", `/events/${id}/`, `/events/${id}/body/`, `/events/${id}/bodies`,
    "/feeds", "/feeds/", "/feeds/default", "/feeds/default/", "/feeds//events", "/feeds/default/nothing",
    "/feeds/default/feeds/open/events", "/longpoll", "/resource/1", "/dead-letters/1", "/consumers/", "/consumers/a/steal", "/consumers/a/claim/1", "/favicon.ico", "/.well-known/x",
  ];
  for (const path of paths) {
    for (const method of ["GET", "POST", "DELETE", "OPTIONS"]) {
      for (const headers of [{}, as(ADMIN_TOKEN)]) {
        const answer = await feeds.reader().fetch(path, { method, headers });
        expectProblem(answer, 404, "not_found", `${method} ${path}`);
        assert.ok(cacheControl(answer, path).has("no-store"), path);
      }
    }
  }
});

test("a path's dots and escapes lead nowhere else", async () => {
  const raw = async (/** @type {string} */ path) =>
    new RawRequest(feeds.server, path, as(POLL_TOKEN), "GET").answer();
  // The same resource, spelt otherwise, is the same resource or none; never another feed's.
  for (const path of ["/feeds/open/../default/events", "/feeds/open%2f..%2fdefault/events", "/%65vents", "/events%00", "/feeds/def%61ult/events"]) {
    const answer = await raw(path);
    assert.ok([200, 404].includes(answer.status), `${path}: ${answer.status}`);
    cacheControl(answer, path);
    if (answer.status === 200) assert.equal(answer.json.events[0].id, id, path);
  }
});

test("every status of every route says whether it may be kept", async () => {
  const far = "9999999999999999_9999999999999999";
  /** @type {[string, number, Record<string, string>?][]} */
  const asked = [
    ["/events", 200], ["/events", 304, { "if-none-match": "*" }], ["/events", 401, as("wrong")],
    ["/events?limit=x", 400], ["/events?wait=1&wait=2", 400], [`/events?since_id=${far}`, 410],
    ["/long-poll", 200], ["/long-poll", 304, { "if-none-match": "*" }], ["/long-poll", 401, as("wrong")],
    ["/long-poll?timeout=x", 400], [`/long-poll?last_event_id=${far}`, 410],
    ["/updates", 200], ["/updates", 304, { "if-none-match": "*" }], ["/updates", 401, as("wrong")],
    ["/updates?since=x", 400], [`/updates?since=${far}`, 410],
    ["/resource", 200], ["/resource", 304, { "if-none-match": "*" }], ["/resource", 401, as("wrong")],
    [`/events/${id}`, 200], [`/events/${id}`, 304, { "if-none-match": "*" }], [`/events/${id}`, 401, as("wrong")], ["/events/x", 404],
    [`/events/${id}/body`, 200], [`/events/${id}/body`, 304, { "if-none-match": "*" }], [`/events/${id}/body`, 401, as("wrong")],
    ["/events/x/body", 404], ["/dead-letters", 200], ["/dead-letters", 401, as("wrong")], ["/dead-letters?since_id=x", 400],
    ["/feeds/nothing/events", 404], ["/feeds/nothing/resource", 404], ["/feeds/nothing/dead-letters", 404],
  ];
  // Refused long-polls take their second; all at once they take one together.
  await Promise.all(asked.map(async ([path, status, headers]) => {
    const answer = await feeds.reader().get(path, { headers });
    assert.equal(answer.status, status, `${path}: ${answer.text}`);
    cacheControl(answer, `${status} ${path}`);
    expectRequestId(answer, path);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff", path);
  }));
});
