// Each provider's own library on the very bytes that Waypost takes: what we sign is what they
// would accept, and what they would accept is what Waypost stores.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { verify as githubVerify } from "@octokit/webhooks-methods";
import "@shopify/shopify-api/adapters/node";
import { shopifyApi } from "@shopify/shopify-api";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import * as bodies from "./lib/bodies.js";
import { expectAccepted } from "./lib/expect.js";
import { FEEDS, SECRETS, SOURCES } from "./lib/fixtures.js";
import * as sign from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

// Its index would load all of Slack's clients.
const { verifySlackRequest } = createRequire(import.meta.url)("@slack/bolt/dist/receivers/verify-request.js");

/** @type {import("./lib/workerd.js").Workerd} */
let server;
before(async () => (server = await startWorkerd({ sources: SOURCES, feeds: FEEDS })));
after(() => server?.stop());

/**
 * @type {{provider: string, sign: sign.Signer, body: string, type?: string, id?: string,
 *   verify: (webhook: import("./lib/waypost.js").Webhook) => unknown}[]}
 */
const cases = [
  {
    provider: "GitHub",
    sign: sign.github,
    body: bodies.fresh(),
    id: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    type: "push",
    verify: ({ body, headers }) =>
      githubVerify(SECRETS.GITHUB_WEBHOOK_SECRET, String(body), headers["x-hub-signature-256"]).then(assert.ok),
  },
  {
    provider: "Stripe",
    sign: sign.stripe,
    body: bodies.stripeEvent("evt_1NG8Du2eZvKYlo2CUI79vXWy"),
    id: "evt_1NG8Du2eZvKYlo2CUI79vXWy",
    type: "invoice.paid",
    verify: ({ body, headers }) =>
      new Stripe("sk_test_x").webhooks.constructEvent(body, headers["stripe-signature"], SECRETS.STRIPE_SECRET),
  },
  {
    provider: "Standard Webhooks",
    sign: sign.standard,
    body: bodies.fresh(),
    id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
    verify: ({ body, headers }) => new StandardWebhook(SECRETS.STANDARD_SECRET).verify(String(body), headers),
  },
  {
    provider: "Svix",
    sign: sign.svix,
    body: bodies.fresh(),
    id: "msg_loFOjxBNrRLzqYUf",
    verify: ({ body, headers }) => new SvixWebhook(SECRETS.SVIX_SECRET).verify(String(body), headers),
  },
  {
    provider: "Slack",
    sign: sign.slack,
    body: bodies.slackEvent("Ev08MFMKH6"),
    id: "Ev08MFMKH6",
    verify: ({ body, headers }) =>
      verifySlackRequest({ signingSecret: SECRETS.SLACK_SECRET, body: String(body), headers }),
  },
  {
    provider: "Shopify",
    sign: sign.shopify,
    body: bodies.fresh(),
    id: "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    type: "orders/create",
    verify: async ({ body, headers }) => {
      const shopify = shopifyApi({
        apiKey: "key",
        apiSecretKey: SECRETS.SHOPIFY_SECRET,
        apiVersion: /** @type {any} */ ("2026-10"),
        hostName: "waypost.example",
        isEmbeddedApp: false,
      });
      const rawRequest = { method: "POST", url: "/", headers };
      const result = await shopify.webhooks.validate({ rawBody: String(body), rawRequest });
      assert.ok(result.valid, JSON.stringify(result));
    },
  },
];

for (const { provider, sign, body, id, type, verify } of cases) {
  test(`${provider}: its library and Waypost accept the same bytes`, async () => {
    const waypost = new Waypost(server);
    await waypost.drain();
    const webhook = await sign(body, { id, type });
    await verify(webhook);
    expectAccepted(await waypost.post(webhook), "received", id);
    expectAccepted(await waypost.post(webhook), "already_processed", id);

    const events = await waypost.drain({ atLeast: 1 });
    assert.equal(events.length, 1);
    assert.equal(events[0].raw, body);
    assert.equal(events[0].webhook_id, id);
    if (type) assert.equal(events[0].type, type);
    assert.equal(String(await waypost.body(events[0].id)), body);
  });
}
