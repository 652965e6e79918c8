// Signatures that vendors publish with the secret and the body they belong to.

/**
 * @typedef {object} Vector
 * @property {string} title with the place of publication
 * @property {string} provider
 * @property {string} secret
 * @property {string} body
 * @property {Record<string, string>} headers the signature last
 * @property {object} [atItsTime] the same scheme with the signed time as a literal, for vectors that
 *   sign a time
 */

/** Standard Webhooks, as the config would write it, at one time. */
const standardAt = (/** @type {string} */ time, /** @type {string} */ family) => ({
  algorithm: "hmac-sha256",
  encoding: "base64",
  key: { form: "base64", strip: ["whsec_"] },
  signature: { header: `${family}-signature`, field: "v1", separator: " ", equals: "," },
  signed: `{id}.${time}.{body}`,
  id: { header: `${family}-id` },
  identity: "id",
});

/** Slack's scheme, as the config would write it, at one time. */
const slackAt = (/** @type {string} */ time) => ({
  algorithm: "hmac-sha256",
  encoding: "hex",
  signature: { header: "x-slack-signature", prefix: "v0=" },
  signed: `v0:${time}:{body}`,
});

/** @type {Vector[]} */
export const VECTORS = [
  {
    title: "GitHub: docs.github.com, validating webhook deliveries",
    provider: "github",
    secret: "It's a Secret to Everybody",
    body: "Hello, World!",
    headers: {
      "x-github-delivery": "vector-docs",
      "x-github-event": "ping",
      "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    },
  },
  {
    title: "GitHub: octokit/webhooks-methods.js, test/sign.test.ts",
    provider: "github",
    secret: "mysecret",
    body: '{"foo":"bar"}',
    headers: {
      "x-github-delivery": "vector-octokit",
      "x-github-event": "ping",
      "x-hub-signature-256": "sha256=4864d2759938a15468b5df9ade20bf161da9b4f737ea61794142f3484236bda3",
    },
  },
  {
    title: "Standard Webhooks: libraries/javascript and others",
    provider: "standard-webhooks",
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    body: '{"test": 2432232314}',
    headers: {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    atItsTime: standardAt("1614265330", "webhook"),
  },
  {
    title: "Standard Webhooks: libraries/rust",
    provider: "standard-webhooks",
    secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    body: '{"email":"test@example.com","username":"test_user"}',
    headers: {
      "webhook-id": "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
      "webhook-timestamp": "1649367553",
      "webhook-signature": "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    },
    atItsTime: standardAt("1649367553", "webhook"),
  },
  {
    title: "Svix: docs.svix.com, verifying payloads by hand",
    provider: "standard-webhooks",
    secret: "whsec_plJ3nmyCDGBKInavdOK15jsl",
    body: '{"event_type":"ping","data":{"success":true}}',
    headers: {
      "svix-id": "msg_loFOjxBNrRLzqYUf",
      "svix-timestamp": "1731705121",
      "svix-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    },
    atItsTime: standardAt("1731705121", "svix"),
  },
  {
    title: "OpenAI: openai-node, tests/api-resources/webhooks.test.ts",
    provider: "standard-webhooks",
    secret: "whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c=",
    body: '{"id": "evt_685c059ae3a481909bdc86819b066fb6", "object": "event", "created_at": 1750861210, "type": "response.completed", "data": {"id": "resp_123"}}',
    headers: {
      "webhook-id": "wh_685c059ae39c8190af8c71ed1022a24d",
      "webhook-timestamp": "1750861210",
      "webhook-signature": "v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY=",
    },
    atItsTime: standardAt("1750861210", "webhook"),
  },
  {
    title: "Slack: docs.slack.dev, verifying requests",
    provider: "slack",
    secret: "8f742231b10e8888abcd99yyyzzz85a5",
    body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    headers: {
      "x-slack-request-timestamp": "1531420618",
      "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    },
    atItsTime: slackAt("1531420618"),
  },
];
