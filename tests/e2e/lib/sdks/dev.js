// What developers build with: content, media, voices, issues, identities.

import { randomUUID } from "node:crypto";
import { ElevenLabsClient } from "@elevenlabs/elevenlabs-js";
import { LINEAR_WEBHOOK_SIGNATURE_HEADER, LINEAR_WEBHOOK_TS_FIELD, LinearWebhookClient } from "@linear/sdk/webhooks";
import { Mux } from "@mux/mux-node";
import { SIGNATURE_HEADER_NAME, encodeSignatureHeader, isValidSignature } from "@sanity/webhook";
import { WorkOS } from "@workos-inc/node";
import { WebflowClient } from "webflow-api";
import { fresh } from "../bodies.js";
import { hmac, now } from "../sign.js";
import { JSON_TYPE } from "./kit.js";

const workos = new WorkOS("sk_of_the_tests");
const mux = new Mux({ tokenId: "of the tests", tokenSecret: "of the tests" });

/** @type {import("./kit.js").Sdk[]} */
export const DEV = [
  {
    package: "@elevenlabs/elevenlabs-js",
    provider: "elevenlabs",
    window: "checked",
    secret: "wsec_elevenlabs_of_the_tests",
    send() {
      const at = now();
      const body = fresh({ type: "post_call_transcription", event_timestamp: at, data: { text: "Grüße" } });
      const signature = hmac(this.secret, `${at}.${body}`, "hex");
      const headers = { ...JSON_TYPE, "elevenlabs-signature": `t=${at},v0=${signature}` };
      return { body, headers, type: "post_call_transcription" };
    },
    accepts({ body, headers }) {
      const { webhooks } = new ElevenLabsClient({ apiKey: "of the tests" });
      return webhooks.constructEvent(body, headers["elevenlabs-signature"], this.secret);
    },
  },
  {
    package: "@linear/sdk",
    provider: "linear",
    window: "checked",
    secret: "lin_wh_of_the_tests",
    send() {
      const id = randomUUID();
      const signedAt = { [LINEAR_WEBHOOK_TS_FIELD]: Date.now() };
      const body = fresh({ action: "create", type: "Issue", data: { title: "Tür" }, ...signedAt });
      const headers = {
        ...JSON_TYPE,
        "linear-delivery": id,
        "linear-event": "Issue",
        [LINEAR_WEBHOOK_SIGNATURE_HEADER]: hmac(this.secret, body, "hex"),
      };
      return { body, headers, id, type: "Issue" };
    },
    accepts({ body, headers }) {
      return new LinearWebhookClient(this.secret).verify(Buffer.from(body), headers[LINEAR_WEBHOOK_SIGNATURE_HEADER]);
    },
  },
  {
    package: "@mux/mux-node",
    provider: "mux",
    window: "checked",
    secret: "mux_secret_of_the_tests",
    send() {
      const [id, at] = [randomUUID(), now()];
      const object = { type: "asset", id: "of the asset" };
      const body = JSON.stringify({ type: "video.asset.ready", id, object, data: { title: "Tür" } });
      const headers = { ...JSON_TYPE, "mux-signature": `t=${at},v1=${hmac(this.secret, `${at}.${body}`, "hex")}` };
      return { body, headers, id, type: "video.asset.ready" };
    },
    accepts({ body, headers }) {
      return mux.webhooks.unwrap(body, headers, this.secret);
    },
  },
  {
    package: "@sanity/webhook",
    signs: true,
    provider: "sanity",
    window: "ignored",
    secret: "sanity secret of the tests",
    async send() {
      const id = randomUUID();
      const body = fresh({ _type: "post", title: "Tür" });
      const signature = await encodeSignatureHeader(body, Date.now(), this.secret);
      const about = { "idempotency-key": id, "sanity-operation": "update" };
      const headers = { ...JSON_TYPE, [SIGNATURE_HEADER_NAME]: signature, ...about };
      return { body, headers, id, type: "update" };
    },
    accepts({ body, headers }) {
      return isValidSignature(body, headers[SIGNATURE_HEADER_NAME], this.secret);
    },
  },
  {
    package: "webflow-api",
    provider: "webflow",
    window: "ignored",
    secret: "webflow_secret_of_the_tests",
    send() {
      const at = String(Date.now());
      const body = fresh({ triggerType: "form_submission", payload: { name: "Jürgen" } });
      const signature = hmac(this.secret, `${at}:${body}`, "hex");
      const headers = { ...JSON_TYPE, "x-webflow-timestamp": at, "x-webflow-signature": signature };
      return { body, headers, type: "form_submission" };
    },
    accepts({ body, headers }) {
      const { webhooks } = new WebflowClient({ accessToken: "of the tests" });
      return webhooks.verifySignature({ headers: /** @type {any} */ (headers), body, secret: this.secret });
    },
  },
  {
    package: "@workos-inc/node",
    signs: true,
    provider: "workos",
    window: "checked",
    secret: "workos_secret_of_the_tests",
    async send() {
      const [id, at] = [`event_${randomUUID()}`, Date.now()];
      const data = { object: "user", id: "user_1", email: "j@example.com", first_name: "Jürgen", metadata: {} };
      const body = JSON.stringify({ id, event: "user.created", created_at: new Date(at).toISOString(), data });
      const signature = await workos.webhooks.computeSignature(at, body, this.secret);
      const headers = { ...JSON_TYPE, "workos-signature": `t=${at}, v1=${signature}` };
      return { body, headers, id, type: "user.created" };
    },
    accepts({ body, headers }) {
      const about = { payload: body, sigHeader: headers["workos-signature"], secret: this.secret };
      return workos.webhooks.constructEvent(/** @type {any} */ (about));
    },
  },
];
