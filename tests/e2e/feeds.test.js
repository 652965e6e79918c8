// Feeds beside each other: who may read which, what a public one hides, and that they never mix.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, POLL_TOKEN, SECRETS } from "./lib/fixtures.js";
import { cacheControl, routes } from "./lib/http.js";

/** @type {Feeds} */
let feeds;
/** @type {Record<string, import("./lib/waypost.js").Event[]>} */
const events = {};
before(async () => {
  feeds = await Feeds.start({
    default: { tokens: ["POLL_TOKEN"] },
    other: { tokens: ["OTHER_TOKEN"] },
    open: { public: true, tokens: ["OTHER_TOKEN"] },
    closed: {},
  });
  for (const feed of ["default", "other", "open", "closed"]) {
    const admin = feeds.reader(feed, { token: ADMIN_TOKEN });
    for (let count = 0; count < 3; count += 1) {
      expectAccepted(await admin.post(await feeds.webhook(feed)), "received");
    }
    events[feed] = await admin.drain({ atLeast: 3 });
  }
});
after(() => feeds?.stop());

const OTHER_TOKEN = SECRETS.OTHER_TOKEN;
const bearer = (/** @type {string} */ token) => `Bearer ${token}`;
const basic = (/** @type {string} */ pair) => `Basic ${Buffer.from(pair).toString("base64")}`;

/** Credentials of a token, in the forms that clients send. */
const forms = (/** @type {string} */ token) => [
  bearer(token), `bearer ${token}`, `BEARER  ${token}`, basic(`x:${token}`), basic(`:${token}`), basic(`someone@else:${token}`),
  basic(`x:${token}`).replace("Basic", "basic"),
];

/** @param {string} path @param {string} [authorization] */
const get = (path, authorization) => feeds.reader().fetch(path, { headers: authorization ? { authorization } : {} });

test("who may read which feed", async () => {
  /** Feed, whether anyone may, the tokens that open it, those that do not. @type {[string, string | undefined, string[], string[]][]} */
  const table = [
    ["default", undefined, [POLL_TOKEN, ADMIN_TOKEN], [OTHER_TOKEN]],
    ["other", undefined, [OTHER_TOKEN, ADMIN_TOKEN], [POLL_TOKEN]],
    ["closed", undefined, [ADMIN_TOKEN], [POLL_TOKEN, OTHER_TOKEN]],
    ["open", "anyone", [OTHER_TOKEN, ADMIN_TOKEN, POLL_TOKEN, "wrong"], []],
  ];
  for (const [feed, anyone, good, bad] of table) {
    for (const route of routes(events[feed]).filter((route) => !route.startsWith("/long-poll"))) {
      const path = `/feeds/${feed}${route}`;
      if (anyone) assert.equal((await get(path)).status, 200, path);
      else expectProblem(await get(path), 401, "unauthorised", path);
      for (const token of good) assert.equal((await get(path, bearer(token))).status, 200, `${path} ${token}`);
      for (const token of bad) expectProblem(await get(path, bearer(token)), 401, "unauthorised", `${path} ${token}`);
    }
    for (const form of good.flatMap(forms)) assert.equal((await get(`/feeds/${feed}/events`, form)).status, 200, `${feed} ${form}`);
    for (const form of bad.flatMap(forms)) assert.equal((await get(`/feeds/${feed}/events`, form)).status, 401, `${feed} ${form}`);
  }
});

test("credentials that are none open nothing", async () => {
  const none = [
    "", "Bearer", "Bearer ", "Basic", "Basic ", "Basic =", POLL_TOKEN, `Token ${POLL_TOKEN}`, `Bearer ${POLL_TOKEN} x`,
    `Bearer ${POLL_TOKEN},`, basic(POLL_TOKEN), basic(`${POLL_TOKEN}:`), basic(`x:${POLL_TOKEN}:`), basic(`x: ${POLL_TOKEN}`),
    `Bearer "${POLL_TOKEN}"`, `Bearer ${POLL_TOKEN.toUpperCase()}`, `Digest username="x", response="${POLL_TOKEN}"`,
  ];
  for (const authorization of none) {
    for (const feed of ["default", "closed"]) {
      const answer = await get(`/feeds/${feed}/events`, authorization);
      expectProblem(answer, 401, "unauthorised", authorization);
      assert.equal(answer.text.includes(POLL_TOKEN), false, "it repeats no token");
    }
  }
  // A token in the URL is in everybody's logs: it opens nothing.
  expectProblem(await get(`/events?token=${POLL_TOKEN}&access_token=${POLL_TOKEN}`), 401, "unauthorised");
});

