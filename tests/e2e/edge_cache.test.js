// The edge cache in front of a feed's object: what it answers, for how long, and whom.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fresh } from "./lib/bodies.js";
import { COUNTS, countingBuild } from "./lib/counting.js";
import { EdgeCache } from "./lib/edge_cache.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, POLL_TOKEN, SECRETS } from "./lib/fixtures.js";
import { Waypost } from "./lib/waypost.js";
import { removeFolder, temporaryFolder } from "./lib/temp.js";

/** @type {EdgeCache} */
let cache;
/** @type {Feeds} */
let feeds;
before(async () => {
  cache = await EdgeCache.start();
  const tables = { default: { tokens: ["POLL_TOKEN"] }, one: { tokens: ["POLL_TOKEN"] }, two: { tokens: ["OTHER_TOKEN"] } };
  feeds = await Feeds.start(tables, { cache, build: countingBuild() });
});
after(async () => {
  await feeds?.stop();
  cache?.stop();
});

/** What the objects were asked since this was last called: reads, each with how often. @returns {Promise<[string, number][]>} */
async function asked() {
  const { objects } = /** @type {import("./lib/counting.js").Counts} */ ((await feeds.reader().fetch(COUNTS)).json);
  return Object.entries(objects).filter(([question]) => /^GET \/(open|full)/.test(question));
}

const sum = (/** @type {[string, number][]} */ counts) => counts.reduce((all, [, count]) => all + count, 0);

/** A feed with so many events, known to the edge. @param {string} feed @param {number} count */
async function filled(feed, count) {
  const events = await feeds.append(feed, ...Array.from({ length: count }, () => fresh()));
  await feeds.end(feed);
  await asked();
  return events.map(({ id }) => id);
}

test("an answer that goes through as it is says what the others say, and nothing of the Worker's own", async () => {
  const [first] = await filled("default", 3);
  const reader = feeds.reader();
  const plain = (/** @type {{headers: Headers}} */ { headers }) =>
    Object.fromEntries([...headers].filter(([name]) => name !== "x-request-id" && name !== "last-modified"));
  // What the Worker says to its objects, said by somebody else.
  const forged = {
    "x-call": "forged\tx-epoch\t\tx-forged\tyes\t.", "x-epoch": "1", "x-request-id": "forged",
    "if-none-match": '"a"\tx-epoch\t\tx-forged\tyes',
  };
  for (const path of [`/events?since_id=${first}`, "/events?limit=1", `/events/${first}`, "/resource", "/events?since_id=0"]) {
    const shared = await reader.get(path);
    const own = await reader.get(path, { headers: { "cache-control": "max-age=0", ...forged } });
    assert.equal(own.status, shared.status, path);
    assert.deepEqual(plain(own), plain(shared), path);
    if (own.status === 200) assert.equal(own.text, shared.text, path);
    assert.notEqual(own.headers.get("x-request-id"), "forged");
    for (const name of ["x-keep", "x-epoch", "x-call", "x-forged"]) assert.equal(own.headers.get(name), null, name);
  }
});

test("full pages and single events are asked for once, however often and by whom", async () => {
  const [first, second] = await filled("default", 4);
  const reader = feeds.reader();
  for (const path of [`/events?since_id=${first}&limit=2`, `/events/${second}`, `/events/${second}?encoding=base64`]) {
    const answers = [];
    for (let count = 0; count < 4; count += 1) answers.push(await reader.get(path));
    assert.equal(sum(await asked()), 1, path);
    // Held readers too, whatever they echo, by another spelling of the same; where they go on they hold again.
    if (path.includes("since_id")) {
      for (const held of [`${path}&wait=20`, `/events?wait=20&limit=2&cursor=7&x=1&since_id=${first}`]) {
        answers.push(await reader.get(held));
        assert.match(String(answers.at(-1)?.headers.get("link")), /wait=20/);
      }
      assert.match(String((await reader.get(path)).headers.get("link")), /wait=0/);
      assert.equal(sum(await asked()), 1, path);
    }
    const [head, ...rest] = answers;
    for (const answer of rest) {
      assert.equal(answer.status, 200);
      assert.ok(answer.json.events ? answer.json.next === head.json.next : answer.bytes.equals(head.bytes));
      assert.equal(answer.headers.get("etag"), head.headers.get("etag"));
      assert.equal(answer.headers.get("cache-control"), "private, no-cache");
      assert.notEqual(answer.headers.get("x-request-id"), head.headers.get("x-request-id"));
      for (const inner of ["x-keep", "x-epoch", "x-cache-control", "cf-cache-status"]) assert.equal(answer.headers.get(inner), null, inner);
    }
    // What a reader holds is looked at after the look-up.
    for (const condition of [String(head.headers.get("etag")), "*", `W/${head.headers.get("etag")}`]) {
      const unchanged = await reader.get(path, { headers: { "if-none-match": condition } });
      assert.deepEqual([unchanged.status, unchanged.bytes.length, unchanged.headers.get("content-type")], [304, 0, null]);
    }
    assert.equal((await reader.get(path, { headers: { "if-none-match": '"other"' } })).status, 200);
    assert.equal(sum(await asked()), 0, path);
    // Who wants it fresh gets it fresh.
    await reader.get(path, { headers: { "cache-control": "max-age=0" } });
    assert.equal(sum(await asked()), 1, path);
  }
});

