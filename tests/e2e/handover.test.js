// Secrets that a provider hands over itself, Asana's and Notion's: taken only while an administrator has armed
// the source, held by an object of its own, never overwritten, never shown to anyone else.

import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { signWebhookPayload, verifyWebhookSignature } from "@notionhq/client";
import { after, before, describe, test } from "node:test";
import { expectAccepted, expectAnswer, expectProblem, leavesNothing } from "./lib/expect.js";
import { ADMIN_TOKEN, FEEDS, POLL_TOKEN, SECRETS, SOURCES } from "./lib/fixtures.js";
import { cacheControl } from "./lib/http.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** @typedef {import("./lib/waypost.js").Answer} Answer */
/** @typedef {import("./lib/waypost.js").Webhook} Webhook */

const hmac = (/** @type {string} */ secret, /** @type {string} */ body) => createHmac("sha256", secret).update(body).digest("hex");
const newSecret = () => `handed-${randomUUID()}`;

/**
 * How each provider hands a secret over, and what it then sends.
 *
 * @type {Record<string, {
 *   hand: (secret: string) => Promise<Pick<Webhook, "headers" | "body">>,
 *   echo: (secret: string) => Record<string, string>,
 *   webhook: (secret: string) => Promise<Pick<Webhook, "headers" | "body"> & {id?: string}>,
 * }>}
 */
const PROVIDERS = {
  asana: {
    hand: async (secret) => ({ headers: { "x-hook-secret": secret }, body: "{}" }),
    echo: (secret) => ({ "x-hook-secret": secret }),
    webhook: async (secret) => {
      const body = JSON.stringify({ events: [{ action: "changed", resource: { gid: randomUUID() } }] });
      return { body, headers: { "content-type": "application/json", "x-hook-signature": hmac(secret, body) } };
    },
  },
  notion: {
    hand: async (secret) => {
      const body = JSON.stringify({ verification_token: secret });
      return { body, headers: { "content-type": "application/json", ...(await signedByNotion(secret, body)) } };
    },
    echo: () => ({}),
    webhook: async (secret) => {
      const id = randomUUID();
      const body = JSON.stringify({ id, type: "page.created", entity: { id: randomUUID(), type: "page" } });
      return { id, body, headers: { "content-type": "application/json", ...(await signedByNotion(secret, body)) } };
    },
  },
};

/** The header that Notion's own client makes, and takes. @param {string} verificationToken @param {string} body */
async function signedByNotion(verificationToken, body) {
  const signature = await signWebhookPayload({ body, verificationToken });
  assert.ok(await verifyWebhookSignature({ body, signature, verificationToken }));
  return { "x-notion-signature": signature };
}

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
/** Every secret that was handed over. @type {string[]} */
const handed = [];

before(async () => {
  const names = Object.keys(PROVIDERS).flatMap((provider) =>
    ["life", "two", "late", "most", "restart"].map((what) => [`${provider}-${what}`, { provider }]));
  const named = Object.keys(PROVIDERS).map((provider) => [`${provider}-named`, { provider, secrets: ["ACME_SECRET"] }]);
  const sources = { default: SOURCES.default, github: SOURCES.github, ...Object.fromEntries([...names, ...named]) };
  server = await startWorkerd({ sources, feeds: FEEDS, clocked: true });
  waypost = new Waypost(server);
});
after(() => server?.stop());

const bearing = (/** @type {string | undefined} */ token) => (token === undefined ? {} : { authorization: `Bearer ${token}` });
const arm = (/** @type {string} */ source, /** @type {string | undefined} */ token = ADMIN_TOKEN) =>
  waypost.fetch(`/sources/${source}/arm`, { method: "POST", headers: bearing(token) });
const secretsOf = (/** @type {string} */ source, method = "GET", /** @type {string | undefined} */ token = ADMIN_TOKEN) =>
  waypost.fetch(`/sources/${source}/secrets`, { method, headers: bearing(token) });

/** @param {string} source */
const ofSource = (source) => PROVIDERS[source.split("-")[0]];

/** The handshake with this secret. @param {string} source @param {string} secret */
async function hand(source, secret) {
  handed.push(secret);
  return waypost.post({ source, ...(await ofSource(source).hand(secret)) });
}

