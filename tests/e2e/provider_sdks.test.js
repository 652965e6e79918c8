// The vendors' own packages beside Waypost, a package a row: both take the very bytes and headers
// that the other takes, and refuse the same webhook with one byte changed. Where a package signs,
// it has signed; elsewhere the signature is made as the vendor's page says.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { expectAccepted, expectProblem, expectTaken, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { Outside } from "./lib/outside.js";
import { SCHEMES } from "./lib/scheme/ways.js";
import { DEV } from "./lib/sdks/dev.js";
import { MESSAGING } from "./lib/sdks/messaging.js";
import { PAYMENTS } from "./lib/sdks/payments.js";
import { PUBLIC } from "./lib/sdks/public.js";
import { STANDARD } from "./lib/sdks/standard.js";
import { URLS } from "./lib/sdks/urls.js";
import { WORK } from "./lib/sdks/work.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** @typedef {import("./lib/sdks/kit.js").Sdk} Sdk */
/** @typedef {import("./lib/sdks/kit.js").Sent} Sent */

const all = [...URLS, ...STANDARD, ...PAYMENTS, ...MESSAGING, ...DEV, ...WORK, ...PUBLIC].map((sdk, number) => {
  const source = `${sdk.provider}.${number}`;
  return { sdk, source, secretName: `SDK_${number}`, url: `https://hooks.example.com/webhooks/receive/${source}` };
});

/** Packages that receive_sdk.test.js and handshakes_sdk.test.js hold against Waypost, and the rows that they prove. */
const ELSEWHERE = {
  cloudevents: ["cloudevents"],
  github: ["@octokit/webhooks-methods"],
  shopify: ["@shopify/shopify-api"],
  slack: ["@slack/bolt"],
  "standard-webhooks": ["standardwebhooks"],
  stripe: ["stripe"],
};

/** @type {import("./lib/workerd.js").Workerd} */
let server;
before(async () => {
  /** @type {Record<string, object>} */
  const sources = { default: SOURCES.default };
  for (const { sdk, source, secretName, url } of all) {
    const named = sdk.secret !== undefined && { secrets: [secretName] };
    sources[source] = { provider: sdk.provider, ...named, ...(sdk.signsUrl && { public_url: url }), ...sdk.settings };
  }
  const secrets = Object.fromEntries(all.map(({ sdk, secretName }) => [secretName, sdk.secret ?? ""]));
  const outside = await Outside.start(Object.assign({}, ...all.map(({ sdk }) => sdk.served)));
  server = await startWorkerd({ sources, feeds: FEEDS, secrets, outside });
});
after(() => server?.stop());

for (const { sdk, source, url } of all) {
  const post = (/** @type {Waypost} */ waypost, /** @type {Sent} */ { body, headers, query = "" }) =>
    waypost.fetch(`/webhooks/receive/${source}${query}`, { method: "POST", body, headers });
  const packageAccepts = async (/** @type {Sent} */ sent) =>
    (await sdk.accepts(sent, url + (sent.query ?? ""))) !== false;
  const packageRefuses = (/** @type {Sent} */ sent) =>
    assert.rejects(async () => assert.ok(await packageAccepts(sent), "false"), "the package refuses it");

  const does = sdk.signs ? "signs and verifies" : "verifies";
  describe(`${sdk.package} ${does} ${sdk.provider}${sdk.form ? `, ${sdk.form}` : ""}`, () => {
    test("it and Waypost accept the same bytes", async () => {
      const waypost = new Waypost(server);
      await waypost.drain();
      const sent = await sdk.send(url);
      assert.ok(await packageAccepts(sent), "the package accepts it");
      const scheme = SCHEMES[sdk.provider];
      expectTaken(await post(waypost, sent), scheme, sent.id);
      const again = await post(waypost, sent);
      if (scheme.accepted) expectTaken(again, scheme);
      else expectAccepted(again, "already_processed", sent.id);

      const events = await waypost.drain({ atLeast: 1 });
      assert.equal(events.length, 1);
      assert.equal(events[0].source, source);
      if (sent.id) assert.equal(events[0].webhook_id, sent.id);
      if (sent.type) assert.equal(events[0].type, sent.type);
      assert.equal(String(await waypost.body(events[0].id)), sent.body);
    });

    if (sdk.window) {
      const who = sdk.window === "checked" ? "both refuse" : "Waypost refuses";
      const { late: tooLate = 2 * 3_600_000 } = sdk;
      test(`${who} it ${tooLate / 3_600_000} hours late`, async (t) => {
        const waypost = new Waypost(server);
        await leavesNothing(waypost, async () => {
          t.mock.timers.enable({ apis: ["Date"], now: Date.now() - tooLate });
          const late = await sdk.send(url);
          assert.ok(await packageAccepts(late), "the package accepts it in time");
          t.mock.timers.reset();
          if (sdk.window === "checked") await packageRefuses(late);
          expectProblem(await post(waypost, late), 400, "stale_timestamp");
        });
      });
    }

    for (const [what, forge] of Object.entries(forgeries(sdk))) {
      test(`both refuse it with ${what}`, async () => {
        const waypost = new Waypost(server);
        await leavesNothing(waypost, async () => {
          const genuine = await sdk.send(url);
          const forged = forge(genuine);
          assert.notDeepEqual(forged, genuine);
          assert.ok(await packageAccepts(genuine), "the package accepts what is not forged");
          await packageRefuses(forged);
          expectProblem(await post(waypost, forged), 401, "bad_signature");
        });
      });
    }
  });
}

/** @type {(sdk: Sdk) => Record<string, (sent: Sent) => Sent>} */
function forgeries({ signsUrl, forged = (body) => body.replace(/-4(?=[0-9a-f]{3}-)/, "-5"), forge }) {
  return {
    ...(forge ? { "one claim changed": forge } : { "one byte of the body changed": (sent) => ({ ...sent, body: forged(sent.body) }) }),
    ...(signsUrl && {
      "another query": (sent) => ({ ...sent, query: `${sent.query || "?"}&more=1` }),
    }),
  };
}

test("proved.json says which packages prove a row, for the page of providers", () => {
  /** @type {Record<string, string[]>} */
  const proved = structuredClone(ELSEWHERE);
  for (const { sdk } of all) proved[sdk.provider] = [...new Set([...(proved[sdk.provider] ?? []), sdk.package])];
  const written = JSON.parse(readFileSync(new URL("lib/sdks/proved.json", import.meta.url), "utf8"));
  assert.deepEqual(written, proved);
});
