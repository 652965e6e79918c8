// Reading a feed on `wrangler dev`: cursors, pages, holds that an append wakes, tokens and
// conditional requests.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { ADMIN_TOKEN, FEEDS, POLL_TOKEN, SECRETS, SOURCES } from "./lib/fixtures.js";
import * as sign from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWrangler } from "./lib/wrangler.js";

/** @type {import("./lib/wrangler.js").Wrangler} */
let server;
/** @type {Waypost} */
let waypost;
/** @type {import("./lib/waypost.js").Event[]} */
let events;

before(async () => {
  server = await startWrangler({
    sources: {
      ...SOURCES,
      open: { provider: "github", secrets: ["GITHUB_WEBHOOK_SECRET"], feed: "open" },
      other: { provider: "github", secrets: ["GITHUB_WEBHOOK_SECRET"], feed: "other" },
    },
    feeds: { ...FEEDS, open: { public: true }, other: { tokens: ["OTHER_TOKEN"] } },
  });
  waypost = new Waypost(server);
  for (let count = 0; count < 25; count += 1) {
    expectAccepted(await waypost.post(await sign.github(fresh())), "received");
  }
  events = await waypost.drain({ atLeast: 25 });
});
after(() => server?.stop());

const bearer = (/** @type {string} */ token) => ({ authorization: `Bearer ${token}` });
const basic = (/** @type {string} */ user, /** @type {string} */ password) =>
  ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` });

/** A genuine webhook, answered. */
async function append() {
  const webhook = await sign.github(fresh());
  expectAccepted(await waypost.post(webhook), "received");
  return webhook;
}

test("pages follow each other without gap or repetition", async () => {
  for (const limit of [1, 7, 25, 500]) {
    const seen = [];
    let page = await waypost.read({ limit });
    for (;;) {
      assert.ok(page.events.length <= limit);
      seen.push(...page.events.map(({ id }) => id));
      if (page.events.length > 0) assert.equal(page.next, page.events.at(-1)?.id);
      if (!page.has_more) break;
      page = await waypost.read({ since: page.next, limit });
    }
    assert.deepEqual(seen, events.map(({ id }) => id), `limit ${limit}`);
  }
});

test("since_id gives what follows it, and at the end an empty page with the same position", async () => {
  const page = await waypost.read({ since: events[9].id });
  assert.deepEqual(page.events.map(({ id }) => id), events.slice(10).map(({ id }) => id));
  const end = /** @type {string} */ (events.at(-1)?.id);
  assert.deepEqual(await waypost.read({ since: end }), { events: [], next: end, has_more: false });
});

test("an empty value counts as absent", async () => {
  const answer = await waypost.get("/events?since_id=&limit=&wait=");
  assert.equal(answer.status, 200);
  assert.equal(answer.json.events.length, events.length);
});

test("a cursor or a number that is none is refused", async () => {
  for (const id of ["abc", "1", "0000000000000001-0000000000000001", `${events[0].id}0`, events[0].id.slice(1)]) {
    expectProblem(await waypost.get(`/events?since_id=${id}`), 400, "invalid_cursor", id);
  }
  for (const query of ["limit=x", "limit=-1", "limit=1.5", "wait=x", "wait=-1"]) {
    expectProblem(await waypost.get(`/events?${query}`), 400, "invalid_parameter", query);
  }
});

test("a cursor past the end or of another life is 410 with the earliest and the latest id", async () => {
  const [generation] = events[0].id.split("_");
  const cases = [
    [`${generation}_9999999999999999`, "cursor_ahead"],
    [`0000000000000001_0000000000000001`, "cursor_expired"],
  ];
  for (const [since, code] of cases) {
    const answer = await waypost.get(`/events?since_id=${since}`);
    expectProblem(answer, 410, code);
    assert.equal(answer.json.earliest, events[0].id);
    assert.equal(answer.json.latest, (await waypost.read({ since: events[20].id })).next);
  }
});

test("one event and its bytes", async () => {
  const { raw, ...event } = events[3];
  assert.deepEqual((await waypost.get(`/events/${event.id}`)).json, event);
  assert.equal(String(await waypost.body(event.id)), raw);
  const unknown = `${event.id.slice(0, -5)}99999`;
  expectProblem(await waypost.get(`/events/${unknown}`), 404, "unknown_event");
  expectProblem(await waypost.get(`/events/${unknown}/body`), 404, "unknown_event");
});

test("the token opens the feed, by Bearer and as the password of Basic", async () => {
  const good = [bearer(POLL_TOKEN), basic("x", POLL_TOKEN), basic("", POLL_TOKEN), bearer(ADMIN_TOKEN), basic("x", ADMIN_TOKEN)];
  for (const headers of good) {
    assert.equal((await waypost.fetch("/events", { headers })).status, 200, JSON.stringify(headers));
  }
  assert.equal((await waypost.fetch("/feeds/default/events", { headers: bearer(POLL_TOKEN) })).status, 200);
});

test("anything else is 401 with a challenge", async () => {
  const bad = [
    {}, bearer("wrong"), bearer(""), bearer(`${POLL_TOKEN}x`), bearer(POLL_TOKEN.slice(1)), bearer(SECRETS.OTHER_TOKEN),
    basic(POLL_TOKEN, ""), basic("x", "wrong"), { authorization: POLL_TOKEN }, { authorization: "Basic !!!" },
  ];
  for (const headers of bad) {
    for (const path of ["/events", `/events/${events[0].id}`, `/events/${events[0].id}/body`]) {
      const answer = await waypost.fetch(path, { headers: /** @type {any} */ (headers) });
      expectProblem(answer, 401, "unauthorised", `${path} ${JSON.stringify(headers)}`);
      assert.match(answer.headers.get("www-authenticate") ?? "", /Bearer/);
      assert.match(answer.headers.get("www-authenticate") ?? "", /Basic/);
      assert.equal(answer.headers.get("etag"), null);
    }
  }
});

test("a public feed needs no token, and shows no signatures; feeds are apart", async () => {
  const open = new Waypost(server, { feed: "open", token: null });
  const webhook = await sign.github(fresh());
  expectAccepted(await open.post({ ...webhook, source: "open" }), "received");
  const [event] = await open.drain({ atLeast: 1 });
  assert.equal(event.raw, webhook.body);
  assert.equal(event.headers["x-github-event"], "push");
  assert.equal(event.headers["x-hub-signature-256"], undefined);

  const other = new Waypost(server, { feed: "other", token: SECRETS.OTHER_TOKEN });
  assert.deepEqual(await other.drain(), []);
  expectProblem(await waypost.fetch("/feeds/other/events", { headers: bearer(POLL_TOKEN) }), 401, "unauthorised");
});

test("an ETag that still holds is 304, until something is appended", async () => {
  const end = (await waypost.read({ since: events[20].id })).next;
  for (const path of ["/events", `/events?since_id=${end}`, `/events/${events[0].id}`, `/events/${events[0].id}/body`]) {
    const first = await waypost.get(path);
    const etag = /** @type {string} */ (first.headers.get("etag"));
    assert.match(etag, /^"[^"]+"$/, `${path} has a strong ETag`);
    for (const condition of [etag, `W/${etag}`, `"a", ${etag}`, "*"]) {
      const again = await waypost.get(path, { headers: { "if-none-match": condition } });
      assert.equal(again.status, 304, `${path} ${condition}`);
      assert.equal(again.bytes.length, 0);
      assert.equal(again.headers.get("etag"), etag);
      assert.equal(again.headers.get("cache-control"), first.headers.get("cache-control"));
    }
    assert.equal((await waypost.get(path, { headers: { "if-none-match": '"other"' } })).status, 200);
  }

  const { headers } = await waypost.get(`/events?since_id=${end}`);
  await append();
  await waypost.drain({ atLeast: 1 });
  const changed = await waypost.get(`/events?since_id=${end}`, {
    headers: { "if-none-match": String(headers.get("etag")), "cache-control": "max-age=0" },
  });
  assert.equal(changed.status, 200);
  assert.equal(changed.json.events.length, 1);
});

test("a held poll returns within 100 ms of the append", async () => {
  const latencies = [];
  for (let round = 0; round < 7; round += 1) {
    await waypost.drain();
    const held = waypost.read({ since: waypost.position, wait: 20 }).then((page) => ({ page, at: performance.now() }));
    // The hold is on its way before the webhook is; that it is registered by then is what rounds are for.
    await waypost.get("/events?limit=1");
    const webhook = await append();
    const answered = performance.now();
    const { page, at } = await held;
    assert.deepEqual(page.events.map(({ raw }) => raw), [webhook.body]);
    latencies.push(at - answered);
  }
  latencies.sort((a, b) => a - b);
  // The median, because the machine of the tests is busy with other things too.
  assert.ok(latencies[3] < 100, `median of ${latencies.map((ms) => ms.toFixed(0))} ms`);
});

test("one append wakes everyone who waits", async () => {
  await waypost.drain();
  const held = Array.from({ length: 20 }, () => waypost.read({ since: waypost.position, wait: 20 }));
  await waypost.get("/events?limit=1");
  const { body } = await append();
  for (const page of await Promise.all(held)) assert.deepEqual(page.events.map(({ raw }) => raw), [body]);
});

test("a hold ends after its time with an empty page, and not before", async () => {
  await waypost.drain();
  const started = performance.now();
  const page = await waypost.read({ since: waypost.position, wait: 2 });
  const took = performance.now() - started;
  const { cursor, ...rest } = /** @type {any} */ (page);
  assert.match(cursor, /^\d+$/);
  assert.deepEqual(rest, { events: [], next: waypost.position, has_more: false });
  assert.ok(took > 1_900 && took < 4_000, `${took} ms`);
});

test("a hold that has something to say says it at once", async () => {
  const started = performance.now();
  const page = await waypost.read({ since: events[0].id, wait: 20 });
  assert.ok(page.events.length > 0);
  assert.ok(performance.now() - started < 2_000);
});

test("a poller that went away takes nothing with it", async () => {
  await waypost.drain();
  const gone = new AbortController();
  const lost = waypost.get(`/events?since_id=${waypost.position}&wait=20`, { signal: gone.signal });
  const kept = waypost.read({ since: waypost.position, wait: 20 });
  await waypost.get("/events?limit=1");
  gone.abort();
  await assert.rejects(lost);
  const { body } = await append();
  assert.deepEqual((await kept).events.map(({ raw }) => raw), [body]);
});
