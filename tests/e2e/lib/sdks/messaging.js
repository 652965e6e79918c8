// Messages, mail and customers.

import { randomUUID } from "node:crypto";
import { LINE_SIGNATURE_HTTP_HEADER_NAME, validateSignature } from "@line/bot-sdk";
import { AwsLambdaReceiver } from "@zoom/rivet/meetings";
import { verifyRequestSignature } from "customerio-node";
import { fresh } from "../bodies.js";
import { hmac, now } from "../sign.js";
import { JSON_TYPE } from "./kit.js";

/** @type {import("./kit.js").Sdk[]} */
export const MESSAGING = [
  {
    package: "@line/bot-sdk",
    provider: "line",
    secret: "line-channel-secret-of-the-tests",
    send() {
      const body = fresh({ destination: "U1", events: [{ type: "message", message: { text: "こんにちは" } }] });
      return { body, headers: { ...JSON_TYPE, [LINE_SIGNATURE_HTTP_HEADER_NAME]: hmac(this.secret, body, "base64") } };
    },
    accepts({ body, headers }) {
      return validateSignature(body, this.secret, headers[LINE_SIGNATURE_HTTP_HEADER_NAME]);
    },
  },
  {
    package: "@zoom/rivet",
    provider: "zoom",
    window: "ignored",
    secret: "zoom-secret-token-of-the-tests",
    send() {
      const at = now();
      const payload = { account_id: "A", object: { topic: "Füße" } };
      const body = fresh({ event: "meeting.started", event_ts: at, payload });
      const headers = {
        ...JSON_TYPE,
        "x-zm-request-timestamp": String(at),
        "x-zm-signature": `v0=${hmac(this.secret, `v0:${at}:${body}`, "hex")}`,
      };
      return { body, headers, type: "meeting.started" };
    },
    async accepts({ body, headers }) {
      const receive = new AwsLambdaReceiver({ webhooksSecretToken: this.secret }).start();
      const call = /** @type {any} */ ({ body, headers });
      const { statusCode } = await quietly(() => receive(call, /** @type {any} */ ({}), () => {}));
      return statusCode === 200;
    },
  },
  {
    package: "customerio-node",
    provider: "customer-io",
    window: "ignored",
    secret: "customer-io-secret-of-the-tests",
    send() {
      const [id, at] = [randomUUID(), now()];
      const body = JSON.stringify({ event_id: id, object_type: "email", metric: "sent", data: { subject: "Grüße" } });
      const headers = {
        ...JSON_TYPE,
        "x-cio-timestamp": String(at),
        "x-cio-signature": hmac(this.secret, `v0:${at}:${body}`, "hex"),
      };
      return { body, headers, id, type: "sent" };
    },
    accepts({ body, headers }) {
      const timestamp = Number(headers["x-cio-timestamp"]);
      const signature = headers["x-cio-signature"];
      return verifyRequestSignature({ signingSecret: this.secret, timestamp, body, signature });
    },
  },
];

/**
 * It says at once, on the console, what it was called with.
 *
 * @template T
 * @param {() => T} call
 */
function quietly(call) {
  const { debug } = console;
  console.debug = () => {};
  try {
    return call();
  } finally {
    console.debug = debug;
  }
}
