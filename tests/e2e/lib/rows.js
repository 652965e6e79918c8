// How each provider's row signs, told once more and independently of the code under test, so that
// forgeries can be made from genuine webhooks.

import * as bodies from "./bodies.js";
import { SECRETS } from "./fixtures.js";
import * as sign from "./sign.js";

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {sign.Signer} sign
 * @property {() => string} body a fresh body with what the row needs in it
 * @property {string} header the header with the signature
 * @property {string} label what stands right before a signature
 * @property {string} otherLabel a label of the same form that the row does not know
 * @property {string} [separator] what stands between two signatures, in rows that take several
 * @property {"hex" | "base64"} encoding
 * @property {string | Buffer} key
 * @property {(webhook: import("./waypost.js").Webhook) => string} content what is signed
 * @property {string} [timestamp] the header with the time, where it has one of its own
 * @property {string} [timestampField] the item of the signature header with the time
 * @property {string} [signedId] the header with an id that is signed
 */

const decoded = (/** @type {string} */ secret) => Buffer.from(secret.slice("whsec_".length), "base64");

/** @type {Row[]} */
export const ROWS = [
  {
    name: "waypost",
    sign: sign.waypost,
    body: bodies.ownEvent,
    header: "x-webhook-signature",
    label: "sha256=",
    otherLabel: "sha512=",
    encoding: "hex",
    key: SECRETS.WAYPOST_SECRET,
    content: ({ body, headers }) => `${headers["x-webhook-timestamp"]}.${body}`,
    timestamp: "x-webhook-timestamp",
  },
  {
    name: "waypost-body",
    sign: sign.bare,
    body: bodies.fresh,
    header: "x-webhook-signature",
    label: "",
    otherLabel: "sha256=",
    encoding: "hex",
    key: SECRETS.BARE_SECRET,
    content: ({ body }) => String(body),
  },
  {
    name: "github",
    sign: sign.github,
    body: bodies.fresh,
    header: "x-hub-signature-256",
    label: "sha256=",
    otherLabel: "sha1=",
    encoding: "hex",
    key: SECRETS.GITHUB_WEBHOOK_SECRET,
    content: ({ body }) => String(body),
  },
  {
    name: "stripe",
    sign: sign.stripe,
    body: bodies.stripeEvent,
    header: "stripe-signature",
    label: "v1=",
    otherLabel: "v0=",
    separator: ",",
    encoding: "hex",
    key: SECRETS.STRIPE_SECRET,
    content: ({ body, headers }) => `${/t=(\d+)/.exec(headers["stripe-signature"])?.[1]}.${body}`,
    timestampField: "t",
  },
  {
    name: "standard-webhooks",
    sign: sign.standard,
    body: bodies.fresh,
    header: "webhook-signature",
    label: "v1,",
    otherLabel: "v1a,",
    separator: " ",
    encoding: "base64",
    key: decoded(SECRETS.STANDARD_SECRET),
    content: ({ body, headers }) => `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`,
    timestamp: "webhook-timestamp",
    signedId: "webhook-id",
  },
  {
    name: "standard-webhooks as Svix sends it",
    sign: sign.svix,
    body: bodies.fresh,
    header: "svix-signature",
    label: "v1,",
    otherLabel: "v2,",
    separator: " ",
    encoding: "base64",
    key: decoded(SECRETS.SVIX_SECRET),
    content: ({ body, headers }) => `${headers["svix-id"]}.${headers["svix-timestamp"]}.${body}`,
    timestamp: "svix-timestamp",
    signedId: "svix-id",
  },
  {
    name: "slack",
    sign: sign.slack,
    body: bodies.slackEvent,
    header: "x-slack-signature",
    label: "v0=",
    otherLabel: "v1=",
    encoding: "hex",
    key: SECRETS.SLACK_SECRET,
    content: ({ body, headers }) => `v0:${headers["x-slack-request-timestamp"]}:${body}`,
    timestamp: "x-slack-request-timestamp",
  },
  {
    name: "shopify",
    sign: sign.shopify,
    body: bodies.fresh,
    header: "x-shopify-hmac-sha256",
    label: "",
    otherLabel: "sha256=",
    encoding: "base64",
    key: SECRETS.SHOPIFY_SECRET,
    content: ({ body }) => String(body),
  },
  {
    name: "a scheme that only the config knows",
    sign: sign.acme,
    body: bodies.fresh,
    header: "x-acme-signature",
    label: "v1=",
    otherLabel: "v2=",
    encoding: "hex",
    key: SECRETS.ACME_SECRET,
    content: ({ body, headers }) => `${headers["x-acme-time"]}.${body}`,
    timestamp: "x-acme-time",
  },
];
