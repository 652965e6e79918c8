// Standard Webhooks, under its own names of headers and under Svix's.

import { randomUUID } from "node:crypto";
import { verifyWebhook } from "@clerk/backend/webhooks";
import OpenAI from "openai";
import { Resend } from "resend";
import { Webhook as SvixWebhook } from "svix";
import { fresh } from "../bodies.js";
import * as sign from "../sign.js";
import { hmac, now } from "../sign.js";
import { JSON_TYPE } from "./kit.js";

const openai = new OpenAI({ apiKey: "sk-of-the-tests" });

/** @type {(form: string, secret: string, key: string) => import("./kit.js").Sdk} */
const ofOpenAi = (form, secret, key) => ({
  package: "openai",
  provider: "openai",
  window: "checked",
  form,
  secret,
  send() {
    const [id, at] = [`wh_${randomUUID()}`, now()];
    const body = fresh({ object: "event", type: "response.completed", data: { id: "resp_123" } });
    const signature = hmac(key, `${id}.${at}.${body}`, "base64");
    const headers = { "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": `v1,${signature}` };
    return { body, headers: { ...JSON_TYPE, ...headers }, id, type: "response.completed" };
  },
  accepts: ({ body, headers }) => openai.webhooks.unwrap(body, headers, secret),
});

/** @type {import("./kit.js").Sdk[]} */
export const STANDARD = [
  ofOpenAi("", "whsec_b3BlbmFpLXNlY3JldC1vZi10aGUtdGVzdHM=", "openai-secret-of-the-tests"),
  ofOpenAi("a secret without a prefix", "openai-secret-of-the-tests", "openai-secret-of-the-tests"),
  {
    package: "svix",
    signs: true,
    provider: "svix",
    window: "checked",
    secret: "whsec_c3ZpeC1zZWNyZXQtb2YtdGhlLXRlc3Rz",
    async send() {
      const id = `msg_${randomUUID()}`;
      const body = fresh({ type: "invoice.paid", note: `Ü ${randomUUID()}` });
      return { ...(await sign.svix(body, { secret: this.secret, id })), body, id, type: "invoice.paid" };
    },
    accepts({ body, headers }) {
      return new SvixWebhook(this.secret).verify(body, headers);
    },
  },
  {
    package: "@clerk/backend",
    provider: "clerk",
    window: "checked",
    secret: "whsec_Y2xlcmstc2VjcmV0LW9mLXRoZS10ZXN0cw==",
    async send() {
      const id = `msg_${randomUUID()}`;
      const body = fresh({ type: "user.created", object: "event", data: { first_name: "Jürgen" } });
      return { ...(await sign.svix(body, { secret: this.secret, id })), body, id, type: "user.created" };
    },
    accepts({ body, headers }, url) {
      return verifyWebhook(new Request(url, { method: "POST", body, headers }), { signingSecret: this.secret });
    },
  },
  {
    package: "resend",
    provider: "resend",
    window: "checked",
    secret: "whsec_cmVzZW5kLXNlY3JldC1vZi10aGUtdGVzdHM=",
    async send() {
      const id = `msg_${randomUUID()}`;
      const body = fresh({ type: "email.sent", data: { subject: "Grüße" } });
      return { ...(await sign.svix(body, { secret: this.secret, id })), body, id, type: "email.sent" };
    },
    accepts({ body, headers }) {
      const [id, timestamp, signature] = ["svix-id", "svix-timestamp", "svix-signature"].map((name) => headers[name]);
      const about = { payload: body, headers: { id, timestamp, signature }, webhookSecret: this.secret };
      return new Resend("re_of_the_tests").webhooks.verify(about);
    },
  },
];
