// GET {base}/events/{id}/verification: each step of what was checked when an event came, with the secrets that its source
// has now; for administrators alone.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { fresh, jsonOfSize, stripeEvent } from "./lib/bodies.js";
import { Broker } from "./lib/broker.js";
import { expectAccepted, expectProblem, expectRequestId } from "./lib/expect.js";
import { ADMIN_TOKEN, FEEDS, POLL_TOKEN, SECRETS, SOURCES } from "./lib/fixtures.js";
import { kitsOf } from "./lib/kits.js";
import { Outside } from "./lib/outside.js";
import { isToken } from "./lib/scheme/keys.js";
import { SCHEMES } from "./lib/scheme/ways.js";
import * as sign from "./lib/sign.js";
import { temporaryFolder } from "./lib/temp.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const NAMES = Object.keys(SCHEMES).filter((name) => !SCHEMES[name].keys?.handed);
const { kits, sources, secrets, outside } = kitsOf(NAMES);

const STEPS = ["headers", "timestamp", "content", "signature", "identity"];

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  const of = Object.fromEntries(Object.entries(sources).map(([name, source]) => [`of-${name}`, source]));
  server = await startWorkerd({
    sources: { ...of, ...SOURCES, shown: { ...SOURCES.github, feed: "shown" } },
    feeds: { ...FEEDS, shown: { public: true, tokens: ["POLL_TOKEN"] } },
    secrets: { ...SECRETS, ...secrets },
    outside: await outside(),
  });
  waypost = new Waypost(server);
});
after(() => server?.stop());

/** @param {string} id @param {{on?: {url: string}, feed?: string, token?: string | null, method?: string, headers?: Record<string, string>}} [options] */
const ask = (id, { on = server, feed, token = ADMIN_TOKEN, ...init } = {}) =>
  new Waypost(on, { feed, token }).get(`/events/${id}/verification`, init);

/** What is told, each step by its name. @param {string} id @param {Parameters<typeof ask>[1]} [options] */
async function told(id, options) {
  const answer = await ask(id, options);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  expectRequestId(answer);
  const { steps, ...rest } = answer.json;
  assert.deepEqual(steps.map((/** @type {{step: string}} */ { step }) => step), STEPS);
  for (const { status, detail } of steps) assert.ok(["passed", "failed", "skipped"].includes(status) && detail !== "", answer.text);
  assert.ok(![...Object.values(secrets), ...Object.values(SECRETS)].some((secret) => answer.text.includes(secret)), "no secret is told");
  const by = Object.fromEntries(steps.map((/** @type {{step: string}} */ step) => [step.step, step]));
  return { ...rest, steps: by, statuses: steps.map((/** @type {{status: string}} */ { status }) => status), text: answer.text };
}

/** Posts, and brings the event. @param {import("./lib/waypost.js").Webhook} webhook @param {Waypost} [on] */
async function stored(webhook, on = waypost) {
  await on.drain();
  const answer = await on.post(webhook);
  assert.ok(answer.status < 300, answer.text);
  const [event] = await on.drain({ atLeast: 1 });
  return event;
}

