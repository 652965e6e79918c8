// Every provider in every way that its scheme has: a webhook that is signed as the scheme says, and
// everything that can be forged from it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { expectRefusal, expectTaken, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { Outside } from "./lib/outside.js";
import { PUBLIC_URL, idOf, typeOf } from "./lib/scheme.js";
import { forgeriesOf } from "./lib/scheme/forgeries.js";
import { Kit } from "./lib/scheme/kit.js";
import { outsideOf, secretsOf, settingsOf } from "./lib/scheme/sources.js";
import { SCHEMES, variantsOf, waysOf } from "./lib/scheme/ways.js";
import { inTurns } from "./lib/turns.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** @typedef {import("./lib/waypost.js").Answer} Answer */

/** The statuses of the codes that refuse a webhook. @type {Record<string, number>} */
const STATUS = {
  missing_signature: 401,
  unrecognised_signature: 401,
  undecodable_signature: 401,
  bad_signature: 401,
  malformed_header: 400,
  missing_timestamp: 400,
  malformed_timestamp: 400,
  stale_timestamp: 400,
  future_timestamp: 400,
  missing_event_id: 400,
  unexpected_sender: 401,
  key_unavailable: 503,
};

const LEAST = 10;

const providers = Object.entries(SCHEMES).map(([name, scheme], number) => {
  const variants = variantsOf(scheme);
  const textsOf = secretsOf(scheme);
  const texts = new Set(waysOf(scheme).flatMap(textsOf).filter((text) => text !== ""));
  const secrets = Object.fromEntries([...texts].map((text, at) => [`PROVIDER_${number}_${at}`, text]));
  const settings = settingsOf(name, scheme);
  const source = {
    provider: name,
    ...(texts.size > 0 && { secrets: Object.keys(secrets) }),
    ...(variants.some(({ template }) => template.includes("{url")) && { public_url: PUBLIC_URL }),
    ...settings,
  };
  const kitsOf = (/** @type {number | undefined} */ most) =>
    variants.flatMap((variant) =>
      textsOf(variant.way).slice(0, most).map((secret) => new Kit(variant, `of-${name}`, secret, scheme, settings)));
  return { name, scheme, variants, source, secrets, settings, kitsOf };
});

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Outside} */
let outside;
before(async () => {
  const sources = Object.fromEntries(providers.map(({ name, source }) => [`of-${name}`, source]));
  const secrets = Object.assign({}, ...providers.map((provider) => provider.secrets));
  outside = await Outside.start();
  for (const { scheme, settings } of providers) {
    for (const way of waysOf(scheme)) outside.serve(outsideOf(way, settings));
  }
  const served = { outside, sources: { default: SOURCES.default, ...sources }, feeds: FEEDS, secrets };
  server = await startWorkerd(served);
});
after(() => server?.stop());

for (const { name, scheme, variants, kitsOf } of providers) {
  describe(name, () => {
    test(`accepts what is genuine in ${variants.length} variants`, async () => {
      const waypost = new Waypost(server);
      await waypost.drain();
      const kits = kitsOf();
      for (const kit of kits) {
        const answer = await waypost.post(kit.sent(kit.genuine));
        assert.ok(answer.status < 300, `${kit.variant.name}: ${answer.status} ${answer.text}`);
        expectTaken(answer, scheme, idOf(kit.variant, kit.genuine));
      }
      const events = await waypost.drain({ atLeast: kits.length });
      assert.equal(events.length, kits.length, "each is stored once");
      for (const [at, kit] of kits.entries()) {
        assert.equal(String(await waypost.body(events[at].id)), shown(kit), kit.variant.name);
        assert.equal(events[at].type, typeOf(kit.variant, kit.genuine), kit.variant.name);
        if (kit.token) assert.doesNotMatch(JSON.stringify(events[at]), new RegExp(kit.signature.slice(0, 12)), "no credential");
      }
    });

    test("refuses every forgery with its code, and keeps nothing", async (t) => {
      const waypost = new Waypost(server);
      const forged = kitsOf(1).map((kit) => ({ kit, forgeries: forgeriesOf(kit) }));
      const all = forged.flatMap(({ kit, forgeries }) => forgeries.map((forgery) => ({ kit, forgery })));
      t.diagnostic(`${all.length} forgeries`);
      /** @type {string[]} */
      const wrong = [];
      await leavesNothing(waypost, async () => {
        await inTurns(all, async ({ kit, forgery: { name: what, codes, webhook } }) => {
          const answer = await waypost.post(webhook);
          const code = codes.find((each) => isRefusal(answer, scheme, each));
          if (code === undefined) wrong.push(`${kit.variant.name}: ${what}: ${answer.status} ${answer.text}`);
          else expectRefusal(answer, scheme, STATUS[code], code, what);
        });
        assert.deepEqual(wrong, []);
      });
      for (const { kit, forgeries } of forged) assert.ok(forgeries.length >= LEAST, kit.variant.name);
    });
  });
}

/** Whether it is refused with this code, which a terse source does not say. */
const isRefusal = (/** @type {Answer} */ answer, /** @type {{terse?: boolean}} */ { terse }, /** @type {string} */ code) =>
  answer.status >= 400 && (terse ? answer.status === STATUS[code] : answer.json.code === code);

/** The body as it is stored: without the credential, where that stands in it. @param {Kit} kit */
function shown(kit) {
  const { body } = kit.sent(kit.genuine);
  return kit.token ? body.replaceAll(`"${kit.secret}"`, `"${"*".repeat(kit.secret.length)}"`) : body;
}

test("nothing was fetched from anywhere but where the providers keep their keys", () => {
  const known = new Set(providers.flatMap(({ scheme, settings }) =>
    waysOf(scheme).flatMap((way) => Object.keys(outsideOf(way, settings)))));
  assert.deepEqual(outside.asked.filter(({ url }) => !known.has(url)).map(({ url }) => url), []);
  assert.ok(outside.asked.length > 0);
});