test("the end of the log is asked for once a second, and everybody sees what is appended within that", async () => {
  await filled("default", 1);
  const path = `/events?since_id=${await feeds.end("default")}`;
  await asked();
  const reader = feeds.reader();
  const together = await Promise.all(Array.from({ length: 40 }, () => reader.get(path)));
  assert.ok(together.every(({ status, json }) => status === 200 && json.events.length === 0));
  assert.equal(sum(await asked()), 1);
  const [{ id }] = await feeds.append("default", fresh());
  const appended = performance.now();
  let seen;
  do seen = (await reader.get(path)).json.events[0]?.id;
  while (!seen && performance.now() - appended < 5_000);
  assert.equal(seen, id);
  assert.ok(performance.now() - appended < 2_500);
});

test("a hold is never answered with an end that was", async () => {
  await filled("default", 1);
  const path = `/events?since_id=${await feeds.end("default")}`;
  const reader = feeds.reader();
  // Both the end and a timeout are known to whoever would keep them.
  await reader.get(path);
  await reader.get(`${path}&wait=1`);
  let ended = false;
  const held = reader.get(`${path}&wait=20`).finally(() => (ended = true));
  await feeds.end("default");
  assert.equal(ended, false);
  const [{ id }] = await feeds.append("default", fresh());
  assert.deepEqual((await held).json.events.map((event) => event.id), [id]);
});

test("forms, filters and encodings are kept apart", async () => {
  const [first] = await filled("default", 3);
  const base = `/events?since_id=${first}&limit=1`;
  const reader = feeds.reader();
  const bodies = new Set();
  for (let round = 0; round < 2; round += 1) {
    for (const [query, accept] of [["", "*/*"], ["", "application/x-ndjson"], ["", "application/cloudevents-batch+json"], ["&encoding=base64", "*/*"], ["&type=none", "*/*"], ["&limit=2", "*/*"].map((part) => part.replace("limit=2", "source=default"))]) {
      bodies.add((await reader.get(base + query, { headers: { accept } })).text);
    }
  }
  // A filter that hides nothing gives the same page.
  assert.equal(bodies.size, 5);
});

test("what is erased is gone from what is kept", async () => {
  const [first, second] = await filled("default", 4);
  const admin = feeds.reader(undefined, { token: ADMIN_TOKEN });
  const page = `/events?since_id=${first}&limit=1`;
  for (const path of [page, `/events/${second}`]) assert.equal((await admin.get(path)).status, 200);
  assert.equal((await admin.get(`/events/${second}`, { method: "DELETE" })).status, 200);
  assert.deepEqual((await admin.get(page)).json.events, []);
  expectProblem(await admin.get(`/events/${second}`), 410, "event_erased");
});

