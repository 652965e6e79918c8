// POST /sources/{source}/sample: signed with the source's own secret, through the line that webhooks go through, into
// its feed; and verified there once more.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { Broker } from "./lib/broker.js";
import { expectProblem, expectRequestId, leavesNothing } from "./lib/expect.js";
import { ADMIN_TOKEN, FEEDS, POLL_TOKEN, SECRETS, SOURCES } from "./lib/fixtures.js";
import { kitsOf } from "./lib/kits.js";
import { isPublic, isToken } from "./lib/scheme/keys.js";
import { SCHEMES } from "./lib/scheme/ways.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** Every provider whose secret a source has. */
const NAMES = Object.keys(SCHEMES).filter((name) => !SCHEMES[name].keys?.handed);
const { kits, sources, secrets, outside } = kitsOf(NAMES);
const signable = kits.filter(({ scheme }) => !isPublic(scheme));

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  const other = {
    ...SOURCES,
    asana: { provider: "asana" },
    broken: { provider: "github", secrets: ["NOBODY_SET_IT"] },
    odd: { provider: "header-token", header: "x-odd", secrets: ["ODD"] },
    elsewhere: { ...SOURCES.github, feed: "elsewhere" },
  };
  server = await startWorkerd({
    sources: { ...Object.fromEntries(Object.entries(sources).map(([name, source]) => [`of-${name}`, source])), ...other },
    feeds: { ...FEEDS, elsewhere: { tokens: ["POLL_TOKEN"] } },
    secrets: { ...SECRETS, ...secrets, ODD: "two\nlines" },
    outside: await outside(),
  });
  waypost = new Waypost(server);
});
after(() => server?.stop());

/**
 * @param {string} source
 * @param {RequestInit["body"]} [body]
 * @param {string | null} [token]
 */
const sample = (source, body, token = ADMIN_TOKEN) =>
  waypost.fetch(`/sources/${source}/sample`, { method: "POST", body, headers: token === null ? {} : { authorization: `Bearer ${token}` } });

