// Every signature that others made for a provider, sent from outside at the time that it was made: what its
// provider's row refuses and what it takes, and that each accepted webhook is stored once, byte for byte.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { ownEvent } from "./lib/bodies.js";
import { expectAccepted, expectAnswer, expectProblem, expectRefusal, expectTaken } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { Outside } from "./lib/outside.js";
import { bodyOf, published, rounds, secretsOf, urlOf } from "./lib/published.js";
import { handshakeOf, partsOf } from "./lib/scheme/handshakes.js";
import { SCHEMES, waysOf } from "./lib/scheme/ways.js";
import * as sign from "./lib/sign.js";
import { inTurns } from "./lib/turns.js";
import { until } from "./lib/wait.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** @typedef {import("./lib/waypost.js").Answer} Answer */
/** @typedef {import("./lib/waypost.js").Event} Event */
/** @typedef {typeof all[number]} Each */

/** A vector with its source. Sources share no identities, so equal vectors are no duplicates. */
const all = published().flatMap(({ provider, vectors }) =>
  vectors.map((vector, number) => {
    const scheme = SCHEMES[provider];
    const parts = partsOf(vector.headers, String(bodyOf(vector)), urlOf(vector).query);
    return {
      name: `${provider}: ${vector.name}`,
      provider,
      vector,
      scheme,
      source: `${provider}.${number}`,
      handshake: vector.refused ? undefined : handshakeOf(scheme, parts),
      covered: scheme.integrity !== "none",
      // Before anything is fetched.
      timed: !vector.fetched && waysOf(scheme).every(({ timestamp }) => timestamp),
    };
  }));
const accepted = all.filter(({ vector }) => !vector.refused);
const stored = accepted.filter(({ handshake }) => !handshake);

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
/** @type {Map<Each, Answer>} */
const answers = new Map();
/** @type {Map<Each, Answer>} to the same with a byte more in the body */
const longer = new Map();
/** @type {Map<Each, Answer>} to the same today */
const today = new Map();
/** @type {Map<string, Event[]>} by source */
let events = new Map();

before(async () => {
  const outside = await Outside.start(subscriptions());
  // What was received years ago is kept until the end of the test.
  const feeds = { default: { ...FEEDS.default, retention_days: 36_500 } };
  server = await startWorkerd({ feeds, outside, clocked: true, ...configuration() });
  waypost = new Waypost(server);
  const timed = all.filter((each) => each.timed);
  await inTurns(timed, async (each) => today.set(each, await post(each)));
  for (const { served, round } of rounds(all)) {
    outside.serve(served);
    // What was fetched in the last round is forgotten, and nothing that is queued.
    await until(isDelivered, { what: "the queue is empty" });
    await server.restart();
    for (const [at, those] of Map.groupBy(round, ({ vector }) => vector.received_at)) {
      await server.setClock(at * 1000);
      const refused = those.filter(({ vector }) => vector.refused);
      await inTurns(refused, async (each) => answers.set(each, await post(each)));
      await inTurns(those.filter(({ vector }) => !vector.refused), async (each) => {
        if (each.covered) longer.set(each, await post(each, "x"));
        answers.set(each, await post(each));
      });
    }
  }
  await server.setClock();
  const last = randomUUID();
  expectAccepted(await waypost.post(await sign.waypost(ownEvent(last))), "received", last);
  await until(isDelivered, { what: "the queue is empty" });
  const page = await waypost.drain();
  assert.equal(page.at(-1)?.webhook_id, last, "the queue keeps the order");
  events = Map.groupBy(page, ({ source }) => source);
});
after(() => server?.stop());

/** Every vector's sources and secrets. */
function configuration() {
  /** @type {Record<string, object>} */
  const sources = { default: SOURCES.default };
  /** @type {Record<string, string>} */
  const secrets = {};
  for (const [number, { provider, vector, source }] of all.entries()) {
    const named = secretsOf(vector).map((text, at) => [`VECTOR_${number}_${at}`, text]);
    Object.assign(secrets, Object.fromEntries(named));
    const names = named.length > 0 && { secrets: named.map(([name]) => name) };
    sources[source] = { provider, ...names, public_url: urlOf(vector).public_url, ...vector.settings };
  }
  return { sources, secrets };
}

async function isDelivered() {
  const { waiting, delivering } = await server.counters("QUEUE");
  return !waiting && !delivering;
}

/** The subscriptions that vectors ask to be confirmed. @returns {Record<string, string>} */
function subscriptions() {
  const visits = all.filter(({ handshake }) => handshake?.challenge?.json === "/SubscribeURL");
  return Object.fromEntries(visits.map(({ vector }) => [JSON.parse(String(bodyOf(vector))).SubscribeURL, "<ok/>"]));
}

/** @param {Each} each @param {string} [suffix] of the body */
function post({ vector, source }, suffix = "") {
  const body = Buffer.concat([bodyOf(vector), Buffer.from(suffix)]);
  return waypost.post({ source, body, headers: vector.headers, query: urlOf(vector).query });
}

for (const [provider, vectors] of Map.groupBy(all, ({ provider }) => provider)) {
  describe(provider, () => {
    for (const each of vectors) test(each.vector.name, () => check(each));
  });
}

test("every provider has vectors that it accepts", () => {
  const accepting = new Set(accepted.map(({ provider }) => provider));
  assert.deepEqual([...accepting].sort(), Object.keys(SCHEMES).sort());
});

test("nothing else is stored", () => {
  const known = new Set(["default", ...stored.map(({ source }) => source)]);
  assert.deepEqual([...events.keys()].filter((source) => !known.has(source)), []);
});

/** @param {Each} each */
async function check(each) {
  const { vector, scheme, provider, source, handshake, covered, timed } = each;
  const answer = /** @type {Answer} */ (answers.get(each));
  if (timed) {
    expectRefused(today.get(each), scheme, vector.refused ? [null] : ["stale_timestamp", "future_timestamp"]);
  }
  if (vector.refused) return expectRefused(answer, scheme);
  if (covered) expectRefused(longer.get(each), scheme);
  if (handshake) {
    if (handshake.proof === "armed") expectProblem(answer, 403, "not_armed");
    else if (!handshake.challenge) expectAnswer(answer, handshake.answer);
    else assert.equal(answer.status, handshake.answer.status);
    assert.equal(events.get(source), undefined, "a handshake is no event");
    return;
  }
  expectTaken(answer, scheme, vector.id);
  const [event, ...others] = events.get(source) ?? [];
  assert.ok(event, "it is stored");
  assert.deepEqual(others, [], "once");
  assert.equal(event.type, vector.type ?? "");
  if (vector.id) assert.equal(event.webhook_id, vector.id);
  assert.deepEqual(await waypost.body(event.id), shown(provider, vector));
}

/**
 * @param {Answer | undefined} answer
 * @param {import("./lib/scheme/ways.js").Scheme} scheme
 * @param {(string | null)[]} [codes] null for any
 */
function expectRefused(answer, scheme, codes = [null]) {
  assert.ok(answer);
  assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.text}`);
  const code = scheme.terse ? "" : answer.json.code;
  expectRefusal(answer, scheme, answer.status, code);
  assert.ok(scheme.terse || codes.includes(null) || codes.includes(code), code);
}

/** The body as it is stored: without the credential, where that stands in it. */
function shown(/** @type {string} */ provider, /** @type {Each["vector"]} */ vector) {
  if (provider !== "microsoft-graph") return bodyOf(vector);
  const [secret] = secretsOf(vector);
  return Buffer.from(String(bodyOf(vector)).replaceAll(`"${secret}"`, `"${"*".repeat(secret.length)}"`));
}
