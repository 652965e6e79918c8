// Every provider in every way that its scheme has: a webhook that is signed as the scheme says, and
// everything that can be forged from it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { PUBLIC_URL, idOf, typeOf } from "./lib/scheme.js";
import { forgeriesOf } from "./lib/scheme/forgeries.js";
import { newSecrets } from "./lib/scheme/keys.js";
import { Kit } from "./lib/scheme/kit.js";
import { SCHEMES, variantsOf } from "./lib/scheme/ways.js";
import { inTurns } from "./lib/turns.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

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
};

const LEAST = 10;

const providers = Object.entries(SCHEMES).map(([name, scheme], number) => {
  const texts = newSecrets(scheme.key);
  const secrets = Object.fromEntries(texts.map((text, at) => [`PROVIDER_${number}_${at}`, text]));
  const variants = variantsOf(scheme);
  const signsUrl = variants.some(({ template }) => template.includes("{url"));
  const source = { provider: name, secrets: Object.keys(secrets), ...(signsUrl && { public_url: PUBLIC_URL }) };
  return { name, scheme, variants, source, secrets, texts };
});

/** @type {import("./lib/workerd.js").Workerd} */
let server;
before(async () => {
  const sources = Object.fromEntries(providers.map(({ name, source }) => [`of-${name}`, source]));
  const secrets = Object.assign({}, ...providers.map((provider) => provider.secrets));
  server = await startWorkerd({ sources: { default: SOURCES.default, ...sources }, feeds: FEEDS, secrets });
});
after(() => server?.stop());

for (const { name, scheme, variants, texts } of providers) {
  const kitsOf = (/** @type {string[]} */ secrets) =>
    variants.flatMap((variant) => secrets.map((secret) => new Kit(variant, `of-${name}`, secret, scheme)));

  describe(name, () => {
    test(`accepts what is genuine in ${variants.length} variants`, async () => {
      const waypost = new Waypost(server);
      await waypost.drain();
      const kits = kitsOf(texts);
      for (const kit of kits) {
        const answer = await waypost.post(kit.sent(kit.genuine));
        assert.equal(answer.status, 200, `${kit.variant.name}: ${answer.text}`);
        expectAccepted(answer, "received", idOf(kit.variant, kit.genuine));
      }
      const events = await waypost.drain({ atLeast: kits.length });
      assert.equal(events.length, kits.length, "each is stored once");
      for (const [at, kit] of kits.entries()) {
        assert.equal(String(await waypost.body(events[at].id)), kit.sent(kit.genuine).body, kit.variant.name);
        assert.equal(events[at].type, typeOf(kit.variant, kit.genuine), kit.variant.name);
      }
    });

    test("refuses every forgery with its code, and keeps nothing", async (t) => {
      const waypost = new Waypost(server);
      const forged = kitsOf(texts.slice(0, 1)).map((kit) => ({ kit, forgeries: forgeriesOf(kit) }));
      const all = forged.flatMap(({ kit, forgeries }) => forgeries.map((forgery) => ({ kit, forgery })));
      t.diagnostic(`${all.length} forgeries`);
      /** @type {string[]} */
      const wrong = [];
      await leavesNothing(waypost, async () => {
        await inTurns(all, async ({ kit, forgery: { name: what, codes, webhook } }) => {
          const answer = await waypost.post(webhook);
          const code = codes.find((each) => answer.status !== 200 && answer.json.code === each);
          if (code === undefined) wrong.push(`${kit.variant.name}: ${what}: ${answer.status} ${answer.text}`);
          else expectProblem(answer, STATUS[code], code, what);
        });
        assert.deepEqual(wrong, []);
      });
      for (const { kit, forgeries } of forged) assert.ok(forgeries.length >= LEAST, kit.variant.name);
    });
  });
}
