// Keys that are fetched from where the provider keeps them: how often, and what becomes of webhooks while they
// cannot be had. The world outside is the tests' own (lib/outside.js).

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { certificate } from "./lib/certificate.js";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { BREAKS, HANGS, Outside } from "./lib/outside.js";
import { idOf } from "./lib/scheme.js";
import { sharedKey } from "./lib/scheme/keys.js";
import { Kit } from "./lib/scheme/kit.js";
import { jwk, settingsOf } from "./lib/scheme/sources.js";
import { SCHEMES, variantsOf } from "./lib/scheme/ways.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** @typedef {import("./lib/outside.js").Served} Served */
/** @typedef {import("./lib/scheme.js").Draft} Draft */

const PLAID_SECRET = "plaid-secret-of-the-tests";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const kitOf = (/** @type {string} */ name, secret = "") =>
  new Kit(variantsOf(SCHEMES[name])[0], name, secret, SCHEMES[name], settingsOf(name, SCHEMES[name]));

const SETS = "https://www.googleapis.com/oauth2/v3/certs";
const PLAID = "https://environment-of-the-tests.plaid.com/webhook_verification_key/get";

/**
 * A provider with a key that nobody has asked for yet.
 *
 * @typedef {object} Fresh
 * @property {Kit} kit
 * @property {string} url where the key is
 * @property {Served} served what is there
 * @property {(draft: Draft) => void} change makes a webhook one of this key
 * @property {number} life how long the key is remembered
 */

/** The keys of the set, which grows. @type {object[]} */
const set = [];

/** @type {Record<string, () => Fresh>} */
const FRESH = {
  "aws-sns"() {
    const kit = kitOf("aws-sns");
    const url = `https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-${randomUUID().replaceAll("-", "")}.pem`;
    return { kit, url, served: certificate(sharedKey(kit.way)), change: ({ json }) => (json.SigningCertURL = url), life: 24 * HOUR };
  },
  paypal() {
    const kit = kitOf("paypal", "webhook-id-of-the-tests");
    const url = `https://api.sandbox.paypal.com/v1/notifications/certs/CERT-${randomUUID()}`;
    return { kit, url, served: certificate(sharedKey(kit.way)), change: ({ headers }) => (headers["paypal-cert-url"] = url), life: 24 * HOUR };
  },
  "google-pubsub"() {
    const kit = kitOf("google-pubsub");
    const kid = randomUUID();
    set.push(jwk(sharedKey(kit.way), { kid, use: "sig" }));
    return { kit, url: SETS, served: JSON.stringify({ keys: set }), change: ({ jose }) => Object.assign(jose ?? {}, { kid }), life: HOUR };
  },
  plaid() {
    const kit = kitOf("plaid", PLAID_SECRET);
    const kid = randomUUID();
    const served = JSON.stringify({ key: jwk(sharedKey(kit.way), { kid, expired_at: null }), request_id: "1" });
    return { kit, url: PLAID, served, change: ({ jose }) => Object.assign(jose ?? {}, { kid }), life: HOUR };
  },
};

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Outside} */
let outside;
/** @type {Waypost} */
let waypost;
before(async () => {
  outside = await Outside.start();
  /** @type {Record<string, object>} */
  const sources = { default: { ...SOURCES.default, tolerance_seconds: 604_800 } };
  for (const name of Object.keys(FRESH)) sources[name] = { provider: name, ...settingsOf(name, SCHEMES[name]) };
  sources.plaid = { ...sources.plaid, secrets: ["PLAID"] };
  sources.paypal = { ...sources.paypal, secrets: ["PAYPAL"] };
  const secrets = { PLAID: PLAID_SECRET, PAYPAL: "webhook-id-of-the-tests" };
  server = await startWorkerd({ sources, secrets, outside, clocked: true, feeds: FEEDS });
  waypost = new Waypost(server);
});
after(() => server?.stop());

