// Packages that verify with public keys. Those whose vendors make the signature with a private key have none
// that signs: here node:crypto and jose do.

import { createHash, createPublicKey, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import https from "node:https";
import { createRequire } from "node:module";
import { PassThrough } from "node:stream";
import EventWebhookModule from "@sendgrid/eventwebhook";
import { verifyKey } from "discord-interactions";
import { OAuth2Client } from "google-auth-library";
import { SignJWT, importJWK, jwtVerify } from "jose";
import { Webhook } from "standardwebhooks";
import { fresh } from "../bodies.js";
import { certificate } from "../certificate.js";
import { jwk } from "../scheme/sources.js";
import { now } from "../sign.js";
import { JSON_TYPE } from "./kit.js";

/** @typedef {import("./kit.js").Sdk} Sdk */
/** @typedef {import("node:crypto").KeyObject} KeyObject */

const ed25519 = generateKeyPairSync("ed25519").privateKey;
const ecdsa = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

const der = (/** @type {KeyObject} */ key) => createPublicKey(key).export({ type: "spki", format: "der" });

const eventWebhook = new EventWebhookModule.EventWebhook();

const SNS_CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-00000000000000000000000000000def.pem";
const SNS_PEM = certificate(rsa);
const TOPIC = "arn:aws:sns:eu-west-1:123456789012:orders";

// The package has its certificate from here, as Waypost has it from the same text.
const { get } = https;
https.get = /** @type {any} */ ((/** @type {string} */ url, /** @type {Function} */ answer) => {
  if (url !== SNS_CERTIFICATE) return get(url, /** @type {any} */ (answer));
  const response = Object.assign(new PassThrough(), { statusCode: 200 });
  answer(response);
  response.end(SNS_PEM);
  return new PassThrough();
});
const MessageValidator = createRequire(import.meta.url)("sns-validator");

/** @type {(version: "1" | "2", hash: string) => Sdk} */
const sns = (version, hash) => ({
  package: "sns-validator",
  provider: "aws-sns",
  window: "ignored",
  form: `version ${version}`,
  settings: { topic_arns: [TOPIC] },
  served: { [SNS_CERTIFICATE]: SNS_PEM },
  send() {
    const id = randomUUID();
    const message = {
      Type: "Notification",
      MessageId: id,
      TopicArn: TOPIC,
      Subject: "Grüße",
      Message: JSON.stringify({ note: `Tür\n${randomUUID()}` }),
      Timestamp: new Date().toISOString(),
    };
    const names = Object.keys(message).sort();
    const content = names.map((name) => `${name}\n${message[/** @type {"Type"} */ (name)]}\n`).join("");
    const Signature = sign(hash, Buffer.from(content), rsa).toString("base64");
    const body = JSON.stringify({ ...message, SignatureVersion: version, Signature, SigningCertURL: SNS_CERTIFICATE });
    return { body, headers: { "content-type": "text/plain; charset=UTF-8" }, id, type: "Notification" };
  },
  accepts: ({ body }) => new Promise((accept, refuse) =>
    new MessageValidator().validate(body, (/** @type {Error | null} */ error) => (error ? refuse(error) : accept(true)))),
});

const AUDIENCE = "https://hooks.example.com/pubsub";
const ACCOUNT = "push@example-project.iam.gserviceaccount.com";
const [GOOGLE_KID, PLAID_KID] = [randomUUID(), randomUUID()];

/** @type {Sdk[]} */
export const PUBLIC = [
  {
    package: "discord-interactions",
    provider: "discord",
    window: "ignored",
    secret: der(ed25519).subarray(-32).toString("hex"),
    send() {
      const at = String(now());
      const event = { type: "APPLICATION_AUTHORIZED", timestamp: new Date().toISOString(), data: { name: "Jürgen" } };
      const body = fresh({ version: 1, application_id: "1", type: 1, event });
      const signature = sign(null, Buffer.from(at + body), ed25519).toString("hex");
      const headers = { ...JSON_TYPE, "x-signature-ed25519": signature, "x-signature-timestamp": at };
      return { body, headers, type: "APPLICATION_AUTHORIZED" };
    },
    accepts({ body, headers }) {
      return verifyKey(body, headers["x-signature-ed25519"], headers["x-signature-timestamp"], this.secret ?? "");
    },
  },
  {
    package: "@sendgrid/eventwebhook",
    provider: "sendgrid",
    window: "ignored",
    late: 25 * 3_600_000,
    secret: der(ecdsa).toString("base64"),
    send() {
      const at = String(now());
      const body = `[${fresh({ event: "delivered", email: "jürgen@example.com", sg_event_id: "x" })}]\r\n`;
      const signature = sign("sha256", Buffer.from(at + body), ecdsa).toString("base64");
      const names = ["signature", "timestamp"].map((name) => `x-twilio-email-event-webhook-${name}`);
      return { body, headers: { ...JSON_TYPE, [names[0]]: signature, [names[1]]: at } };
    },
    accepts({ body, headers }) {
      const key = eventWebhook.convertPublicKeyToECDSA(this.secret ?? "");
      const [signature, at] = ["signature", "timestamp"].map((name) => headers[`x-twilio-email-event-webhook-${name}`]);
      return eventWebhook.verifySignature(key, body, signature, at);
    },
  },
  sns("1", "sha1"),
  sns("2", "sha256"),
  {
    package: "jose",
    signs: true,
    provider: "plaid",
    window: "checked",
    secret: "plaid_secret_of_the_tests",
    settings: { client_id: "of the tests", environment: "sandbox" },
    served: {
      "https://sandbox.plaid.com/webhook_verification_key/get": JSON.stringify({
        key: jwk(ecdsa, { alg: "ES256", kid: PLAID_KID, use: "sig", created_at: 1, expired_at: null }),
      }),
    },
    async send() {
      const body = fresh({ webhook_type: "TRANSACTIONS", webhook_code: "DEFAULT_UPDATE", item_id: "Tür" });
      const hash = createHash("sha256").update(body).digest("hex");
      const jwt = new SignJWT({ request_body_sha256: hash }).setIssuedAt(new Date());
      const signed = await jwt.setProtectedHeader({ alg: "ES256", kid: PLAID_KID, typ: "JWT" }).sign(ecdsa);
      return { body, headers: { ...JSON_TYPE, "plaid-verification": signed }, type: "DEFAULT_UPDATE" };
    },
    async accepts({ body, headers }) {
      const key = await importJWK(jwk(ecdsa, {}), "ES256");
      const options = { algorithms: ["ES256"], maxTokenAge: "5 min", currentDate: new Date() };
      const { payload } = await jwtVerify(headers["plaid-verification"], key, options);
      return payload.request_body_sha256 === createHash("sha256").update(body).digest("hex");
    },
  },
  {
    package: "google-auth-library",
    provider: "google-pubsub",
    window: "checked",
    settings: { audience: AUDIENCE, service_account: ACCOUNT },
    served: { "https://www.googleapis.com/oauth2/v3/certs": JSON.stringify({ keys: [jwk(rsa, { kid: GOOGLE_KID, alg: "RS256", use: "sig" })] }) },
    async send() {
      const id = randomUUID();
      const message = { messageId: id, data: Buffer.from("Tür").toString("base64"), attributes: { eventType: "OBJECT_FINALIZE" } };
      const jwt = new SignJWT({ email: ACCOUNT, email_verified: true, azp: "1", sub: "1" }).setIssuedAt(new Date());
      const claimed = jwt.setIssuer("https://accounts.google.com").setAudience(AUDIENCE).setExpirationTime(new Date(Date.now() + 3_600_000));
      const signed = await claimed.setProtectedHeader({ alg: "RS256", kid: GOOGLE_KID, typ: "JWT" }).sign(rsa);
      const body = JSON.stringify({ message, subscription: "projects/example-project/subscriptions/orders" });
      return { body, headers: { ...JSON_TYPE, authorization: `Bearer ${signed}` }, id, type: "OBJECT_FINALIZE" };
    },
    async accepts({ headers }) {
      const pem = createPublicKey(rsa).export({ type: "spki", format: "pem" });
      const token = headers.authorization.replace("Bearer ", "");
      const ticket = await new OAuth2Client().verifySignedJwtWithCertsAsync(token, { [GOOGLE_KID]: String(pem) }, AUDIENCE, ["https://accounts.google.com"]);
      return ticket.getPayload()?.email === ACCOUNT;
    },
    // The token says nothing of the body.
    forge(sent) {
      const [header, payload, signature] = sent.headers.authorization.split(".");
      const claims = JSON.parse(String(Buffer.from(payload, "base64url")));
      const other = Buffer.from(JSON.stringify({ ...claims, azp: "2" })).toString("base64url");
      return { ...sent, headers: { ...sent.headers, authorization: [header, other, signature].join(".") } };
    },
  },
  {
    package: "standardwebhooks",
    signs: true,
    provider: "gitlab-signed",
    window: "checked",
    secret: "whsec_Z2l0bGFiLXNlY3JldC1vZi10aGUtdGVzdHM=",
    send() {
      const id = randomUUID();
      const at = new Date();
      const body = fresh({ object_kind: "push", user_name: "Jürgen" });
      const signature = new Webhook(this.secret ?? "").sign(id, at, body);
      const about = { "x-gitlab-event": "Push Hook", "idempotency-key": id };
      const headers = { "webhook-id": id, "webhook-timestamp": String(Math.floor(at.getTime() / 1000)), "webhook-signature": signature };
      return { body, headers: { ...JSON_TYPE, ...about, ...headers }, id, type: "Push Hook" };
    },
    accepts({ body, headers }) {
      return new Webhook(this.secret ?? "").verify(body, headers);
    },
  },
];
