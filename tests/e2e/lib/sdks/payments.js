// Payments and shops.

import { randomUUID } from "node:crypto";
import { hmacValidator as HmacValidator } from "@adyen/api-library";
import { Paddle } from "@paddle/paddle-node-sdk";
import braintree from "braintree";
import coinbase from "coinbase-commerce-node";
import Razorpay from "razorpay";
import { fresh } from "../bodies.js";
import { hmac, now } from "../sign.js";
import { FORM_TYPE, JSON_TYPE } from "./kit.js";

const ADYEN_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
const adyen = new HmacValidator();

const gateway = new braintree.BraintreeGateway({
  environment: braintree.Environment.Sandbox,
  merchantId: "merchant_of_the_tests",
  publicKey: "public_key_of_the_tests",
  privateKey: "private_key_of_the_tests",
});

/**
 * What is signed ends in a newline, which forms may lose on their way.
 *
 * @type {(form: string, sent: (payload: string) => string) => import("./kit.js").Sdk}
 */
const notification = (form, sent) => ({
  package: "braintree",
  signs: true,
  provider: "braintree",
  form,
  secret: gateway.config.privateKey,
  async send() {
    const { SubscriptionWentPastDue } = braintree.WebhookNotification.Kind;
    const { bt_signature, bt_payload } = await gateway.webhookTesting.sampleNotification(
      SubscriptionWentPastDue,
      randomUUID(),
    );
    // Several keys may have signed; only one of them is ours.
    const signatures = `another_public_key|${"0".repeat(40)}&${bt_signature}`;
    const body = new URLSearchParams({ bt_signature: signatures, bt_payload: sent(bt_payload) });
    return { body: String(body), headers: FORM_TYPE };
  },
  accepts({ body }) {
    const { bt_signature, bt_payload } = Object.fromEntries(new URLSearchParams(body));
    return gateway.webhookNotification.parse(bt_signature, bt_payload);
  },
  /** The payload is base64, and begins with `<notification>`. */
  forged: (body) => body.replace("bt_payload=PG5v", "bt_payload=PG5w"),
});

/** @type {import("./kit.js").Sdk[]} */
export const PAYMENTS = [
  {
    package: "@adyen/api-library",
    signs: true,
    provider: "adyen",
    secret: ADYEN_KEY,
    send() {
      const item = {
        additionalData: {},
        amount: { value: 1130, currency: "EUR" },
        pspReference: randomUUID(),
        eventCode: "AUTHORISATION",
        eventDate: "2026-10-01T10:00:00+02:00",
        merchantAccountCode: "WaypostTest",
        merchantReference: "Bestellung Nr. 7 – Ü:\\",
        paymentMethod: "visa",
        success: "true",
      };
      const hmacSignature = adyen.calculateHmac(/** @type {any} */ (item), ADYEN_KEY);
      const signed = { ...item, additionalData: { hmacSignature } };
      const body = JSON.stringify({ live: "false", notificationItems: [{ NotificationRequestItem: signed }] });
      return { body, headers: JSON_TYPE, type: "AUTHORISATION" };
    },
    accepts: ({ body }) => adyen.validateHMAC(JSON.parse(body).notificationItems[0].NotificationRequestItem, ADYEN_KEY),
  },
  {
    package: "@adyen/api-library",
    signs: true,
    provider: "adyen-banking",
    secret: ADYEN_KEY,
    send() {
      const body = fresh({ environment: "test", type: "balancePlatform.transfer.created", data: { reference: "Ü" } });
      const headers = { ...JSON_TYPE, hmacsignature: adyen.calculateHmac(body, ADYEN_KEY), protocol: "HmacSHA256" };
      return { body, headers, type: "balancePlatform.transfer.created" };
    },
    accepts: ({ body, headers }) => adyen.validateHMACSignature(ADYEN_KEY, headers.hmacsignature, body),
  },
  notification("", (payload) => payload),
  notification("a payload without its last newline", (payload) => payload.trimEnd()),
  {
    package: "coinbase-commerce-node",
    signs: true,
    provider: "coinbase-commerce",
    secret: "f7a1c0de-coinbase-secret-of-the-tests",
    send() {
      const id = randomUUID();
      const event = { id, type: "charge:confirmed", resource: "event", data: { name: "Tür" } };
      const body = JSON.stringify({ attempt_number: 1, event, id: 1 });
      const signature = coinbase.Webhook.computeSignature(body, this.secret);
      return { body, headers: { ...JSON_TYPE, "x-cc-webhook-signature": signature }, id, type: "charge:confirmed" };
    },
    accepts({ body, headers }) {
      return coinbase.Webhook.verifyEventBody(body, headers["x-cc-webhook-signature"], this.secret);
    },
  },
  {
    package: "@paddle/paddle-node-sdk",
    provider: "paddle",
    window: "checked",
    secret: "pdl_ntfset_01gkdqjd_OfTheTests/+abc",
    send() {
      const [id, at] = [`evt_${randomUUID()}`, now()];
      const data = { id: "add_of_the_tests", city: "Köln" };
      const body = JSON.stringify({ event_id: id, event_type: "address.created", data });
      const signature = hmac(this.secret, `${at}:${body}`, "hex");
      const headers = { ...JSON_TYPE, "paddle-signature": `ts=${at};h1=${signature}` };
      return { body, headers, id, type: "address.created" };
    },
    accepts({ body, headers }) {
      return new Paddle("key").webhooks.unmarshal(body, this.secret, headers["paddle-signature"]);
    },
  },
  {
    package: "razorpay",
    provider: "razorpay",
    secret: "razorpay secret of the tests",
    send() {
      const id = randomUUID();
      const body = fresh({ entity: "event", event: "payment.authorized", payload: { name: "गौरव" } });
      const headers = {
        ...JSON_TYPE,
        "x-razorpay-event-id": id,
        "x-razorpay-signature": hmac(this.secret, body, "hex"),
      };
      return { body, headers, id, type: "payment.authorized" };
    },
    accepts({ body, headers }) {
      return Razorpay.validateWebhookSignature(body, headers["x-razorpay-signature"], this.secret);
    },
  },
];