/** How far the Worker's clock is ahead. It only ever goes forward. */
let ahead = 0;
const now = () => Date.now() + ahead;
const pass = (/** @type {number} */ time) => server.setClock(Date.now() + (ahead += time));

/** Forgets what was fetched. */
async function restart() {
  await server.restart();
  await pass(MINUTE);
}

/** A webhook of this key. @param {Fresh} fresh */
function webhookOf({ kit, change }) {
  const draft = kit.signed({ at: now(), change });
  return { ...kit.sent(draft), id: idOf(kit.variant, draft) };
}

/** @param {Fresh} fresh */
async function expectTaken(fresh, webhook = webhookOf(fresh)) {
  expectAccepted(await waypost.post(webhook), "received", webhook.id);
}

/** What a provider's place may answer beside a key. @type {(key: string) => [string, Served][]} */
const NO_KEYS = (key) => [
  ["the connection is cut", BREAKS],
  ["404", { status: 404 }],
  ["500 with the key", { status: 500, body: key }],
  ["206 with the key", { status: 206, body: key }],
  ["a redirect", { status: 302, headers: { location: "https://example.com/keys" } }],
  ["a redirect to itself", { status: 307, headers: { location: SETS }, body: key }],
  ["an empty answer", ""],
  ["another text", "<html>"],
  ["half a list", '{"keys":[{'],
  ["JSON without a key", '{"error":"try again"}'],
  ["a certificate of nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
  ["more than 64 KB", " ".repeat(70_000)],
  ["more than 64 KB with the key in it", key + " ".repeat(70_000)],
];

for (const name of Object.keys(FRESH)) {
  describe(name, () => {
    test("a key is fetched once, and again when its time is over", async () => {
      await pass(2 * MINUTE);
      const fresh = FRESH[name]();
      outside.serve({ [fresh.url]: fresh.served });
      const asked = () => outside.of(fresh.url).length;
      const before = asked();
      for (let sent = 0; sent < 5; sent += 1) await expectTaken(fresh);
      assert.equal(asked(), before + 1);
      await pass(fresh.life - MINUTE);
      await expectTaken(fresh);
      assert.equal(asked(), before + 1, "a minute before its end");
      await pass(2 * MINUTE);
      await expectTaken(fresh);
      assert.equal(asked(), before + 2, "a minute after its end");
      const { method, headers } = /** @type {import("./lib/outside.js").Asked} */ (outside.of(fresh.url).at(-1));
      assert.equal(method, name === "plaid" ? "POST" : "GET");
      for (const header of ["authorization", "cookie", "paypal-transmission-sig"]) assert.equal(headers[header], undefined);
    });

    for (const [number, [what]] of NO_KEYS("").entries()) {
      test(`${what}: webhooks are refused for a while, and the retry is taken`, async () => {
        await pass(2 * MINUTE);
        const fresh = FRESH[name]();
        outside.serve({ [fresh.url]: NO_KEYS(String(fresh.served))[number][1] });
        const webhook = webhookOf(fresh);
        await leavesNothing(waypost, async () => {
          const answer = await waypost.post(webhook);
          expectProblem(answer, 503, "key_unavailable");
          assert.equal(answer.headers.get("retry-after"), "5");
        });
        outside.serve({ [fresh.url]: fresh.served });
        await expectTaken(fresh, webhook);
        assert.deepEqual(outside.of("https://example.com/keys"), [], "no redirect is followed");
      });
    }
  });
}

test("a provider that never answers is given up after five seconds", async () => {
  await pass(2 * MINUTE);
  await leavesNothing(waypost, () => Promise.all(Object.values(FRESH).map(async (make) => {
    const fresh = make();
    outside.serve({ [fresh.url]: HANGS });
    const started = performance.now();
    expectProblem(await waypost.post(webhookOf(fresh)), 503, "key_unavailable");
    const took = performance.now() - started;
    assert.ok(took > 4_500 && took < 9_000, `${took} ms`);
  })));
});

test("a set is asked for the keys that it lacks once a minute, whatever they are, and one is taken when it comes", async () => {
  await pass(2 * MINUTE);
  const fresh = FRESH["google-pubsub"]();
  const coming = set.pop();
  outside.serve({ [SETS]: JSON.stringify({ keys: set }) });
  const before = outside.of(SETS).length;
  for (const [after, count] of [[0, 1], [20_000, 1], [38_000, 1], [4_000, 2], [40_000, 2]]) {
    await pass(after);
    await leavesNothing(waypost, async () => {
      expectProblem(await waypost.post(webhookOf(fresh)), 401, "bad_signature");
      const other = { ...fresh, change: ({ jose }) => Object.assign(jose ?? {}, { kid: randomUUID() }) };
      expectProblem(await waypost.post(webhookOf(other)), 401, "bad_signature");
    });
    assert.equal(outside.of(SETS).length - before, count, `after ${after} ms more`);
  }
  outside.serve({ [SETS]: JSON.stringify({ keys: [...set, coming] }) });
  await pass(MINUTE);
  await expectTaken(fresh);
});

test("Plaid is asked with the client's id and secret, and the name of the key as text", async () => {
  await pass(2 * MINUTE);
  for (const kid of [randomUUID(), 'x","secret":"y', "Ü 😀 \\ \n"]) {
    const fresh = FRESH.plaid();
    outside.serve({ [PLAID]: JSON.stringify({ key: jwk(sharedKey(fresh.kit.way), { kid }) }) });
    await expectTaken({ ...fresh, change: ({ jose }) => Object.assign(jose ?? {}, { kid }) });
    const asked = outside.of(PLAID).at(-1);
    assert.equal(asked?.headers["content-type"], "application/json");
    assert.deepEqual(JSON.parse(asked?.body ?? ""), { client_id: "client_id-of-the-tests", secret: PLAID_SECRET, key_id: kid });
  }
});

test("a key of another kind verifies nothing", async () => {
  const fresh = FRESH["google-pubsub"]();
  const { kid } = /** @type {{kid: string}} */ (set.pop());
  const keys = [jwk(sharedKey(kitOf("plaid").way), { kid }), { kid, kty: "oct", k: "AAAA" }, { kid }];
  for (const key of keys) {
    await pass(2 * MINUTE);
    outside.serve({ [SETS]: JSON.stringify({ keys: [key] }) });
    const answer = await leavesNothing(waypost, () => waypost.post(webhookOf(fresh)));
    assert.ok([401, 503].includes(answer.status), `${JSON.stringify(key)}: ${answer.status}`);
  }
});

test("a burst at a cold isolate is taken whole", async () => {
  for (const name of Object.keys(FRESH)) {
    await restart();
    const fresh = FRESH[name]();
    outside.serve({ [fresh.url]: fresh.served });
    const answers = await Promise.all(Array.from({ length: 100 }, () => waypost.post(webhookOf(fresh))));
    const statuses = Map.groupBy(answers, ({ status }) => status);
    assert.deepEqual([...statuses].map(([status, those]) => [status, those.length]), [[200, 100]], name);
  }
});

test("whoever names keys that there are not does not keep others from theirs", async () => {
  await restart();
  const known = FRESH["aws-sns"]();
  outside.serve({ [known.url]: known.served });
  await expectTaken(known);
  for (let sent = 0; sent < 70; sent += 1) {
    expectProblem(await waypost.post(webhookOf(FRESH["aws-sns"]())), 503, "key_unavailable");
  }
  await expectTaken(known);
  for (const other of [FRESH["google-pubsub"](), FRESH.plaid(), FRESH.paypal()]) {
    outside.serve({ [other.url]: other.served });
    await expectTaken(other);
  }
});

test("no secret and no token is in the log", () => {
  assert.match(server.log, /a provider's key/);
  for (const text of [PLAID_SECRET, "client_id-of-the-tests"]) assert.ok(!server.log.includes(text), text);
  // A token begins so; within a word the three letters may stand in any identity.
  assert.doesNotMatch(server.log, /(?<![\w-])eyJ/);
});