/** @param {string} source @param {string} secret */
async function send(source, secret) {
  const { id, ...webhook } = await ofSource(source).webhook(secret);
  return { id, body: String(webhook.body), answer: await waypost.post({ source, ...webhook }) };
}

/** @param {string} source @param {string} secret */
async function expectStored(source, secret) {
  await waypost.drain();
  const { id, body, answer } = await send(source, secret);
  expectAccepted(answer, "received", id);
  const events = await waypost.drain({ atLeast: 1 });
  assert.deepEqual(events.map((event) => event.source), [source]);
  assert.equal(String(await waypost.body(events[0].id)), body);
}

/** The handshake was taken. @param {string} source @param {string} secret @param {Answer} answer */
const expectHanded = (source, secret, answer) => expectAnswer(answer, { status: 200, headers: ofSource(source).echo(secret) });

/** @param {Answer} answer @param {number} now */
function expectArmed(answer, now = Date.now()) {
  assert.equal(answer.status, 200, answer.text);
  const ahead = Date.parse(answer.json.armed_until) - now;
  assert.ok(ahead > 590_000 && ahead <= 601_000, `${ahead} ms`);
  assert.ok(cacheControl(answer, "arm").has("no-store"));
}

for (const provider of Object.keys(PROVIDERS)) {
  describe(provider, () => {
    test("its whole life", async () => {
      const source = `${provider}-life`;
      const [first, second] = [newSecret(), newSecret()];
      await leavesNothing(waypost, async () => {
        expectProblem(await hand(source, first), 403, "not_armed");
        const early = (await send(source, first)).answer;
        expectProblem(early, 503, "no_secret");
        assert.equal(early.headers.get("retry-after"), "60");
        assert.deepEqual((await secretsOf(source)).json, { armed_until: null, secrets: [] });

        expectArmed(await arm(source));
        assert.notEqual((await secretsOf(source)).json.armed_until, null);
        expectProblem((await send(source, first)).answer, 503, "no_secret");
        expectHanded(source, first, await hand(source, first));
        expectHanded(source, first, await hand(source, first));
        expectProblem(await hand(source, second), 403, "not_armed");
      });
      const { armed_until, secrets } = (await secretsOf(source)).json;
      assert.equal(armed_until, null, "one secret ends it");
      assert.deepEqual(secrets.map(({ secret }) => secret), [first]);
      assert.ok(Math.abs(Date.parse(secrets[0].taken_at) - Date.now()) < 60_000);

      await expectStored(source, first);
      await leavesNothing(waypost, async () => expectProblem((await send(source, second)).answer, 401, "bad_signature"));

      assert.deepEqual((await secretsOf(source, "DELETE")).json, { status: "deleted", secrets: 1 });
      await leavesNothing(waypost, async () => {
        expectProblem((await send(source, first)).answer, 503, "no_secret");
        expectProblem(await hand(source, first), 403, "not_armed");
      });
      assert.deepEqual((await secretsOf(source, "DELETE")).json, { status: "deleted", secrets: 0 });
    });

    test("two armings hold two secrets, and both verify", async () => {
      const source = `${provider}-two`;
      const secrets = [newSecret(), newSecret()];
      for (const secret of secrets) {
        expectArmed(await arm(source));
        expectHanded(source, secret, await hand(source, secret));
      }
      for (const secret of secrets) await expectStored(source, secret);
      assert.equal((await secretsOf(source)).json.secrets.length, 2);
    });

    test("of many that come at once, one is taken", async () => {
      const source = `${provider}-most`;
      expectArmed(await arm(source));
      const answers = await Promise.all(Array.from({ length: 8 }, () => hand(source, newSecret())));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(7).fill(403)]);
      for (let held = 1; held < 8; held += 1) {
        expectArmed(await arm(source));
        assert.equal((await hand(source, newSecret())).status, 200);
      }
      expectProblem(await arm(source), 409, "secret_held");
      assert.equal((await secretsOf(source)).json.secrets.length, 8);
    });

    test("an arming is over after ten minutes", async () => {
      const source = `${provider}-late`;
      const secret = newSecret();
      expectArmed(await arm(source));
      await server.setClock(Date.now() + 601_000);
      expectProblem(await hand(source, secret), 403, "not_armed");
      assert.equal((await secretsOf(source)).json.armed_until, null);
      await server.setClock();
      expectArmed(await arm(source));
      expectHanded(source, secret, await hand(source, secret));
    });

    test("a secret outlives the process", async () => {
      const source = `${provider}-restart`;
      const secret = newSecret();
      expectArmed(await arm(source));
      await server.restart();
      expectHanded(source, secret, await hand(source, secret));
      await server.restart();
      await expectStored(source, secret);
    });

    test("where the config names secrets, nothing is taken", async () => {
      const source = `${provider}-named`;
      expectProblem(await arm(source), 409, "secret_held");
      await leavesNothing(waypost, async () => expectProblem(await hand(source, newSecret()), 403, "not_armed"));
      await expectStored(source, SECRETS.ACME_SECRET);
    });
  });
}

