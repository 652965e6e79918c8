// Static credentials, and keys of pairs, with bodies of every size: the body is stored byte for byte, and the
// credential nowhere.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { expectProblem, expectTaken, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { kitsOf } from "./lib/kits.js";
import { idOf } from "./lib/scheme.js";
import { flipped } from "./lib/scheme/kit.js";
import { SCHEMES, waysOf } from "./lib/scheme/ways.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** Around what is copied into wasm, what may be a handshake, and what fits into a message. */
const SIZES = [2_000, 2_100, 8_300, 300_000];

const isNew = (/** @type {string} */ name) =>
  waysOf(SCHEMES[name]).some(({ algorithm, keys }) => keys || /^(token|ed25519|ecdsa|es256|rsa)/.test(algorithm));
const { kits, sources, secrets, outside } = kitsOf(Object.keys(SCHEMES).filter(isNew));

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  const all = { default: SOURCES.default, ...sources };
  const feeds = { default: { ...FEEDS.default, public: true } };
  server = await startWorkerd({ sources: all, feeds, secrets, outside: await outside() });
  waypost = new Waypost(server);
});
after(() => server?.stop());

/** @typedef {typeof kits[number]["kit"]} Kit */

/** A webhook with a body of about this size. @param {Kit} kit @param {number} size */
const large = (kit, size) => kit.signed({
  fill(draft) {
    const filler = "größer 😀 ".repeat(size / 13);
    if (kit.way.signed?.[0]?.startsWith("{lines")) draft.json.Message = filler;
    else draft.json.filler = filler;
  },
});

/** Every page of the feed, and the log: whatever anybody is shown. */
async function shown() {
  const answers = await Promise.all(["/events?limit=1000", "/long-poll?timeout=0", "/updates", "/resource"].map((path) => waypost.get(path)));
  return [...answers.map(({ text }) => text), server.log].join("\n");
}

const hidden = (/** @type {Kit} */ kit, /** @type {string} */ body) =>
  kit.token ? body.replaceAll(`"${kit.secret}"`, `"${"*".repeat(kit.secret.length)}"`) : body;

for (const { name, scheme, kit } of kits) {
  describe(name, () => {
    test("takes bodies of every size as they are, and no other in their place", async () => {
      for (const size of SIZES) {
        await waypost.drain();
        const draft = large(kit, size);
        const webhook = kit.sent(draft);
        assert.ok(webhook.body.length > size / 2);
        if (kit.signsBody) {
          const forged = { ...webhook, body: webhook.body.replace("größer", "grösser") };
          expectProblem(await waypost.post(forged), 401, "bad_signature", `${size}`);
        }
        const forged = kit.sent({ ...draft, signatures: [flipped(draft.signatures[0], 20)] });
        expectProblem(await waypost.post(forged), 401, "bad_signature", `${size}`);
        expectTaken(await waypost.post(webhook), scheme, idOf(kit.variant, draft));
        const events = await waypost.drain({ atLeast: 1 });
        assert.equal(events.length, 1, "and nothing else");
        assert.ok((await waypost.body(events[0].id)).equals(Buffer.from(hidden(kit, webhook.body))), `${size}`);
      }
    });

    if (kit.token) {
      test("shows its credential to nobody", async () => {
        const text = await shown();
        for (const form of [kit.secret, Buffer.from(kit.secret).toString("base64"), encodeURIComponent(kit.secret)]) {
          assert.ok(!text.includes(form.slice(0, 24)), "a credential");
        }
      });
    }
  });
}

test("a credential in the body that is written otherwise is not stored either", async () => {
  const { kit } = /** @type {typeof kits[number]} */ (kits.find(({ name }) => name === "microsoft-graph"));
  const escaped = (/** @type {string} */ text) => `\\u${text.charCodeAt(0).toString(16).padStart(4, "0")}${text.slice(1)}`;
  const whole = kit.sent(kit.signed());
  // Escaped, it is the same credential and would stay where it is.
  await leavesNothing(waypost, async () => {
    const body = whole.body.replace(`"${kit.secret}"`, `"${escaped(kit.secret)}"`);
    expectProblem(await waypost.post({ ...whole, body }), 401, "undecodable_signature");
  });
  // In other members, in a list, as a name: it is hidden wherever it is a text by itself.
  await waypost.drain();
  const body = whole.body.replace(/^\{/, `{"again":"${kit.secret}","list":["${kit.secret}"],"${kit.secret}":1,`);
  expectTaken(await waypost.post({ ...whole, body }), SCHEMES["microsoft-graph"]);
  const [event] = await waypost.drain({ atLeast: 1 });
  assert.equal(String(await waypost.body(event.id)), hidden(kit, body));
  assert.ok(!(await shown()).includes(kit.secret));
});
