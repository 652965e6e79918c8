// GET {base}/resource, /events/{id} and /events/{id}/body: payloads as they came, and never as a
// page of ours.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { jsonOfSize } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { hmac } from "./lib/sign.js";
import { SECRETS } from "./lib/fixtures.js";

/** @type {Feeds} */
let feeds;
before(async () => {
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] }, open: { public: true }, empty: { tokens: ["POLL_TOKEN"] } });
});
after(() => feeds?.stop());

/** Bodies and their types; what of an event holds each. @type {[string, string | Buffer, string | undefined, string][]} */
const BODIES = [
  ["JSON with a spelling of its own", '{ "b":1.0,\n "a" : "\\u00e9" , "b": 2 }', "application/json", "payload"],
  ["JSON that is no object", " [1, null]\n", "application/json; charset=utf-8", "payload"],
  ["JSON under another type", '{"a":1}', "application/cloudevents+json", "payload"],
  ["a page with a script", "<script>alert(1)</script>", "text/html", "payload_base64"],
  ["a picture with a script", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml", "payload_base64"],
  ["bytes that are no text", randomBytes(1_000), "application/octet-stream", "payload_base64"],
  ["a form", "a=1&b=2", "application/x-www-form-urlencoded", "payload_base64"],
  ["nothing", "", "text/plain", "payload_base64"],
  ["JSON that needs the claim check", jsonOfSize(300_000), "application/json", "body_url"],
  ["bytes in several parts", randomBytes(2_500_000), "application/octet-stream", "body_url"],
];

/** @param {string} feed @param {string | Buffer} body @param {string | undefined} type */
async function append(feed, body, type) {
  const reader = feeds.reader(feed);
  reader.position = await feeds.end(feed);
  const genuine = await feeds.webhook(feed, "{}");
  const headers = {
    ...genuine.headers,
    "content-type": type ?? "",
    "x-hub-signature-256": `sha256=${hmac(SECRETS.GITHUB_WEBHOOK_SECRET, body, "hex")}`,
  };
  expectAccepted(await reader.post({ ...genuine, body, headers }), "received");
  const [event] = await reader.drain({ atLeast: 1 });
  return event;
}

for (const feed of ["default", "open"]) {
  describe(`feed ${feed}`, () => {
    const get = (/** @type {string} */ path, init = {}) =>
      feeds.reader(feed, feed === "open" ? { token: null } : {}).get(path, init);

    for (const [what, body, type, member] of BODIES) {
      test(what, async () => {
        const { raw, ...listed } = await append(feed, body, type);
        const bytes = Buffer.from(body);
        assert.equal(listed.size, bytes.length);
        assert.equal(listed.content_type, type);
        const members = ["payload", "payload_base64", "body_url"].filter((name) => name in listed);
        assert.deepEqual(members, [member]);
        if (member === "payload") assert.equal(raw, String(body).trim());
        if (member === "payload_base64") assert.equal(listed.payload_base64, bytes.toString("base64"));

        const one = await get(`/events/${listed.id}`);
        assert.equal(one.headers.get("content-type"), "application/json");
        assert.deepEqual(one.json, feed === "open" ? hidden(listed) : listed, "alone it is what the list shows");

        const whole = await get(`/events/${listed.id}/body`);
        const newest = await get("/resource");
        for (const answer of [whole, newest]) {
          assert.equal(answer.status, 200, answer.text.slice(0, 200));
          assert.ok(answer.bytes.equals(bytes), "byte for byte");
          assert.equal(answer.headers.get("content-type"), type);
          assert.equal(answer.headers.get("content-security-policy"), "sandbox");
          assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
          assert.equal(answer.headers.get("set-cookie"), null);
        }
        assert.match(whole.headers.get("content-disposition") ?? "", /^attachment\b/);
        assert.equal(newest.headers.get("content-disposition"), null);

        if (listed.body_url) {
          // From the root of the server, so that every base URL works with it.
          const linked = await feeds.reader().fetch(listed.body_url, { headers: { authorization: `Bearer ${SECRETS.POLL_TOKEN}` } });
          assert.ok(linked.bytes.equals(bytes), listed.body_url);
        }
      });
    }

    test("the newest is another one after each append, with another tag", async () => {
      const first = await get("/resource");
      const event = await append(feed, '{"later":true}', "application/json");
      const condition = { "if-none-match": String(first.headers.get("etag")) };
      const second = await get("/resource", { headers: condition });
      assert.equal(second.status, 200);
      assert.equal(second.text, event.raw);
      assert.equal((await get("/resource", { headers: { "if-none-match": String(second.headers.get("etag")) } })).status, 304);
    });

    test("an event that never was is 404", async () => {
      const { id } = await append(feed, "{}", "application/json");
      const next = id.replace(/\d{4}$/, "9999");
      const generation = id.replace(/^\d{16}/, "0".repeat(16));
      for (const other of [next, generation, id.replace(/\d{16}$/, "0".repeat(16)), "x", "1", `${id}0`, id.replace("_", "-"), "%00"]) {
        for (const path of [`/events/${other}`, `/events/${other}/body`]) {
          expectProblem(await get(path), 404, "unknown_event", path);
        }
      }
    });
  });
}

/** An event without its signatures, as a public feed shows it. */
function hidden(event) {
  const headers = Object.entries(event.headers).filter(([name]) => !/signature/.test(name));
  return { ...event, headers: Object.fromEntries(headers) };
}

test("an empty feed has no newest event", async () => {
  const empty = feeds.reader("empty");
  expectProblem(await empty.get("/resource"), 404, "unknown_event");
  expectProblem(await empty.get("/resource", { headers: { "if-none-match": "*" } }), 404, "unknown_event");
  const { events, next, has_more } = (await empty.get("/events")).json;
  assert.deepEqual([events, has_more], [[], false]);
  // The position of an empty feed holds when something comes.
  const event = await append("empty", "{}", "application/json");
  assert.deepEqual((await empty.read({ since: next })).events.map(({ id }) => id), [event.id]);
});
