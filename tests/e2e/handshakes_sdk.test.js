// The vendors' own packages beside Waypost, for what is no webhook: the same challenge has the same answer, and
// what the package refuses is refused.

import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, randomBytes, randomUUID, sign as signed } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { AwsLambdaReceiver } from "@zoom/rivet/meetings";
import braintree from "braintree";
import { CloudEvent, HTTP } from "cloudevents";
import { verifyKeyMiddleware, verifyWebhookEventMiddleware } from "discord-interactions";
import twilio from "twilio";
import { expectAccepted, expectAnswer, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SECRETS, SOURCES } from "./lib/fixtures.js";
import { hmac, now } from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

// Its index would load all of Slack's clients.
const { default: ExpressReceiver } = createRequire(import.meta.url)("@slack/bolt/dist/receivers/ExpressReceiver.js");

/** @typedef {import("./lib/waypost.js").Answer} Answer */

const JSON_TYPE = { "content-type": "application/json" };
const ORIGIN = "eventemitter.example.com";

const discordKey = generateKeyPairSync("ed25519").privateKey;
const discordPublic = createPublicKey(discordKey).export({ type: "spki", format: "der" }).subarray(-32).toString("hex");

const more = {
  BRAINTREE: "private_key_of_the_tests",
  ZOOM: "zoom_secret_of_the_tests",
  DISCORD: discordPublic,
  CLOUDEVENTS: "cloudevents-token-of-the-tests",
  TWILIO: "twilio_token_of_the_tests",
};

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  const sources = {
    default: SOURCES.default,
    slack: SOURCES.slack,
    braintree: { provider: "braintree", secrets: ["BRAINTREE"], public_key: "public_key_of_the_tests" },
    zoom: { provider: "zoom", secrets: ["ZOOM"] },
    discord: { provider: "discord", secrets: ["DISCORD"] },
    cloudevents: { provider: "cloudevents", secrets: ["CLOUDEVENTS"], allowed_origins: [ORIGIN] },
    twilio: { provider: "twilio", secrets: ["TWILIO"], public_url: "https://hooks.example.com/twilio" },
  };
  server = await startWorkerd({ sources, feeds: FEEDS, secrets: more });
  waypost = new Waypost(server);
});
after(() => server?.stop());

const post = (/** @type {string} */ source, /** @type {Record<string, string>} */ headers, /** @type {string} */ body) =>
  waypost.post({ source, headers: { ...JSON_TYPE, ...headers }, body });

test("braintree answers the same", async () => {
  const gateway = new braintree.BraintreeGateway({
    environment: braintree.Environment.Sandbox,
    merchantId: "of the tests",
    publicKey: "public_key_of_the_tests",
    privateKey: more.BRAINTREE,
  });
  for (let size = 10; size <= 16; size += 1) {
    const challenge = randomBytes(size).toString("hex");
    const answer = await waypost.fetch(`/webhooks/receive/braintree?bt_challenge=${challenge}`);
    const headers = { "content-type": "text/plain; charset=utf-8" };
    expectAnswer(answer, { status: 200, headers, body: gateway.webhookNotification.verify(challenge) });
  }
  for (const challenge of ["A".repeat(20), "a".repeat(19), "a".repeat(33), "bad challenge", ""]) {
    assert.throws(() => gateway.webhookNotification.verify(challenge));
    const answer = await waypost.fetch(`/webhooks/receive/braintree?bt_challenge=${encodeURIComponent(challenge)}`);
    expectProblem(answer, 403, "challenge_refused");
  }
});

test("@slack/bolt answers the same", async () => {
  const receiver = new ExpressReceiver({ signingSecret: SECRETS.SLACK_SECRET });
  const bolt = receiver.app.listen(0, "127.0.0.1");
  await once(bolt, "listening");
  const url = `http://127.0.0.1:${bolt.address().port}/slack/events`;
  const ask = (/** @type {Record<string, string>} */ headers, /** @type {string} */ body) =>
    fetch(url, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body, signal: AbortSignal.timeout(5_000) });
  try {
    const [at, challenge] = [String(now()), randomUUID()];
    const body = JSON.stringify({ token: "x", challenge, type: "url_verification" });
    const genuine = {
      "x-slack-request-timestamp": at,
      "x-slack-signature": `v0=${hmac(SECRETS.SLACK_SECRET, `v0:${at}:${body}`, "hex")}`,
    };
    assert.deepEqual(await (await ask(genuine, body)).json(), { challenge });
    const headers = { "content-type": "text/plain; charset=utf-8" };
    expectAnswer(await leavesNothing(waypost, () => post("slack", genuine, body)), { status: 200, headers, body: challenge });

    const other = body.replace(challenge, randomUUID());
    assert.equal((await ask(genuine, other)).status, 401);
    expectProblem(await post("slack", genuine, other), 401, "bad_signature");
  } finally {
    bolt.closeAllConnections();
    bolt.close();
  }
});

