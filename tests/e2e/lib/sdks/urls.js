// Packages that check the URL with the body.

import { randomUUID } from "node:crypto";
import { parse } from "node:querystring";
import { Signature as HubSpot } from "@hubspot/api-client";
import { WebhooksHelper } from "square";
import twilio from "twilio";
import { fresh } from "../bodies.js";
import { hmac } from "../sign.js";
import { FORM_TYPE, JSON_TYPE } from "./kit.js";

/** @typedef {import("./kit.js").Sdk} Sdk */

/** @type {(form: string, query: string, signed?: (url: string) => string) => Sdk} */
const twilioForm = (form, query, signed = (url) => url) => ({
  package: "twilio",
  signs: true,
  provider: "twilio",
  form,
  secret: "twilio_token_of_the_tests",
  signsUrl: true,
  send(url) {
    const id = randomUUID();
    const text = "Grüße & more = 100% +1 \u{1f600}";
    const fields = { To: "+18005551212", MessageSid: randomUUID(), Body: text, Empty: "", MessageStatus: "sent" };
    // A field that comes more than once is signed with each of its values, in their order.
    const media = ["b", "a", "b"].map((value) => ["MediaUrl", value]);
    const body = String(new URLSearchParams([...Object.entries(fields), ...media]));
    const signature = twilio.getExpectedTwilioSignature(this.secret, signed(url + query), { ...parse(body) });
    const headers = { ...FORM_TYPE, "x-twilio-signature": signature, "i-twilio-idempotency-token": id };
    return { body, headers, query, id, type: "sent" };
  },
  accepts({ body, headers }, url) {
    return twilio.validateRequest(this.secret, headers["x-twilio-signature"], url, { ...parse(body) });
  },
});

/** @type {Sdk} */
const twilioJson = {
  package: "twilio",
  signs: true,
  provider: "twilio",
  form: "JSON",
  secret: "twilio_token_of_the_tests",
  signsUrl: true,
  send(url) {
    const id = randomUUID();
    const body = fresh({ text: "Grüße" });
    const query = `?foo=1&bodySHA256=${twilio.getExpectedBodyHash(body)}`;
    const signature = twilio.getExpectedTwilioSignature(this.secret, url + query, {});
    const headers = { ...JSON_TYPE, "x-twilio-signature": signature, "i-twilio-idempotency-token": id };
    return { body, headers, query, id };
  },
  accepts({ body, headers }, url) {
    return twilio.validateRequestWithBody(this.secret, headers["x-twilio-signature"], url, body);
  },
};

/**
 * The third version signs a URL in which some escapes are undone; the package leaves that to its
 * caller.
 *
 * @type {(version: "v1" | "v2" | "v3", header: string, undone?: (url: string) => string) => Sdk}
 */
const hubspot = (version, header, undone = (url) => url) => ({
  package: "@hubspot/api-client",
  signs: true,
  provider: `hubspot-${version}`,
  window: version === "v3" ? "checked" : undefined,
  secret: "hubspot-client-secret-of-the-tests",
  signsUrl: version !== "v1",
  send(url) {
    const [query, timestamp] = ["?at=10%3A30%2Fh&name=a%20b%26c", Date.now()];
    const body = `[${fresh({ eventId: 1, subscriptionType: "contact.creation", propertyValue: "Jürgen" })}]`;
    const about = { clientSecret: this.secret, requestBody: body, url: undone(url + query), timestamp };
    const signature = HubSpot.getSignature("POST", version, /** @type {any} */ (about));
    const headers = { ...JSON_TYPE, [header]: signature, "x-hubspot-request-timestamp": String(timestamp) };
    return { body, headers, query };
  },
  accepts({ body, headers }, url) {
    return HubSpot.isValid({
      signatureVersion: version,
      method: "POST",
      clientSecret: this.secret,
      requestBody: body,
      signature: headers[header],
      timestamp: Number(headers["x-hubspot-request-timestamp"]),
      url: undone(url),
    });
  },
});

/** @type {(form: string, query: string) => Sdk} */
const square = (form, query) => ({
  package: "square",
  provider: "square",
  form,
  secret: "square_key_of_the_tests",
  signsUrl: true,
  send(url) {
    const id = randomUUID();
    const body = JSON.stringify({ merchant_id: "M1", type: "payment.updated", event_id: id, data: { note: "Tür" } });
    const signature = hmac(this.secret, url + query + body, "base64");
    const headers = { ...JSON_TYPE, "x-square-hmacsha256-signature": signature };
    return { body, headers, query, id, type: "payment.updated" };
  },
  accepts({ body, headers }, url) {
    const signature = headers["x-square-hmacsha256-signature"];
    return WebhooksHelper.isValidWebhookEventSignature(body, signature, this.secret, url);
  },
});

/** @type {Sdk[]} */
export const URLS = [
  twilioForm("form", ""),
  twilioForm("form with a query", "?foo=1&name=a%20b"),
  twilioForm("form, signed with the port", "?foo=1", (url) => url.replace(".com/", ".com:443/")),
  twilioJson,
  hubspot("v1", "x-hubspot-signature"),
  hubspot("v2", "x-hubspot-signature"),
  hubspot("v3", "x-hubspot-signature-v3", (url) => url.replaceAll("%3A", ":").replaceAll("%2F", "/")),
  square("", ""),
  square("with a query", "?shop=1&note=a%20b"),
];
