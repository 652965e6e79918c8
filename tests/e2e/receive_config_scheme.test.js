// Schemes that stand only in a config, never seen by the code: every part of the vocabulary in a
// source of its own, signed here by hand.

import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { flipped, fresh } from "./lib/bodies.js";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const KEY = Buffer.from("the key that the config's schemes share");
const PUBLIC_URL = "https://hooks.example/in/here";
const mac = (/** @type {string} */ algorithm, /** @type {string} */ content) =>
  createHmac(algorithm, KEY).update(content);

/**
 * @type {Record<string, {secret: string, source: object, query?: string,
 *   headers: (body: string, now: number) => Record<string, string>}>}
 */
const schemes = {
  "sha512-base64-prefix": {
    secret: KEY.toString(),
    source: {
      scheme: {
        algorithm: "hmac-sha512",
        encoding: "base64",
        signature: { header: "X-Some-Signature", prefix: "SHA512 " },
        signed: "{body}",
      },
    },
    headers: (body) => ({ "x-some-signature": `SHA512 ${mac("sha512", body).digest("base64")}` }),
  },
  "sha1-pairs-milliseconds": {
    secret: KEY.toString(),
    source: {
      scheme: {
        algorithm: "hmac-sha1",
        encoding: "hex",
        signature: { header: "x-pairs", field: "sig", separator: ";", equals: ":" },
        timestamp: { field: "ms", unit: "ms" },
        signed: "{timestamp}|{body}",
      },
    },
    headers: (body, now) => ({ "x-pairs": `ms:${now}; sig:${mac("sha1", `${now}|${body}`).digest("hex")}; v:2` }),
  },
  "sha384-base64url-id-from-hex-key": {
    secret: `key_${KEY.toString("hex")}`,
    source: {
      scheme: {
        algorithm: "hmac-sha384",
        encoding: "base64url",
        key: { form: "hex", strip: ["key_"] },
        signature: { header: "x-signature" },
        signed: "{id}:{body}",
        id: { header: "x-id" },
        type: { json: "/kind/name" },
        identity: "id",
      },
    },
    headers: (body) => {
      const id = randomUUID();
      return { "x-id": id, "x-signature": mac("sha384", `${id}:${body}`).digest("base64url") };
    },
  },
  "method-url-rfc3339": {
    secret: KEY.toString("base64"),
    source: {
      public_url: PUBLIC_URL,
      scheme: {
        algorithm: "hmac-sha256",
        encoding: "base64",
        key: { form: "base64" },
        signature: { header: "x-signature" },
        timestamp: { header: "x-sent-at", unit: "rfc3339" },
        signed: "{method}{url}{body}{timestamp}",
      },
    },
    query: "?account=1&b=%20c",
    headers: (body, now) => {
      const at = new Date(now).toISOString();
      const content = `POST${PUBLIC_URL}?account=1&b=%20c${body}${at}`;
      return { "x-sent-at": at, "x-signature": mac("sha256", content).digest("base64") };
    },
  },
};

const sources = Object.fromEntries(
  Object.entries(schemes).map(([name, { source }], at) => [name, { ...source, secrets: [`KEY_${at}`] }]));
const token = {
  secrets: ["ACME_SECRET"],
  scheme: { algorithm: "token", signature: { header: "x-token" }, identity: "none", integrity: "none" },
};
/** Each is refused as a whole; the others work. */
const broken = {
  unsigned: { secrets: ["ACME_SECRET"], scheme: { algorithm: "token", signature: { header: "x-token" } } },
  strange: { secrets: ["ACME_SECRET"], scheme: { algorithm: "md5", encoding: "hex", signature: { header: "x" }, signed: "{body}" } },
  nobody: { secrets: ["ACME_SECRET"], provider: "a provider that there is not" },
};

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  const secrets = Object.fromEntries(Object.values(schemes).map(({ secret }, at) => [`KEY_${at}`, secret]));
  server = await startWorkerd({
    sources: { default: SOURCES.default, ...sources, token, ...broken },
    feeds: FEEDS,
    secrets: { ...secrets, ACME_SECRET: "the very token" },
  });
  waypost = new Waypost(server);
});
after(() => server?.stop());

for (const [name, { headers, query = "" }] of Object.entries(schemes)) {
  test(`${name}: accepts what is signed so, and no flipped byte`, async () => {
    const source = name + query;
    const body = fresh({ kind: { name: "made.up" } });
    const signed = { ...headers(body, Date.now()), "content-type": "application/json" };
    await leavesNothing(waypost, async () => {
      expectProblem(await waypost.post({ source, body: flipped(body), headers: signed }), 401, "bad_signature");
      // The query is the request's own, where the URL is signed.
      if (query) expectProblem(await waypost.post({ source: name, body, headers: signed }), 401, "bad_signature");
    });
    expectAccepted(await waypost.post({ source, body, headers: signed }), "received");
    const [event] = await waypost.drain({ atLeast: 1 });
    assert.equal(event.source, name);
    assert.equal(event.raw, body);
    if (name.includes("-id-")) assert.equal(event.type, "made.up");
  });
}

test("a static token opens its source, and does not travel with the event", async () => {
  const webhook = (/** @type {string} */ token) =>
    ({ source: "token", body: "{}", headers: { "x-token": token, "x-other": "stays" } });
  await leavesNothing(waypost, async () => {
    expectProblem(await waypost.post(webhook("the very toke")), 401, "bad_signature");
    expectProblem(await waypost.post(webhook("The very token")), 401, "bad_signature");
    expectProblem(await waypost.post(webhook("")), 401, "missing_signature");
  });
  for (const _ of ["its bodies repeat by nature", "so each is kept"]) {
    expectAccepted(await waypost.post(webhook("the very token")), "received");
    const [event] = await waypost.drain({ atLeast: 1 });
    assert.equal(event.headers["x-other"], "stays");
    assert.ok(!JSON.stringify(event).includes("the very token"));
  }
});

test("a source whose scheme makes no sense or does not sign the body refuses everything", async () => {
  for (const source of Object.keys(broken)) {
    const headers = { "x-token": "the very token", x: "00" };
    await leavesNothing(waypost, async () => {
      expectProblem(await waypost.post({ source, body: "{}", headers }), 503, "misconfigured", source);
    });
  }
});
