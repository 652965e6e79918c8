// RFC 9110 from outside: a table of requests and expected answers, over every GET route of a feed
// that wants a token and of one that is public.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { CONDITIONS, DAY, date, ims, inm } from "./lib/conditions.js";
import { expectProblem } from "./lib/expect.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { Feeds } from "./lib/feeds.js";
import { cacheControl, routes } from "./lib/http.js";
import { until } from "./lib/wait.js";

/** @type {Feeds} */
let feeds;
/** @type {Record<string, import("./lib/waypost.js").Event[]>} */
const events = {};
before(async () => {
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] }, open: { public: true } });
  for (const feed of ["default", "open"]) {
    events[feed] = await feeds.append(feed, fresh(), fresh(), fresh());
    // A date is only given when the second of the change is over.
    await until(async () => (await feeds.reader(feed).get("/resource")).headers.get("last-modified"), { every: 100 });
  }
});
after(() => feeds?.stop());

/** Headers of the answer as a whole, not of the message: these may differ between two answers. */
const OWN = ["date", "x-request-id", "connection", "keep-alive", "transfer-encoding"];
/** Headers that describe content, which a 304 has not got. */
const OF_CONTENT = ["content-length", "content-type", "content-security-policy", "content-disposition"];

/** @param {import("./lib/waypost.js").Answer} answer @param {string[]} but */
const headers = (answer, but = OWN) =>
  Object.fromEntries([...answer.headers].filter(([name]) => !but.includes(name)));

for (const feed of ["default", "open"]) {
  describe(`feed ${feed}`, () => {
    const reader = () => feeds.reader(feed, feed === "open" ? { token: null } : {});
    const each = async (/** @type {(path: string, answer: import("./lib/waypost.js").Answer) => Promise<void>} */ check) => {
      for (const path of routes(events[feed])) await check(path, await reader().get(path));
    };

    test("conditions", () => each(async (path, { headers: first, bytes }) => {
      const of = { etag: first.get("etag") ?? "", modified: first.get("last-modified") ?? "" };
      assert.match(of.etag, /^"[!-~]+"$/, `${path} has a strong ETag`);
      // A window that slides changes without the log, so no date can speak for it.
      assert.equal(of.modified === "", path === "/updates", `${path}: Last-Modified ${of.modified}`);
      for (const [what, condition, status] of CONDITIONS) {
        const given = condition(of.modified ? of : { ...of, modified: date(Date.now()) });
        const expected = of.modified || !given["if-modified-since"] || given["if-none-match"] ? status : 200;
        for (const method of ["GET", "HEAD"]) {
          const answer = await reader().get(path, { method, headers: given });
          const said = `${method} ${path}, ${what} ${JSON.stringify(given)}`;
          assert.equal(answer.status, expected, said);
          assert.deepEqual(answer.bytes, expected === 200 && method === "GET" ? bytes : Buffer.alloc(0), said);
          const but = expected === 304 ? [...OWN, ...OF_CONTENT] : OWN;
          assert.deepEqual(headers(answer, but), headers({ headers: first }, but), said);
        }
      }
    }));

    test("validators tell what is the same from what is not", async () => {
      /** @type {Map<string, string>} */
      const seen = new Map();
      await each(async (path, { headers, text }) => {
        const etag = /** @type {string} */ (headers.get("etag"));
        const same = seen.get(`${new URL(path, "http://x").pathname} ${etag}`);
        assert.ok(same === undefined || same === text, `${path}: one tag for two contents`);
        seen.set(`${new URL(path, "http://x").pathname} ${etag}`, text);
        // Lists have several forms, and some are held; nothing else varies, and nothing stands elsewhere.
        const varies = /^\/(events|long-poll)($|\?)/.test(path) ? "accept, prefer" : path.startsWith("/updates") ? "accept" : null;
        assert.equal(headers.get("vary"), varies, path);
        assert.equal(headers.get("content-location"), null, path);
        assert.equal(headers.get("accept-ranges"), null, path);
      });
    });

    test("who may keep an answer", () => each(async (path, answer) => {
      const directives = cacheControl(answer, path);
      assert.equal(directives.has(feed === "open" ? "public" : "private"), true, `${path}: ${[...directives.keys()]}`);
      assert.equal(directives.has("immutable"), feed === "open" && /^\/events\/|since_id.*limit=1$/.test(path), path);
    }));

    test("a cursor that is lost may be asked for again and again", async () => {
      const path = "/events?since_id=0000000000000001_0000000000000001";
      const answer = await reader().get(path);
      expectProblem(answer, 410, "cursor_expired");
      assert.deepEqual([...cacheControl(answer, path).keys()].sort(), feed === "open" ? ["max-age", "public", "stale-if-error"] : ["no-store"]);
    });
  });
}

test("conditions do not make an answer of a refusal", async () => {
  const [{ id }] = events.default;
  const unknown = id.replace(/\d$/, "9");
  const admin = feeds.reader("default", { token: ADMIN_TOKEN });
  /** @type {[string, number, string, Record<string, string>?][]} */
  const refusals = [
    [`/events/${unknown}`, 404, "unknown_event"],
    [`/events/${unknown}/body`, 404, "unknown_event"],
    ["/events?since_id=x", 400, "invalid_cursor"],
    ["/events?limit=x", 400, "invalid_parameter"],
    [`/events?since_id=${unknown}`, 410, "cursor_ahead"],
    ["/updates?since=yesterday", 400, "invalid_cursor"],
    ["/events", 401, "unauthorised", { authorization: "Bearer wrong" }],
  ];
  for (const [path, status, code, given] of refusals) {
    for (const condition of [{}, inm("*"), ims(date(Date.now() + DAY))]) {
      const answer = await admin.get(path, { headers: { ...condition, ...given } });
      expectProblem(answer, status, code, path);
      cacheControl(answer, path);
      assert.equal(answer.headers.get("etag"), null, path);
    }
  }
});
