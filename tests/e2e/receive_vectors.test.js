// Signatures that vendors publish, sent from outside, each alone and with its last bytes changed.
//
// A vector that signs a time is long stale, and no source may tolerate that: its provider's row
// must say so, and the same scheme with the time as a literal shows that the signature is right.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { VECTORS } from "./lib/vectors.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const vectors = VECTORS.map((vector, at) => ({ ...vector, name: `vector-${at}`, secretName: `VECTOR_${at}` }));

/** @type {import("./lib/workerd.js").Workerd} */
let server;
before(async () => {
  /** @type {Record<string, object>} */
  const sources = { default: SOURCES.default };
  for (const { name, provider, atItsTime, secretName: secret } of vectors) {
    sources[name] = { ...(atItsTime ? { scheme: atItsTime } : { provider }), secrets: [secret] };
    sources[`${name}-today`] = { provider, secrets: [secret] };
  }
  const secrets = Object.fromEntries(vectors.map(({ secretName, secret }) => [secretName, secret]));
  server = await startWorkerd({ sources, feeds: FEEDS, secrets });
});
after(() => server?.stop());

for (const { name, title, headers, body, atItsTime } of vectors) {
  test(title, async () => {
    const waypost = new Waypost(server);
    await waypost.drain();
    expectAccepted(await waypost.post({ source: name, body, headers }), "received");
    const [event] = await waypost.drain({ atLeast: 1 });
    assert.equal(String(await waypost.body(event.id)), body);

    await leavesNothing(waypost, async () => {
      const [header, signature] = /** @type {[string, string]} */ (Object.entries(headers).at(-1));
      const forged = { ...headers, [header]: signature.replace(/[^=](=*)$/, signature.endsWith("4=") ? "8$1" : "4$1") };
      expectProblem(await waypost.post({ source: name, body, headers: forged }), 401, "bad_signature");
      if (atItsTime) {
        expectProblem(await waypost.post({ source: `${name}-today`, body, headers }), 400, "stale_timestamp");
      }
    });
  });
}