test("a feed that nobody configured is 404, whoever asks", async () => {
  for (const feed of ["nothing", "Default", "default%20", "constructor", "__proto__"]) {
    for (const authorization of [undefined, bearer(POLL_TOKEN), bearer(ADMIN_TOKEN)]) {
      const answer = await get(`/feeds/${feed}/events`, authorization);
      expectProblem(answer, 404, "unknown_feed", feed);
    }
  }
});

test("a public feed shows no signatures, to nobody; the rest it shows", async () => {
  const [{ id }] = events.open;
  for (const authorization of [undefined, bearer(OTHER_TOKEN), bearer(ADMIN_TOKEN)]) {
    const list = (await get("/feeds/open/events", authorization)).json.events;
    const others = [
      ...(await get("/feeds/open/long-poll", authorization)).json.events,
      ...(await get("/feeds/open/updates", authorization)).json.updates,
      (await get(`/feeds/open/events/${id}`, authorization)).json,
    ];
    for (const { headers } of [...list, ...others]) {
      assert.deepEqual(Object.keys(headers).filter((name) => /signature|authorization|cookie/.test(name)), []);
      assert.equal(headers["x-github-event"], "push");
    }
  }
  const [{ headers }] = (await get("/events", bearer(POLL_TOKEN))).json.events;
  assert.match(headers["x-hub-signature-256"], /^sha256=/, "where a token is needed they are shown");
});

test("everything but reading needs a token of a public feed too", async () => {
  const [{ id }] = events.open;
  const ask = (/** @type {string} */ path, /** @type {string} */ method, /** @type {string} */ token) =>
    feeds.reader("open", { token }).get(path, { method });
  for (const token of [null, "wrong", POLL_TOKEN]) {
    expectProblem(await feeds.reader("open", { token }).get("/dead-letters"), 401, "unauthorised");
    expectProblem(await feeds.reader("open", { token }).get(`/events/${id}`, { method: "DELETE" }), 401, "unauthorised");
    expectProblem(await feeds.reader("open", { token }).get(`/dead-letters/${id}/replay`, { method: "POST" }), 401, "unauthorised");
  }
  for (const token of [OTHER_TOKEN, ADMIN_TOKEN]) {
    const letters = await ask("/dead-letters", "GET", token);
    assert.equal(letters.status, 200);
    assert.ok(cacheControl(letters, "dead letters").has("no-store"));
  }
  // A feed's own token administers nothing.
  expectProblem(await ask(`/events/${id}`, "DELETE", OTHER_TOKEN), 401, "unauthorised");
});

test("feeds never mix", async () => {
  const names = Object.keys(events);
  const admin = (/** @type {string} */ feed) => feeds.reader(feed, { token: ADMIN_TOKEN });
  const ids = new Set(names.flatMap((feed) => events[feed].map(({ id }) => id)));
  assert.equal(ids.size, names.length * 3, "no two events share an id");
  for (const feed of names) {
    const seen = (await admin(feed).read()).events;
    assert.deepEqual(seen.map(({ raw }) => raw), events[feed].map(({ raw }) => raw));
    for (const { source } of seen) assert.equal(source, feed);
    for (const other of names.filter((name) => name !== feed)) {
      const [{ id }] = events[other];
      expectProblem(await admin(feed).get(`/events/${id}`), 404, "unknown_event");
      assert.equal((await admin(feed).get(`/events?since_id=${id}`)).status, 410, `${other}'s cursor at ${feed}`);
    }
  }
});

test("one webhook to two sources is an event in each feed", async () => {
  const webhook = await feeds.webhook("default");
  for (const source of ["default", "other"]) expectAccepted(await feeds.reader().post({ ...webhook, source }), "received");
  for (const [feed, token] of [["default", POLL_TOKEN], ["other", OTHER_TOKEN]]) {
    const reader = feeds.reader(feed, { token });
    reader.position = events[feed][2].id;
    assert.deepEqual((await reader.drain({ atLeast: 1 })).map(({ raw }) => raw), [webhook.body]);
  }
});
