// Webhooks as their providers send them. Where a provider publishes a library that signs, that
// library signs; the others are written out from the provider's page, and receive_sdk.test.js
// holds their bytes against the provider's own verification.

import { createHmac, randomUUID } from "node:crypto";
import { sign as githubSignature } from "@octokit/webhooks-methods";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import { SECRETS } from "./fixtures.js";

/**
 * @typedef {object} Options
 * @property {string} [secret]
 * @property {string} [id] the provider's id of the webhook
 * @property {string} [type]
 * @property {number} [at] unix seconds
 */

/** @typedef {import("./waypost.js").Webhook} Webhook */
/** @typedef {(body: string, options?: Options) => Promise<Webhook>} Signer */

export const now = () => Math.floor(Date.now() / 1000);

/**
 * @param {string} key
 * @param {string | Buffer} content
 * @param {"hex" | "base64"} encoding
 * @param {string} [algorithm]
 */
export const hmac = (key, content, encoding, algorithm = "sha256") =>
  createHmac(algorithm, key).update(content).digest(encoding);

const JSON_TYPE = { "content-type": "application/json" };

/** @type {Signer} */
export async function github(body, { secret = SECRETS.GITHUB_WEBHOOK_SECRET, id = randomUUID(), type = "push" } = {}) {
  return {
    source: "github",
    body,
    headers: {
      ...JSON_TYPE,
      "user-agent": "GitHub-Hookshot/044aadd",
      "x-github-event": type,
      "x-github-delivery": id,
      "x-hub-signature-256": await githubSignature(secret, body),
    },
  };
}

const stripeSdk = new Stripe("sk_test_of_the_tests");

/** @type {Signer} The id and the type of a Stripe event stand in its body. */
export async function stripe(body, { secret = SECRETS.STRIPE_SECRET, at = now() } = {}) {
  const signature = stripeSdk.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: at });
  return { source: "stripe", body, headers: { ...JSON_TYPE, "stripe-signature": signature } };
}

/** @type {Signer} */
export async function standard(body, { secret = SECRETS.STANDARD_SECRET, id = `msg_${randomUUID()}`, at = now() } = {}) {
  return {
    source: "standard",
    body,
    headers: {
      ...JSON_TYPE,
      "webhook-id": id,
      "webhook-timestamp": String(at),
      "webhook-signature": new StandardWebhook(secret).sign(id, new Date(at * 1000), body),
    },
  };
}

/** @type {Signer} */
export async function svix(body, { secret = SECRETS.SVIX_SECRET, id = `msg_${randomUUID()}`, at = now() } = {}) {
  return {
    source: "svix",
    body,
    headers: {
      ...JSON_TYPE,
      "svix-id": id,
      "svix-timestamp": String(at),
      "svix-signature": new SvixWebhook(secret).sign(id, new Date(at * 1000), body),
    },
  };
}

/** @type {Signer} https://docs.slack.dev/authentication/verifying-requests-from-slack */
export async function slack(body, { secret = SECRETS.SLACK_SECRET, at = now() } = {}) {
  return {
    source: "slack",
    body,
    headers: {
      ...JSON_TYPE,
      "x-slack-request-timestamp": String(at),
      "x-slack-signature": `v0=${hmac(secret, `v0:${at}:${body}`, "hex")}`,
    },
  };
}

/** @type {Signer} https://shopify.dev/docs/apps/build/webhooks/subscribe/https */
export async function shopify(body, { secret = SECRETS.SHOPIFY_SECRET, id = randomUUID(), type = "orders/create" } = {}) {
  return {
    source: "shopify",
    body,
    headers: {
      ...JSON_TYPE,
      "x-shopify-topic": type,
      "x-shopify-hmac-sha256": hmac(secret, body, "base64"),
      "x-shopify-shop-domain": "waypost.myshopify.com",
      "x-shopify-api-version": "2026-10",
      "x-shopify-webhook-id": id,
    },
  };
}

/** @type {Signer} This project's own signature; `id` goes into the header, not into the body. */
export async function waypost(body, { secret = SECRETS.WAYPOST_SECRET, id, at = now(), type = "test.event" } = {}) {
  return {
    source: "default",
    body,
    headers: {
      ...JSON_TYPE,
      "x-webhook-signature": `sha256=${hmac(secret, `${at}.${body}`, "hex")}`,
      "x-webhook-timestamp": String(at),
      "x-webhook-event": type,
      ...(id === undefined ? {} : { "x-webhook-id": id }),
    },
  };
}

/** @type {Signer} The bare form, without a time. */
export async function bare(body, { secret = SECRETS.BARE_SECRET, id, type = "test.event" } = {}) {
  return {
    source: "bare",
    body,
    headers: {
      ...JSON_TYPE,
      "x-webhook-signature": hmac(secret, body, "hex"),
      "x-webhook-event": type,
      ...(id === undefined ? {} : { "x-webhook-id": id }),
    },
  };
}

/** @type {Signer} The provider that only the config of fixtures.js describes. */
export async function acme(body, { secret = SECRETS.ACME_SECRET, id = randomUUID(), at = now() } = {}) {
  return {
    source: "acme",
    body,
    headers: {
      ...JSON_TYPE,
      "x-acme-time": String(at),
      "x-acme-id": id,
      "x-acme-signature": `v1=${hmac(secret, `${at}.${body}`, "hex")}`,
    },
  };
}
