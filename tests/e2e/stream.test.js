// Server-Sent Events: everything once and in order, from wherever a client stands, over cuts and kills.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { Browser, skipBrowser } from "./lib/browser.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { POLL_TOKEN } from "./lib/fixtures.js";
import { Frames } from "./lib/frames.js";
import { RawRequest } from "./lib/raw.js";
import { until } from "./lib/wait.js";

const FAR = "9999999999999999_9999999999999999";
const token = { authorization: `Bearer ${POLL_TOKEN}` };

/** @type {Feeds} */
let feeds;
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  feeds = await Feeds.start({
    default: open, types: open, quiet: open, short: { ...open, stream_seconds: 1 }, one: { ...open, max_waiting: 1 },
    few: { ...open, retention_events: 2 },
  });
});
after(() => feeds?.stop());

const stream = (/** @type {string} */ feed, /** @type {string} */ query = "", /** @type {Record<string, string>} */ headers = {}) =>
  Frames.open(`${feeds.server.url}/feeds/${feed}/stream${query}`, { ...token, ...headers });
const ids = (/** @type {{id?: string}[]} */ list) => list.map(({ id }) => id);

describe("a stream", { concurrency: true }, () => {
  test("gives what is there and what comes, as /events shows it", async () => {
    const first = await feeds.append("default", fresh(), "{\n \"two\":\r\n\"lines\"}");
    const frames = await stream("default");
    const { headers, status } = frames.response;
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "text/event-stream");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("x-accel-buffering"), "no");
    const start = await frames.next();
    assert.deepEqual(start, { retry: "1000", id: first[0].id.replace(/1$/, "0") });
    const seen = await frames.events(2);
    const later = await feeds.append("default", fresh(), fresh());
    seen.push(...(await frames.events(2)));
    frames.leave();
    const { json } = await feeds.reader().get("/events");
    assert.deepEqual(seen.map(({ data }) => JSON.parse(String(data))), json.events);
    assert.deepEqual(ids(seen), ids([...first, ...later]));
    assert.ok(seen.every(({ event }) => event === "push"));
    // From the place that a client has, whichever way it says so.
    const [one, two, three, four] = ids(seen);
    for (const [query, header, expect] of /** @type {[string, string, any[]][]} */ ([
      [`?since_id=${two}`, "", [three, four]], ["", String(three), [four]], [`?since_id=${one}`, String(two), [three, four]],
    ])) {
      const again = await stream("default", query, header ? { "last-event-id": header } : {});
      assert.deepEqual(ids(await again.events(expect.length)), expect, query);
      again.leave();
    }
  });

  test("names types, filters by them, and shows base64 where it is asked for", async () => {
    const post = async (/** @type {string} */ type, body = fresh()) =>
      expectAccepted(await feeds.reader().post(await feeds.webhook("types", body, { type })), "received");
    const [all, pushes, encoded] = await Promise.all([stream("types"), stream("types", "?type=push"), stream("types", "?encoding=base64")]);
    const body = fresh();
    for (const type of ["ping", "error", "message", "push"]) await post(type, type === "push" ? body : fresh());
    const seen = await all.events(4);
    // Browsers have an `error` of their own: it is a message here.
    assert.deepEqual(seen.map(({ event }) => event), ["ping", undefined, "message", "push"]);
    assert.deepEqual(ids(await pushes.events(1)), [seen[3].id]);
    const [, , , last] = await encoded.events(4);
    assert.equal(Buffer.from(JSON.parse(String(last.data)).payload_base64, "base64").toString(), body);
    for (const one of [all, pushes, encoded]) one.leave();
  });

  test("is alive while nothing comes, and comes past what it hides", async () => {
    const [{ id }] = await feeds.append("quiet", fresh());
    const [silent, hiding] = await Promise.all([stream("quiet", `?since_id=${id}`), stream("quiet", `?since_id=${id}&type=none`)]);
    assert.deepEqual([await silent.next(), await hiding.next()], [{ retry: "1000", id }, { retry: "1000", id }]);
    const [hidden] = await feeds.append("quiet", fresh());
    assert.equal((await silent.next())?.id, hidden.id);
    // The one is told where it stands now, the other has been told.
    assert.deepEqual(await hiding.next(), { id: hidden.id });
    assert.deepEqual(await silent.next(), { comment: true });
    silent.leave();
    hiding.leave();
  });

  test("ends by itself, and goes on where it ended", async () => {
    const seen = [];
    let last = "";
    const sent = [];
    for (let round = 0; round < 2; round += 1) {
      const frames = await stream("short", "", last ? { "last-event-id": last } : {});
      sent.push(...(await feeds.append("short", fresh())));
      const got = (await frames.rest()).filter(({ data }) => data !== undefined);
      seen.push(...ids(got));
      last = String(got.at(-1)?.id);
    }
    assert.deepEqual(seen, ids(sent));
  });

  test("is refused as everything else", async () => {
    const refused = async (/** @type {string} */ path, /** @type {RequestInit} */ init = {}) =>
      feeds.reader().fetch(path, { ...init, headers: { ...token, .../** @type {any} */ (init.headers) } });
    expectProblem(await refused("/stream", { headers: { authorization: "" } }), 401, "unauthorised");
    expectProblem(await refused("/stream?since_id=x"), 400, "invalid_cursor");
    expectProblem(await refused("/stream", { headers: { "last-event-id": "x" } }), 400, "invalid_cursor");
    expectProblem(await refused(`/stream?since_id=${FAR}`), 410, "cursor_expired");
    expectProblem(await refused("/feeds/nothing/stream"), 404, "unknown_feed");
    assert.equal((await refused("/stream", { method: "HEAD" })).status, 405);
    const events = [];
    for (let count = 0; count < 4; count += 1) events.push(...(await feeds.append("few", fresh())));
    const lost = await refused("/feeds/few/stream", { headers: { "last-event-id": events[0].id } });
    expectProblem(lost, 410, "cursor_expired");
    assert.equal(lost.json.earliest, events[2].id);
  });

  test("takes a place, and leaves it when its client goes", async () => {
    // workerd hears at once of a client that resets its connection, of others with the next heartbeat.
    const first = new RawRequest(feeds.server, "/feeds/one/stream", token, "GET");
    await until(async () => (await feeds.reader("one").get(`/events?since_id=${await feeds.end("one")}&wait=1`)).status === 503);
    const second = await feeds.reader("one").get("/stream");
    expectProblem(second, 503, "too_many_waiting");
    first.abort();
    await until(async () => (await feeds.reader("one").get(`/events?since_id=${await feeds.end("one")}&wait=1`)).status === 200, { within: 5_000 });
  });

  test("a browser's EventSource loses and repeats nothing over kills", { skip: skipBrowser }, async () => {
    const page = createServer((_, response) => response.end("<!doctype html><title>events</title>"));
    await new Promise((ready) => page.listen(0, "127.0.0.1", () => ready(undefined)));
    const { port } = /** @type {import("node:net").AddressInfo} */ (page.address());
    const own = await Feeds.start({ page: { public: true, cors_origins: "*" } });
    const { broker, server } = own;
    const browser = await Browser.open(`http://127.0.0.1:${port}/`);
    try {
      await browser.evaluate(`
        globalThis.seen = []; globalThis.opened = 0;
        globalThis.source = new EventSource(${JSON.stringify(`${server.url}/feeds/page/stream`)});
        source.onopen = () => opened += 1;
        source.addEventListener("push", ({ lastEventId, data }) => seen.push([lastEventId, JSON.parse(data).id]));
        0`);
      const opened = (/** @type {number} */ times) => until(async () => (await browser.evaluate("opened")) >= times, { what: `opened ${times} times`, within: 30_000 });
      await opened(1);
      /** @type {string[]} */
      const sent = [];
      for (let round = 1; round <= 3; round += 1) {
        // Some before the kill, some while it is dead, some that it does not know whether the browser has.
        sent.push(...ids(await own.append("page", fresh(), fresh())).map(String));
        broker.queue.hold();
        for (let count = 0; count < 3; count += 1) expectAccepted(await own.reader().post(await own.webhook("page")), "received");
        if (round === 2) broker.queue.release();
        await server.kill();
        broker.queue.release();
        await server.start();
        await broker.queue.drained();
        await opened(round + 1);
      }
      const { json } = await own.reader("page", { token: null }).get("/events");
      assert.equal(json.events.length, 15);
      await until(async () => (await browser.evaluate("seen.length")) >= json.events.length, { what: "the browser has seen them all" });
      const seen = await browser.evaluate("seen");
      assert.deepEqual(seen, ids(json.events).map((id) => [id, id]));
    } finally {
      await browser.close();
      page.close();
      await own.stop();
    }
  });
});
