// Every signature that others made for a provider, sent from outside: what its provider's row
// refuses and what it takes, and that each accepted webhook is stored once, byte for byte.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { ownEvent } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { bodyOf, published, secretsOf, sentAt, urlOf } from "./lib/published.js";
import { SCHEMES } from "./lib/scheme/ways.js";
import * as sign from "./lib/sign.js";
import { inTurns } from "./lib/turns.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** @typedef {import("./lib/waypost.js").Answer} Answer */
/** @typedef {import("./lib/waypost.js").Event} Event */

/**
 * A vector with the sources it is sent to: `row` has the provider, `then` its scheme at the time
 * that the vector signs. Sources share no identities, so equal vectors are no duplicates.
 */
const all = published().flatMap(({ provider, vectors }) => {
  const { tolerance_seconds, integrity } = SCHEMES[provider];
  return vectors.map((vector, number) => {
    const sent = sentAt(provider, vector);
    const name = `${provider}.${number}`;
    const inTime = Math.abs(vector.received_at - (sent?.at ?? NaN)) <= tolerance_seconds;
    return {
      name: `${provider}: ${vector.name}`,
      provider,
      vector,
      sent,
      row: name,
      then: sent && `${name}.then`,
      accepts: vector.refused ? undefined : sent ? `${name}.then` : name,
      // Where the time alone is wrong, the scheme without its window has nothing to refuse.
      refuses: vector.refused ? [name, ...(inTime ? [`${name}.then`] : [])] : sent ? [name] : [],
      covered: integrity !== "none",
    };
  });
});

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
/** @type {Map<string, Answer>} by the source that answered */
const answers = new Map();
/** @type {Map<string, Answer>} to the same with a byte more in the body */
const longer = new Map();
/** @type {Map<string, Event[]>} by source */
let events = new Map();

before(async () => {
  server = await startWorkerd({ feeds: FEEDS, ...configuration() });
  waypost = new Waypost(server);
  // All that must be refused goes first: what it left would be stored before the last webhook.
  const refusals = all.flatMap((each) => each.refuses.map((source) => ({ each, source })));
  await inTurns(refusals, async ({ each, source }) => answers.set(source, await post(each, source)));
  const accepted = all.filter(({ accepts }) => accepts !== undefined);
  await inTurns(accepted, async (each) => {
    const source = /** @type {string} */ (each.accepts);
    if (each.covered) longer.set(source, await post(each, source, "x"));
    answers.set(source, await post(each, source));
  });
  const last = randomUUID();
  expectAccepted(await waypost.post(await sign.waypost(ownEvent(last))), "received", last);
  const stored = await waypost.drain({ atLeast: accepted.length + 1 });
  assert.equal(stored.at(-1)?.webhook_id, last, "the queue keeps the order");
  events = Map.groupBy(stored, ({ source }) => source);
});
after(() => server?.stop());

/** Every vector's sources and secrets. */
function configuration() {
  /** @type {Record<string, object>} */
  const sources = { default: SOURCES.default };
  /** @type {Record<string, string>} */
  const secrets = {};
  for (const [number, { provider, vector, row, then, sent }] of all.entries()) {
    const named = secretsOf(vector).map((text, at) => [`VECTOR_${number}_${at}`, text]);
    Object.assign(secrets, Object.fromEntries(named));
    const common = { secrets: named.map(([name]) => name), public_url: urlOf(vector).public_url };
    sources[row] = { provider, ...common };
    if (then) sources[then] = { scheme: sent?.scheme, ...common };
  }
  return { sources, secrets };
}

/** @param {typeof all[number]} each @param {string} source */
function post({ vector }, source, suffix = "") {
  const body = Buffer.concat([bodyOf(vector), Buffer.from(suffix)]);
  return waypost.post({ source, body, headers: vector.headers, query: urlOf(vector).query });
}

/** @param {Answer | undefined} answer */
function expectRefused(answer) {
  assert.ok(answer);
  assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.text}`);
  expectProblem(answer, answer.status, answer.json.code);
}

for (const [provider, vectors] of Map.groupBy(all, ({ provider }) => provider)) {
  describe(provider, () => {
    for (const each of vectors) test(each.vector.name, () => check(each));
  });
}

test("every provider has vectors that it accepts", () => {
  const accepting = new Set(all.filter(({ accepts }) => accepts !== undefined).map(({ provider }) => provider));
  assert.deepEqual([...accepting].sort(), Object.keys(SCHEMES).sort());
});

test("nothing else is stored", () => {
  const known = new Set(["default", ...all.map(({ accepts }) => accepts)]);
  assert.deepEqual([...events.keys()].filter((source) => !known.has(source)), []);
});

/** @param {typeof all[number]} each */
async function check({ vector, sent, row, accepts, refuses, covered }) {
  for (const source of refuses) {
    expectRefused(answers.get(source));
    assert.equal(events.get(source), undefined, "nothing is left");
  }
  if (accepts === undefined) return;
  if (sent) {
    const code = Number(sent.at) * 1000 < Date.now() ? "stale_timestamp" : "future_timestamp";
    expectProblem(/** @type {Answer} */ (answers.get(row)), 400, code);
  }
  if (covered) expectRefused(longer.get(accepts));
  expectAccepted(/** @type {Answer} */ (answers.get(accepts)), "received", vector.id);
  const [event, ...others] = events.get(accepts) ?? [];
  assert.ok(event, "it is stored");
  assert.deepEqual(others, [], "once");
  assert.equal(event.type, vector.type ?? "");
  assert.equal(event.webhook_id, answers.get(accepts)?.json.id);
  assert.deepEqual(await waypost.body(event.id), bodyOf(vector));
}
