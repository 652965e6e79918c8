// Every handshake called as its provider calls it, and answered exactly as the provider documents it; and its
// forged twins, each refused with its code. None of it is an event.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { expectAnswer, expectRefusal, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { HANDSHAKES, configuration } from "./lib/handshakes.js";
import { TWINS } from "./lib/handshake_twins.js";
import { SCHEMES } from "./lib/scheme/ways.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** @typedef {import("./lib/handshakes.js").Handshake} Handshake */

/** What has an answer only while somebody has armed the source: see handover.test.js. */
const ARMED = ["asana", "notion"];

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  const { sources, secrets } = configuration(HANDSHAKES);
  const feeds = { default: { ...FEEDS.default, retention_days: 36_500 } };
  server = await startWorkerd({ sources: { default: SOURCES.default, github: SOURCES.github, ...sources }, secrets, feeds, clocked: true });
  waypost = new Waypost(server);
});
after(() => server?.stop());

/** @param {Handshake} handshake @param {string} [source] */
async function call({ provider, received_at, method, query, headers, body }, source = provider) {
  await server.setClock(received_at * 1000);
  const path = `/webhooks/receive/${source}${query ? `?${query}` : ""}`;
  const answer = await waypost.fetch(path, { method, headers, body });
  await server.setClock();
  return answer;
}

for (const [provider, handshakes] of Map.groupBy(HANDSHAKES, ({ provider }) => provider)) {
  const scheme = SCHEMES[provider];
  const twins = TWINS.filter((twin) => twin.provider === provider);
  describe(provider, () => {
    for (const handshake of handshakes.filter(() => !ARMED.includes(provider))) {
      test(`${handshake.name}, from ${handshake.source}`, async () => {
        // Xero's is a webhook without events, and stored as such.
        const answer = await (scheme.handshakes ? leavesNothing(waypost, () => call(handshake)) : call(handshake));
        const { "content-type": type, ...headers } = handshake.answer.headers ?? {};
        const charset = type?.startsWith("text/") ? `${type}; charset=utf-8` : type;
        expectAnswer(answer, { ...handshake.answer, headers: { ...headers, ...(charset && { "content-type": charset }) } });
        assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
      });
    }

    test(`${twins.length} forged twins are refused`, async () => {
      await leavesNothing(waypost, async () => {
        for (const { name, change, status, code, bare } of twins) {
          const said = `${provider}: ${name}`;
          const twin = { ...handshakes[0], ...change(handshakes[0]) };
          const answer = await call(twin, bare ? `bare-${provider}` : provider);
          if (twin.method === "HEAD") assert.equal(answer.status, status, said);
          else expectRefusal(answer, scheme, status, code, said);
          if (status === 405) assert.deepEqual(answer.headers.get("allow")?.split(", "), methodsOf(provider), said);
        }
      });
      assert.ok(twins.length > 0);
    });
  });
}

/** The methods that a provider's source takes. @param {string} provider */
function methodsOf(provider) {
  const more = (SCHEMES[provider].handshakes ?? []).map(({ method }) => method);
  return [...new Set(["POST", ...more.filter((method) => method !== "OPTIONS")]), "OPTIONS"];
}

test("every provider with a handshake has its own here, or is in handshakes_sdk.test.js", () => {
  const known = new Set([...HANDSHAKES.map(({ provider }) => provider), "discord", "aws-sns"]);
  const having = Object.keys(SCHEMES).filter((name) => SCHEMES[name].handshakes);
  assert.deepEqual(having.filter((name) => !known.has(name)), []);
});

test("every source says which methods it takes, and refuses the others", async () => {
  for (const provider of [...new Set(HANDSHAKES.map((handshake) => handshake.provider)), "github"]) {
    const methods = methodsOf(provider);
    const options = await waypost.fetch(`/webhooks/receive/${provider}`, { method: "OPTIONS" });
    assert.equal(options.status, 204, provider);
    assert.deepEqual(options.headers.get("allow")?.split(", "), methods, provider);
    for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE"].filter((each) => !methods.includes(each))) {
      const answer = await waypost.fetch(`/webhooks/receive/${provider}`, { method });
      assert.equal(answer.status, 405, `${method} ${provider}`);
      assert.deepEqual(answer.headers.get("allow")?.split(", "), methods, `${method} ${provider}`);
    }
  }
});

test("a challenge is never more than text", async () => {
  const script = "<script>alert(1)</script>";
  const asked = [`dropbox?challenge=${encodeURIComponent(script)}`, `meta?hub.mode=subscribe&hub.verify_token=meatyhamhock&hub.challenge=${encodeURIComponent(script)}`];
  for (const path of asked) {
    const answer = await waypost.fetch(`/webhooks/receive/${path}`);
    expectAnswer(answer, { status: 200, headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" }, body: script });
  }
});