test("a handshake with a wrong signature is not taken", async () => {
  const source = "notion-late";
  await secretsOf(source, "DELETE");
  const [secret, other] = [newSecret(), newSecret()];
  expectArmed(await arm(source));
  const { body } = await PROVIDERS.notion.hand(secret);
  const headers = { "content-type": "application/json", ...(await signedByNotion(other, String(body))) };
  expectProblem(await waypost.post({ source, body, headers }), 401, "bad_signature");
  // One without is: not every account's is signed.
  expectHanded(source, secret, await waypost.post({ source, body, headers: { "content-type": "application/json" } }));
});

test("only the administrator arms, looks and forgets", async () => {
  const source = "asana-two";
  for (const [method, what] of [["POST", "arm"], ["GET", "secrets"], ["DELETE", "secrets"]]) {
    for (const token of [undefined, "", POLL_TOKEN, "wrong", `${ADMIN_TOKEN}x`]) {
      const answer = await waypost.fetch(`/sources/${source}/${what}`, { method, headers: bearing(token) });
      expectProblem(answer, 401, "unauthorised", `${method} ${what} with ${token}`);
    }
    const unknown = await waypost.fetch(`/sources/nothing/${what}`, { method, headers: bearing(ADMIN_TOKEN) });
    expectProblem(unknown, 404, "unknown_source");
    const hidden = await waypost.fetch(`/sources/nothing/${what}`, { method });
    expectProblem(hidden, 401, "unauthorised", "nobody learns which sources there are");
    const other = await waypost.fetch(`/sources/github/${what}`, { method, headers: bearing(ADMIN_TOKEN) });
    expectProblem(other, 409, "not_handed");
  }
  assert.equal((await secretsOf(source)).json.secrets.length, 2, "nothing is forgotten");
});

test("what is no method or path of these is refused", async () => {
  const headers = bearing(ADMIN_TOKEN);
  for (const [path, methods] of /** @type {[string, string[]][]} */ ([["arm", ["POST"]], ["secrets", ["GET", "HEAD", "DELETE"]]])) {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((each) => !methods.includes(each))) {
      const answer = await waypost.fetch(`/sources/asana-two/${path}`, { method, headers });
      expectProblem(answer, 405, "method_not_allowed", `${method} ${path}`);
      assert.deepEqual(answer.headers.get("allow")?.split(", "), [...methods, "OPTIONS"]);
    }
  }
  for (const path of ["/sources", "/sources/asana-two", "/sources/asana-two/keys", "/sources/asana-two/take", "/sources//arm", "/sources/asana-two/arm/"]) {
    expectProblem(await waypost.fetch(path, { method: "POST", headers }), 404, "not_found", path);
  }
});

test("without an ADMIN_TOKEN nothing is armed", async () => {
  const closed = await startWorkerd({ sources: { asana: { provider: "asana" } }, feeds: FEEDS, secrets: { ADMIN_TOKEN: "" } });
  try {
    for (const token of [undefined, "", ADMIN_TOKEN]) {
      const answer = await new Waypost(closed).fetch("/sources/asana/arm", { method: "POST", headers: bearing(token) });
      expectProblem(answer, 403, "admin_closed");
    }
  } finally {
    await closed.stop();
  }
});

test("no secret is in a log or on a feed", async () => {
  assert.ok(handed.length > 20);
  const page = (await waypost.get("/events?limit=1000")).text;
  for (const secret of handed) {
    assert.ok(!server.log.includes(secret), "in the log");
    assert.ok(!page.includes(secret), "on the feed");
  }
});
