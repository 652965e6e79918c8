// REDbot and httplint, which it is made of, have nothing to say about any GET route but what stands
// in the table below. REDbot also asks conditionally, for ranges and for compression.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { Feeds } from "./lib/feeds.js";
import { POLL_TOKEN } from "./lib/fixtures.js";
import { routes } from "./lib/http.js";
import { Python, skipPython } from "./lib/python.js";
import { until } from "./lib/wait.js";

/** Notes that are accepted, wherever they come up, and why. */
const ACCEPTED = {
  // What is as it should be.
  CL_CORRECT: "the length is right",
  CONTENT_SECURITY_POLICY: "payloads are sandboxed",
  CONTENT_TYPE_OPTIONS: "nothing is sniffed",
  FRESHNESS_FRESH: "for as long as cache.rs says",
  IMS_304: "conditional requests work",
  INM_304: "conditional requests work",
  // What is meant so.
  FRESHNESS_SHARED_PRIVATE: "the end of a hold is for shared caches, which have many to tell",
  FRESHNESS_NO_CACHE: "a feed with a token is asked each time",
  STORE_PRIVATE_CC: "and is kept by its reader alone",
  STORE_STORABLE: "a public feed may be kept by anyone",
  STORE_NO_STORE: "refusals and dead letters are not kept",
  STORE_PUBLIC_UNNECESSARY: "`public` lets caches keep what was asked for with a token; a public feed is the same for all",
  STALE_IF_ERROR: "with 0, which forbids it: the note does not look at the number",
  STALE_SERVABLE: "an event never changes, so it may be served stale",
  LM_PRESENT: "the date of the last change",
  STATUS_BAD_REQUEST: "the status itself",
  STATUS_GONE: "the status itself",
  STATUS_METHOD_NOT_ALLOWED: "the status itself",
  STATUS_NOT_FOUND: "the status itself",
  DISPOSITION_OMITS_FILENAME: "the provider gave no file name",
  // What Cloudflare's front adds and workerd by itself does not: the date. A Worker cannot know when
  // its answer leaves a cache.
  DATE_CLOCKLESS: "no Date on bare workerd",
  DATE_CLOCKLESS_BAD_HDR: "no Date on bare workerd",
  NO_DATE_304: "no Date on bare workerd",
};

/** Notes that must come up on every route that has validators. */
const REQUIRED = ["CL_CORRECT", "CONTENT_TYPE_OPTIONS", "INM_304"];

/** @type {Feeds} */
let feeds;
before(async () => {
  const short = { tokens: ["POLL_TOKEN"], stream_seconds: 1 };
  feeds = await Feeds.start({ default: short, open: { ...short, public: true, cors_origins: ["https://app.example"] } });
});
after(() => feeds?.stop());

/** Requests to every GET route of a feed; `probe` lets REDbot send its own beside each. */
async function requests(/** @type {string} */ feed, /** @type {string} */ base, headers = {}) {
  const events = await feeds.append(feed, fresh(), fresh());
  await until(async () => (await feeds.reader(feed).get("/resource")).headers.get("last-modified"), { every: 100 });
  const good = routes(events).map((path) => ({ path, probe: true }));
  const refused = ["/events?since_id=x", "/events?since_id=0000000000000001_0000000000000001", "/events/x", "/events/x/body", "/nothing"]
    .map((path) => ({ path, probe: false }));
  const accept = (/** @type {string} */ kind) => ({ path: "/events?limit=1", headers: { ...headers, accept: kind } });
  const more = [
    ...["application/x-ndjson", "application/cloudevents-batch+json"].map(accept),
    { path: "/events?type=push&source=none&encoding=base64" },
    { path: `/events?since_id=${events.at(-1)?.id}&wait=1` },
    { path: "/events?wait=1", headers: { ...headers, prefer: "wait=1", origin: "https://app.example" } },
    { path: "/stream" },
    { path: "/dead-letters", headers: { authorization: `Bearer ${POLL_TOKEN}` } },
    { path: "/dead-letters", headers: { authorization: "Bearer wrong" } },
    { path: "/events", method: "HEAD" },
    { path: "/events", headers: { ...headers, "if-none-match": "*" } },
    { path: "/events", method: "OPTIONS" },
    { path: "/events", method: "POST" },
  ];
  return [...good, ...refused, ...more].map(({ path, ...request }) =>
    ({ method: "GET", headers, probe: false, ...request, url: feeds.server.url + base + path }));
}

test("REDbot accepts every GET route", { skip: skipPython }, async () => {
  const asked = [
    ...(await requests("default", "", { authorization: `Bearer ${POLL_TOKEN}` })),
    ...(await requests("open", "/feeds/open")),
    { method: "GET", url: `${feeds.server.url}/openapi.json`, headers: {}, probe: true },
  ];
  const python = new Python("lint.py", [JSON.stringify(asked)]);
  await python.until(() => python.said.length === asked.length, { what: "REDbot is done", within: 60_000 });
  await python.stop();

  const complaints = [];
  for (const [at, { status, error, notes }] of python.said.entries()) {
    const { method, url, probe } = asked[at];
    const said = `${method} ${url} ${status}`;
    assert.equal(error, null, said);
    if (probe) {
      assert.equal(status, 200, said);
      for (const note of REQUIRED) assert.ok(notes.some((other) => other.note === note), `${said}: no ${note}`);
    }
    for (const { note, level, summary, subject, probe: of } of notes) {
      if (!(note in ACCEPTED)) complaints.push(`${said} ${of ?? ""}: ${level} ${note}: ${summary} (${subject})`);
    }
  }
  assert.deepEqual(complaints, []);
  const seen = new Set(python.said.flatMap(({ notes }) => notes.map(({ note }) => note)));
  assert.deepEqual(Object.keys(ACCEPTED).filter((note) => !seen.has(note)), [], "nothing is accepted that is not there");
});