test("@zoom/rivet answers the same", async () => {
  const receive = new AwsLambdaReceiver({ webhooksSecretToken: more.ZOOM }).start();
  const at = String(now());
  const body = JSON.stringify({ payload: { plainToken: "qgg8vlvZRS6UYooatFL8Aw" }, event_ts: Date.now(), event: "endpoint.url_validation" });
  const headers = { "x-zm-request-timestamp": at, "x-zm-signature": `v0=${hmac(more.ZOOM, `v0:${at}:${body}`, "hex")}` };
  const theirs = await receive(/** @type {any} */ ({ body, headers }), /** @type {any} */ ({}), () => {});
  const ours = await leavesNothing(waypost, () => post("zoom", headers, body));
  assert.equal(theirs.statusCode, 200);
  assert.equal(ours.status, 200);
  assert.match(ours.headers.get("content-type") ?? "", /^application\/json/);
  assert.deepEqual(ours.json, JSON.parse(theirs.body));
});

/** @typedef {(request: any, response: any, next: () => void) => Promise<void>} Middleware */

/** What a middleware says. @param {Middleware} middleware @param {Record<string, string>} headers @param {string} body */
async function said(middleware, headers, body) {
  let [text, type] = ["", ""];
  const response = {
    statusCode: 200,
    setHeader: (/** @type {string} */ _, /** @type {string} */ value) => (type = value),
    end: (/** @type {string} */ sent = "") => (text = sent),
  };
  await middleware({ header: (/** @type {string} */ name) => headers[name.toLowerCase()], body: Buffer.from(body) }, response, () => {});
  return { status: response.statusCode, text, type };
}

describe("discord-interactions", () => {
  const pings = [
    ["interactions", { id: "1", application_id: "2", token: randomUUID(), type: 1, version: 1 }, verifyKeyMiddleware(discordPublic)],
    ["webhook events", { version: 1, application_id: "2", type: 0, event: undefined }, verifyWebhookEventMiddleware(discordPublic)],
  ];
  for (const [what, ping, middleware] of /** @type {[string, object, Middleware][]} */ (pings)) {
    test(`answers the PING of ${what} the same`, async () => {
      const [at, body] = [String(now()), JSON.stringify(ping)];
      const headers = {
        "x-signature-timestamp": at,
        "x-signature-ed25519": signed(null, Buffer.from(at + body), discordKey).toString("hex"),
      };
      const theirs = await said(middleware, headers, body);
      const ours = await leavesNothing(waypost, () => post("discord", headers, body));
      assert.deepEqual({ status: ours.status, text: ours.text, type: ours.headers.get("content-type") ?? "" }, theirs);

      for (const [name, value, code] of [["x-signature-ed25519", "00".repeat(64), "bad_signature"], ["x-signature-ed25519", "", "missing_signature"]]) {
        const forged = { ...headers, [name]: value };
        assert.equal((await said(middleware, forged, body)).status, 401);
        expectProblem(await leavesNothing(waypost, () => post("discord", forged, body)), 401, code);
      }
    });
  }

  test("an event of type 1 is an event", async () => {
    await waypost.drain();
    const [at, body] = [String(now()), JSON.stringify({ version: 1, type: 1, event: { type: "ENTITLEMENT_CREATE", data: { id: randomUUID() } } })];
    const headers = { "x-signature-timestamp": at, "x-signature-ed25519": signed(null, Buffer.from(at + body), discordKey).toString("hex") };
    expectAnswer(await post("discord", headers, body), { status: 204 });
    const [event] = await waypost.drain({ atLeast: 1 });
    assert.equal(event.type, "ENTITLEMENT_CREATE");
    assert.equal(String(await waypost.body(event.id)), body);
  });
});

test("twilio's empty TwiML is what Waypost answers", async () => {
  const fields = { MessageSid: randomUUID(), Body: "Grüße" };
  const signature = twilio.getExpectedTwilioSignature(more.TWILIO, "https://hooks.example.com/twilio", fields);
  const headers = { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature };
  const answer = await post("twilio", headers, String(new URLSearchParams(fields)));
  const whole = (/** @type {string} */ xml) => xml.replace("<Response/>", "<Response></Response>");
  assert.equal(answer.text, whole(new twilio.twiml.MessagingResponse().toString()));
  assert.equal(answer.text, whole(new twilio.twiml.VoiceResponse().toString()));
  assert.match(answer.headers.get("content-type") ?? "", /^text\/xml/);
});

test("cloudevents reads from the feed what it made", async () => {
  const bearer = { authorization: `Bearer ${more.CLOUDEVENTS}` };
  for (const mode of [HTTP.binary, HTTP.structured]) {
    await waypost.drain();
    const made = new CloudEvent({ source: "/of/the/tests", type: "com.example.happened", datacontenttype: "application/json", data: { note: "Grüße" } });
    const { headers, body } = mode(made);
    const sent = await waypost.post({ source: "cloudevents", headers: { .../** @type {any} */ (headers), ...bearer }, body: String(body) });
    expectAccepted(sent, "received", made.id);
    const [event] = await waypost.drain({ atLeast: 1 });
    assert.deepEqual([event.webhook_id, event.type], [made.id, made.type]);
    assert.equal(event.headers.authorization, undefined);
    const read = HTTP.toEvent({ headers: event.headers, body: String(await waypost.body(event.id)) });
    assert.deepEqual(/** @type {CloudEvent} */ (read).toJSON(), made.toJSON());
  }
});