/** @param {string} id */
async function verification(id) {
  const answer = await new Waypost(server, { token: ADMIN_TOKEN }).get(`/events/${id}/verification`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

/** A sample that the source took. @param {string} source @param {string} [type] */
async function sent(source, type) {
  const answer = await sample(source, type && JSON.stringify({ type }));
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  expectRequestId(answer);
  const { status, response_status: code, ...said } = answer.json;
  assert.equal(status, "sent");
  assert.ok(code >= 200 && code < 300, answer.text);
  assert.deepEqual(Object.keys(said).sort(), ["response", "webhook_id"]);
  return said;
}

describe("every provider whose secret signs takes its sample", () => {
  for (const { name, scheme } of signable) {
    test(name, async () => {
      await waypost.drain();
      const { response, webhook_id: id } = await sent(`of-${name}`, "made.up");
      const { status = 200, body = "" } = scheme.accepted ?? {};
      if (scheme.accepted) assert.deepEqual(response, body === "" ? null : body.startsWith("{") ? JSON.parse(body) : body, `${status}`);
      else assert.deepEqual(response, { status: "received", id });
      const events = await waypost.drain({ atLeast: 1 });
      assert.deepEqual(events.map(({ source, webhook_id }) => [source, webhook_id]), [[`of-${name}`, id]], "it, and nothing else");
      if (scheme.type) assert.equal(events[0].type, "made.up");
      const shown = JSON.stringify(events[0]) + (await waypost.body(events[0].id));
      assert.ok(!Object.values(secrets).some((secret) => shown.includes(secret)), "no secret");
      const { verdict, provider, steps } = await verification(events[0].id);
      const lost = isToken(scheme) || scheme.body_hash !== undefined;
      assert.deepEqual([verdict, provider], [lost ? "unverifiable" : "verified", name], JSON.stringify(steps));
    });
  }
  assert.ok(signable.length > 75, `${signable.length}`);
});

test("a scheme of the config, a feed of its own, and a second secret", async () => {
  await waypost.drain();
  const acme = await sent("acme");
  const [event] = await waypost.drain({ atLeast: 1 });
  assert.deepEqual([event.webhook_id, event.headers["user-agent"], event.content_type], [acme.webhook_id, "waypost", "application/json"]);
  const body = JSON.parse(String(await waypost.body(event.id)));
  assert.deepEqual([body.id, body.type, typeof body.message], [acme.webhook_id, "sample", "string"]);

  const reader = new Waypost(server, { feed: "elsewhere" });
  const { webhook_id: id } = await sent("elsewhere");
  const events = await reader.drain({ atLeast: 1 });
  assert.deepEqual(events.map((event) => [event.webhook_id, event.type]), [[id, "sample"]]);
  const checked = await new Waypost(server, { feed: "elsewhere", token: ADMIN_TOKEN }).get(`/events/${events[0].id}/verification`);
  assert.match(checked.json.steps[3].detail, /`GITHUB_WEBHOOK_SECRET`\.$/, "the first secret signs");
});

test("two samples are two events", async () => {
  await waypost.drain();
  const ids = [(await sent("github")).webhook_id, (await sent("github")).webhook_id];
  const events = await waypost.drain({ atLeast: 2 });
  assert.deepEqual(events.map(({ webhook_id }) => webhook_id), ids);
});

test("a source that was handed its secret signs with it", async () => {
  const named = (/** @type {string} */ path) => waypost.fetch(path, { method: "POST", headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  expectProblem(await sample("asana"), 503, "no_secret");
  assert.equal((await named("/sources/asana/arm")).status, 200);
  const secret = `handed-${randomUUID()}`;
  assert.equal((await waypost.post({ source: "asana", body: "{}", headers: { "x-hook-secret": secret } })).status, 200);
  await waypost.drain();
  await sent("asana");
  const [event] = await waypost.drain({ atLeast: 1 });
  const { verdict, steps } = await verification(event.id);
  assert.equal(verdict, "verified", JSON.stringify(steps));
  assert.match(steps[3].detail, /what the provider handed over/);
  assert.ok(!JSON.stringify(steps).includes(secret));
  const gone = await waypost.fetch("/sources/asana/secrets", { method: "DELETE", headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  assert.equal(gone.status, 200, gone.text);
  const without = await verification(event.id);
  assert.deepEqual([without.verdict, without.steps[3].status], ["no_secret", "skipped"]);
});

test("what cannot be signed is refused, and sends nothing", async () => {
  await leavesNothing(waypost, async () => {
    const only = kits.filter(({ scheme }) => isPublic(scheme));
    assert.ok(only.length >= 7);
    for (const { name } of only) expectProblem(await sample(`of-${name}`), 409, "not_signable", name);
    expectProblem(await sample("odd"), 409, "not_signable", "a secret that no header can hold");
    expectProblem(await sample("broken"), 503, "misconfigured");
    expectProblem(await sample("nobody"), 404, "unknown_source");
    for (const body of ["[]", "{", '{"type":1}', '{"type":"a\\nb"}', JSON.stringify({ type: "größer" }), JSON.stringify({ type: "x".repeat(257) })]) {
      expectProblem(await sample("github", body), 400, "invalid_body", body);
    }
    expectProblem(await sample("github", " ".repeat(70_000)), 413, "body_too_large");
  });
});

test("what the line refuses is told as it is refused", async () => {
  const broker = new Broker();
  const refusing = await startWorkerd({ broker, sources: SOURCES, feeds: FEEDS, secrets: SECRETS });
  const without = await startWorkerd({ sources: SOURCES, feeds: FEEDS, secrets: { ADMIN_TOKEN: "" } });
  try {
    broker.queue.refuse = true;
    const init = { method: "POST", headers: { authorization: `Bearer ${ADMIN_TOKEN}` } };
    const { json, text } = await new Waypost(refusing).fetch("/sources/github/sample", init);
    assert.deepEqual([json.status, json.response_status, json.response.code], ["sent", 503, "queue_unavailable"], text);
    expectProblem(await new Waypost(without).fetch("/sources/github/sample", init), 403, "admin_closed");
  } finally {
    await Promise.all([refusing.stop(), without.stop()]);
  }
});

test("only an administrator may", async () => {
  await leavesNothing(waypost, async () => {
    for (const token of [null, "wrong", POLL_TOKEN]) {
      for (const source of ["github", "nobody", "of-discord"]) expectProblem(await sample(source, undefined, token), 401, "unauthorised", source);
    }
    for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
      const answer = await waypost.fetch("/sources/github/sample", { method, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
      assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "POST, OPTIONS"], method);
    }
  });
});