test("no answer of one feed reaches another, and a token is asked for each time", async () => {
  const readers = {
    one: new Waypost(feeds.server, { feed: "one", token: POLL_TOKEN }),
    two: new Waypost(feeds.server, { feed: "two", token: SECRETS.OTHER_TOKEN }),
  };
  const admin = (/** @type {string} */ feed) => new Waypost(feeds.server, { feed, token: ADMIN_TOKEN });
  const events = /** @type {Record<string, string[]>} */ ({});
  for (const feed of ["one", "two"]) {
    events[feed] = [];
    for (let count = 0; count < 3; count += 1) {
      const webhook = await feeds.webhook(feed);
      await admin(feed).post(webhook);
      events[feed].push(String(webhook.body));
    }
    await feeds.broker.queue.drained();
  }
  for (let round = 0; round < 2; round += 1) {
    await Promise.all([["one", "two"], ["two", "one"]].map(async ([feed, other]) => {
      await Promise.all(["/events?limit=2", "/events", "/updates", "/long-poll"].map(async (path) => {
        const own = await readers[feed].get(path);
        assert.equal(own.status, 200);
        assert.match(String(own.headers.get("cache-control")), /private|no-store/);
        for (const body of events[other]) assert.ok(!own.text.includes(JSON.parse(body).note ?? body), path);
        await Promise.all([readers[other].token, "wrong", null].map(async (token) => {
          const foreign = await new Waypost(feeds.server, { feed, token }).get(path);
          expectProblem(foreign, 401, "unauthorised", `${path} of ${feed}`);
        }));
      }));
    }));
  }
  assert.ok((await asked()).length > 0);
});

test("a public feed that is turned private, and a token that is revoked, are closed at once", async () => {
  const state = temporaryFolder("closing");
  const paths = ["/events", "/events?limit=1", "/events?limit=1&since_id=", "/updates", "/resource", "/long-poll?limit=1"];
  const start = (/** @type {object} */ open) => Feeds.start({ open }, { cache, state });
  let open = await start({ public: true, tokens: ["POLL_TOKEN"] });
  try {
    const first = (await open.append("open", fresh(), fresh(), fresh()))[0].id;
    paths.push(`/events?since_id=${first}&limit=1`, `/events/${first}`, `/events/${first}/body`);
    const ask = (/** @type {string | null} */ token, /** @type {string} */ path) => new Waypost(open.server, { feed: "open", token }).get(path);
    const kept = cache.entries.size;
    for (const token of [null, POLL_TOKEN, null]) {
      for (const path of paths) {
        const answer = await ask(token, path);
        assert.deepEqual([answer.status, /^public/.test(String(answer.headers.get("cache-control")))], [200, true], path);
      }
    }
    assert.ok(cache.entries.size > kept);
    await open.stop();
    // The same objects and the same cache, after a deployment with another config.
    open = await start({ tokens: ["OTHER_TOKEN"] });
    const { hits } = cache;
    for (const path of paths) {
      for (const token of [null, POLL_TOKEN]) expectProblem(await ask(token, path), 401, "unauthorised", path);
    }
    assert.equal(cache.hits, hits, "nobody looks before the token is checked");
    for (const path of paths) {
      const mine = await ask(SECRETS.OTHER_TOKEN, path);
      assert.equal(mine.status, 200);
      assert.match(String(mine.headers.get("cache-control")), /^private/);
      assert.doesNotMatch(path.includes("body") ? "" : String(mine.headers.get("etag")), /p"?$/);
    }
  } finally {
    await open.stop();
    removeFolder(state);
  }
});

test("500 pollers at the end of a feed ask its object once a second", async () => {
  await filled("default", 1);
  const position = await feeds.end("default");
  await asked();
  const POLLERS = 500, SECONDS = 10, APPENDS = 3;
  const until = performance.now() + SECONDS * 1_000;
  let missed = 0, requests = 0;
  const reader = feeds.reader();
  const poller = async (/** @type {number} */ number) => {
    let since = position, seen = 0;
    await pause(number * 2);
    while (performance.now() < until) {
      const answer = await reader.get(`/events?since_id=${since}`);
      assert.equal(answer.status, 200);
      requests += 1;
      seen += answer.json.events.length;
      since = answer.json.next;
      await pause(1_000);
    }
    // What was appended near the end is not for those who asked before.
    if (seen < APPENDS) missed += 1;
  };
  const pollers = Array.from({ length: POLLERS }, (_, number) => poller(number));
  for (let count = 0; count < APPENDS; count += 1) {
    await pause(2_000);
    expectAccepted(await reader.post(await feeds.webhook("default")), "received");
  }
  await Promise.all(pollers);
  const reached = sum(await asked());
  assert.equal(missed, 0);
  assert.ok(requests > POLLERS * 5, `${requests} requests`);
  console.log(`${requests} requests of ${POLLERS} pollers in ${SECONDS} s, of which ${reached} reached the object`);
  assert.ok(reached <= SECONDS + 1 + APPENDS, `${reached} of ${requests} requests reached the object`);
});
