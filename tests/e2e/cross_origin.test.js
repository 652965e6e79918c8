// What a browser adds to a request of its own accord (a cookie, remembered `Basic`) lets no page of another origin change
// anything, and keeps nobody out who is signed in.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, POLL_TOKEN } from "./lib/fixtures.js";
import { Receiver } from "./lib/receiver.js";

/** @type {Feeds} */
let feeds;
/** @type {Receiver} */
let receiver;
before(async () => {
  receiver = await Receiver.start();
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] } }, { vars: { ALLOW_TARGETS: ["127.0.0.1"] } });
});
after(async () => {
  await feeds?.stop();
  await receiver?.close();
});

const basic = (/** @type {string} */ token) => ({ authorization: `Basic ${btoa(`x:${token}`)}` });
/** What browsers say of where a request comes from. */
const FOREIGN = [
  { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  { origin: "https://evil.example" },
  { origin: "null" },
  { "sec-fetch-site": "same-site" },
];

/** @param {string} path @param {Record<string, string>} headers @param {string} [body] */
const post = (path, headers, body) => feeds.reader().fetch(path, { method: "POST", headers, body });
const subscriptions = async () =>
  (await feeds.reader().fetch("/webhooks", { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })).json.subscriptions.length;

test("a form of another origin subscribes nobody with what the browser remembers", async () => {
  const body = JSON.stringify({ url: receiver.url("/stolen"), events: ["*"] });
  for (const headers of FOREIGN) {
    const answer = await post("/webhooks/subscribe", { ...basic(ADMIN_TOKEN), ...headers, "content-type": "text/plain" }, body);
    expectProblem(answer, 403, "cross_origin", JSON.stringify(headers));
    expectProblem(await post("/consumers/stolen/claim", { ...basic(POLL_TOKEN), ...headers }, "{}"), 403, "cross_origin");
  }
  assert.equal(await subscriptions(), 0);
  assert.deepEqual(receiver.verifications, []);
  const { consumers } = (await feeds.reader().get("/consumers")).json;
  assert.deepEqual(consumers, []);
});

test("programs, which say nothing of where they are, and pages with a token of their own are as before", async () => {
  for (const headers of [basic(ADMIN_TOKEN), { authorization: `Bearer ${ADMIN_TOKEN}`, ...FOREIGN[0] }]) {
    const answer = await post("/webhooks/subscribe", headers, JSON.stringify({ url: receiver.url("/wanted"), events: ["*"] }));
    assert.equal(answer.status, 200, answer.text);
  }
  assert.equal((await feeds.reader().fetch("/events", { headers: { ...basic(POLL_TOKEN), ...FOREIGN[0] } })).status, 200, "reading changes nothing");
});

test("a session is not hidden by a token that opens less", async () => {
  const { origin } = new URL(feeds.server.url);
  const signedIn = await post("/session", { origin }, JSON.stringify({ token: ADMIN_TOKEN }));
  assert.equal(signedIn.status, 204);
  const cookie = String(signedIn.headers.get("set-cookie")).split(";")[0];
  const get = (/** @type {Record<string, string>} */ headers) => feeds.reader().fetch("/overview", { headers });
  assert.equal((await get({ cookie })).status, 200);
  assert.equal((await get({ cookie, ...basic(POLL_TOKEN) })).status, 200);
  expectProblem(await get(basic(POLL_TOKEN)), 401, "unauthorised");
  for (const headers of FOREIGN) {
    expectProblem(await post("/webhooks/subscribe", { cookie, ...headers }, "{}"), 403, "cross_origin", JSON.stringify(headers));
  }
});