describe("what any provider sent is verified again, or it is said what was not kept", () => {
  for (const { name, scheme, kit } of kits) {
    test(name, async () => {
      const webhook = kit.sent(kit.genuine);
      const event = await stored({ ...webhook, source: `of-${name}` });
      const { source, provider, verdict, steps, statuses, text } = await told(event.id);
      assert.deepEqual([source, provider], [`of-${name}`, name]);
      const kept = !isToken(scheme) && webhook.query === "" && !(scheme.signature.header === "authorization");
      assert.equal(verdict, kept ? "verified" : "unverifiable", text);
      assert.ok(!statuses.includes("failed"), text);
      if (!kept) return assert.match(text, /kept with an event|asterisks/);
      assert.deepEqual([steps.headers.status, steps.signature.status, steps.identity.status], ["passed", "passed", "passed"], text);
      assert.equal(steps.timestamp.status, scheme.timestamp ? "passed" : "skipped", text);
      assert.match(steps.signature.detail, /`KIT_\d+`|https:\/\//, "by its name, or by where it was fetched from");
    });
  }
});

test("each step says what was found", async () => {
  const at = sign.now() - 7;
  const event = await stored(await sign.stripe(stripeEvent("evt_told"), { at }));
  const { verdict, steps, text } = await told(event.id);
  assert.equal(verdict, "verified", text);
  assert.match(steps.headers.detail, /^`stripe-signature`: `t=\d+,v1=[0-9a-f]{64}/);
  assert.match(steps.timestamp.detail, new RegExp(`^Signed at ${new Date(at * 1000).toISOString().slice(0, 19)}Z, [789] s before the receipt; 300 s are taken\\.$`));
  assert.equal(steps.content.detail, `\`${at}.{body}\`; the body has ${event.size} bytes.`);
  assert.equal(steps.signature.detail, "hmac-sha256 in hex, checked with `STRIPE_SECRET`.");
  assert.match(steps.identity.detail, /id `evt_told`/);
});

test("which of the secrets it was", async () => {
  const old = await stored(await sign.github(fresh(), { secret: SECRETS.GITHUB_WEBHOOK_SECRET_OLD }));
  assert.equal((await told(old.id)).steps.signature.detail, "hmac-sha256 in hex, checked with `GITHUB_WEBHOOK_SECRET_OLD`.");
  const now = await stored(await sign.github(fresh()));
  assert.equal((await told(now.id)).steps.signature.detail, "hmac-sha256 in hex, checked with `GITHUB_WEBHOOK_SECRET`.");
});

test("bodies of every size, and what is no text", async () => {
  for (const body of ["0", jsonOfSize(3_000), jsonOfSize(150_000), jsonOfSize(3_000_000)]) {
    const event = await stored(await sign.github(body));
    const { verdict, steps, text } = await told(event.id);
    assert.equal(verdict, "verified", text);
    assert.equal(steps.content.detail, `\`{body}\`; the body has ${body.length} bytes.`);
  }
  const bytes = Buffer.from([0, 255, 128, 10]);
  const { headers } = await sign.github("x");
  const signature = createHmac("sha256", SECRETS.GITHUB_WEBHOOK_SECRET).update(bytes).digest("hex");
  const event = await stored({ source: "github", body: bytes, headers: { ...headers, "x-hub-signature-256": `sha256=${signature}`, "x-github-delivery": "bytes" } });
  assert.equal((await told(event.id)).verdict, "verified");
});

test("only an administrator is told, of a public feed too", async () => {
  const event = await stored(await sign.github(fresh()));
  const shown = await stored({ ...(await sign.github(fresh())), source: "shown" }, new Waypost(server, { feed: "shown" }));
  for (const token of [null, "wrong", POLL_TOKEN]) {
    for (const [id, feed] of [[event.id, undefined], [shown.id, "shown"], ["x", undefined]]) {
      const answer = await ask(/** @type {string} */ (id), { token, feed });
      expectProblem(answer, 401, "unauthorised", `${token} ${feed}`);
      assert.ok(!answer.text.includes("steps"));
    }
  }
  const answer = await told(shown.id, { feed: "shown" });
  assert.match(answer.steps.headers.detail, /sha256=/, "with the signature, which the public feed does not show");
  assert.ok(!(await new Waypost(server, { feed: "shown", token: null }).get(`/events/${shown.id}`)).text.includes("x-hub-signature"));
  // It is never 304, whatever is held.
  assert.equal((await ask(shown.id, { feed: "shown", headers: { "if-none-match": "*" } })).status, 200);
});

test("what is not there", async () => {
  const event = await stored(await sign.github(fresh()));
  for (const id of ["x", "0000000000000001_0000000000000001", `${event.id}0`]) expectProblem(await ask(id), 404, "unknown_event", id);
  expectProblem(await ask(event.id, { feed: "nobody" }), 404, "unknown_feed");
  assert.equal((await new Waypost(server, { token: ADMIN_TOKEN }).get(`/events/${event.id}`, { method: "DELETE" })).status, 200);
  expectProblem(await ask(event.id), 410, "event_erased");
});

test("a secret that was changed, a source that has gone, and one that is broken", async () => {
  const state = temporaryFolder("verification");
  const broker = new Broker();
  const paypal = kits.find(({ name }) => name === "paypal");
  assert.ok(paypal);
  const { default: own, github } = SOURCES;
  const urls = { provider: "square", secrets: ["SQUARE"], public_url: "https://hooks.example.com/in" };
  const kept = { default: own, github, urls, fetched: sources.paypal };
  let running = await startWorkerd({
    broker, state, feeds: FEEDS, secrets: { ...SECRETS, ...secrets, SQUARE: "square" }, outside: await outside(),
    sources: { ...kept, gone: github, broken: github },
  });
  /** @type {Record<string, string>} */
  const ids = {};
  try {
    const on = new Waypost(running);
    for (const source of ["github", "gone", "broken"]) ids[source] = (await stored({ ...(await sign.github(fresh())), source }, on)).id;
    const body = fresh();
    const signature = createHmac("sha256", "square").update(`${urls.public_url}${body}`).digest("base64");
    ids.urls = (await stored({ source: "urls", body, headers: { "content-type": "application/json", "x-square-hmacsha256-signature": signature } }, on)).id;
    assert.equal((await told(ids.urls, { on: running })).verdict, "verified", "without a query");
    ids.fetched = (await stored({ ...paypal.kit.sent(paypal.kit.genuine), source: "fetched" }, on)).id;
    assert.equal((await told(ids.fetched, { on: running })).verdict, "verified");
  } finally {
    await running.stop();
  }
  const changed = { GITHUB_WEBHOOK_SECRET: "another one", GITHUB_WEBHOOK_SECRET_OLD: "and another", SQUARE: "another square" };
  const again = new Broker();
  running = await startWorkerd({
    broker: again, state, feeds: FEEDS, secrets: { ...SECRETS, ...secrets, ...changed }, outside: await Outside.start({}),
    sources: { ...kept, broken: { ...github, secrets: ["NOBODY_SET_IT"] } },
  });
  try {
    const at = (/** @type {string} */ source) => told(ids[source], { on: running });
    const github = await at("github");
    assert.deepEqual([github.verdict, github.statuses], ["bad_signature", ["passed", "skipped", "passed", "failed", "skipped"]], github.text);
    assert.match(github.steps.signature.detail, /checked with `GITHUB_WEBHOOK_SECRET`, `GITHUB_WEBHOOK_SECRET_OLD`\./);
    const right = createHmac("sha256", changed.GITHUB_WEBHOOK_SECRET);
    const body = await new Waypost(running).body(ids.github);
    assert.ok(!github.text.includes(right.update(body).digest("hex")), "what would be right is not told");
    for (const [source, why] of /** @type {[string, RegExp][]} */ ([["gone", /No source of this name/], ["broken", /not configured, or not correctly/]])) {
      const { verdict, statuses, steps, provider } = await at(source);
      assert.deepEqual([verdict, new Set(statuses), provider], ["unverifiable", new Set(["skipped"]), source === "gone" ? null : "github"]);
      assert.match(steps.headers.detail, why);
    }
    // Its URL may have had a query.
    const urls = await at("urls");
    assert.deepEqual([urls.verdict, urls.statuses], ["unverifiable", ["passed", "skipped", "passed", "skipped", "skipped"]], urls.text);
    assert.match(urls.steps.signature.detail, /query/);
    const fetched = await at("fetched");
    assert.deepEqual([fetched.verdict, fetched.steps.signature.status], ["key_unavailable", "skipped"], fetched.text);
  } finally {
    await running.stop();
  }
});
