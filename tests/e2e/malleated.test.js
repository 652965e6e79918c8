// One webhook with another signature that verifies as well: it is no other event. For ECDSA (r, n - s) is as good as
// (r, s), and anybody can compute it; DER can say one number in several ways, and base64 some bytes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectTaken, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { kitsOf } from "./lib/kits.js";
import { idOf } from "./lib/scheme.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

/** The order of P-256 and of Ed25519. */
const P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ED25519 = 2n ** 252n + 27742317777372353535851937790883648493n;

const number = (/** @type {Uint8Array} */ bytes) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
const bytes = (/** @type {bigint} */ value, size = 32) => Buffer.from(value.toString(16).padStart(size * 2, "0"), "hex");
const reversed = (/** @type {Uint8Array} */ some) => Buffer.from(some).reverse();

/** An INTEGER of DER, with so many zero bytes more than it needs. */
function integer(/** @type {bigint} */ value, zeros = 0) {
  const digits = value.toString(16);
  const short = Buffer.from(digits.length % 2 ? `0${digits}` : digits, "hex");
  const content = Buffer.concat([Buffer.alloc(zeros + (short[0] > 127 ? 1 : 0)), short]);
  return Buffer.concat([Buffer.from([2, content.length]), content]);
}
const sequence = (/** @type {Buffer[]} */ ...parts) => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
};
/** The two numbers in an ECDSA signature's DER. @param {Buffer} der @returns {[bigint, bigint]} */
function numbers(der) {
  const first = der.subarray(4, 4 + der[3]);
  return [number(first), number(der.subarray(4 + der[3] + 2))];
}

/** Other ways of saying one signature, as bytes. @type {Record<string, (signature: Buffer) => Record<string, Buffer>>} */
const OTHERS = {
  sendgrid(der) {
    const [r, s] = numbers(der);
    return {
      "n - s": sequence(integer(r), integer(P256 - s)),
      "s + n": sequence(integer(r), integer(s + P256)),
      "a zero byte before r": sequence(integer(r, 1), integer(s)),
      "a zero byte before s": sequence(integer(r), integer(s, 1)),
      "a byte behind": Buffer.concat([der, Buffer.from([0])]),
      "a third number": sequence(integer(r), integer(s), integer(1n)),
      "a length of two bytes": Buffer.concat([Buffer.from([0x30, 0x81]), der.subarray(1)]),
      "not in a sequence": Buffer.concat([Buffer.from([0x31]), der.subarray(1)]),
      "two numbers of 32 bytes": Buffer.concat([bytes(r), bytes(s)]),
      "r and s exchanged": sequence(integer(s), integer(r)),
      "zero": sequence(integer(0n), integer(0n)),
      "n": sequence(integer(r), integer(P256)),
    };
  },
  plaid(raw) {
    const [r, s] = [raw.subarray(0, 32), raw.subarray(32)];
    return {
      "n - s": Buffer.concat([r, bytes(P256 - number(s))]),
      "DER": sequence(integer(number(r)), integer(number(s))),
      "zero": Buffer.alloc(64),
      "a byte behind": Buffer.concat([raw, Buffer.from([0])]),
    };
  },
  discord(raw) {
    const [r, s] = [raw.subarray(0, 32), raw.subarray(32)];
    return {
      "s + l": Buffer.concat([r, reversed(bytes(number(reversed(s)) + ED25519))]),
      "l - s": Buffer.concat([r, reversed(bytes(ED25519 - number(reversed(s))))]),
      "the identity and zero": Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]),
      "zero": Buffer.alloc(64),
    };
  },
  "google-pubsub": (raw) => ({ "a zero byte before": Buffer.concat([Buffer.from([0]), raw]) }),
  paypal: (raw) => ({ "a zero byte before": Buffer.concat([Buffer.from([0]), raw]), "zero": Buffer.alloc(256), "one": Buffer.concat([Buffer.alloc(255), Buffer.from([1])]) }),
};
OTHERS.telnyx = OTHERS.discord;

/** The same text with other characters that some decoders skip or take. @type {Record<string, (text: string) => string>} */
const TEXTS = {
  "in capitals": (text) => text.toUpperCase(),
  "without padding": (text) => text.replace(/=+$/, ""),
  "with padding": (text) => `${text}=`,
  "in the other base64": (text) => text.replace(/[+/_-]/g, (found) => ({ "+": "-", "/": "_", "-": "+", _: "/" })[found] ?? ""),
  "with bits behind its last byte": (text) => text.replace(/([A-Za-z0-9])(=*)$/, (_, last, padding) => String.fromCharCode(last.charCodeAt(0) + 1) + padding),
  "with a space in it": (text) => `${text.slice(0, 9)} ${text.slice(9)}`,
  "twice": (text) => `${text},${text}`,
};

const { kits, sources, secrets, outside } = kitsOf(Object.keys(OTHERS));

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  const all = { default: SOURCES.default, ...sources };
  server = await startWorkerd({ sources: all, feeds: FEEDS, secrets, outside: await outside() });
  waypost = new Waypost(server);
});
after(() => server?.stop());

for (const { name, scheme, kit } of kits) {
  test(`${name}: a signature said otherwise makes no second event, nor a first of a forged one`, async () => {
    const { encoding } = kit.way;
    for (let round = 0; round < 4; round += 1) {
      const draft = kit.signed();
      const [signature] = draft.signatures;
      const others = OTHERS[name](Buffer.from(signature, /** @type {BufferEncoding} */ (encoding)));
      const texts = [
        ...Object.values(others).map((other) => other.toString(/** @type {BufferEncoding} */ (encoding))),
        ...Object.values(TEXTS).map((change) => change(signature)),
      ];
      await waypost.drain();
      expectTaken(await waypost.post(kit.sent(draft)), scheme, idOf(kit.variant, draft));
      assert.equal((await waypost.drain({ atLeast: 1 })).length, 1);
      await leavesNothing(waypost, async () => {
        for (const text of texts) {
          const answer = await waypost.post(kit.sent({ ...draft, signatures: [text] }));
          assert.ok(answer.status < 500, `${text}: ${answer.status} ${answer.text}`);
          if (answer.status === 200) assert.equal(answer.json.status, "already_processed", text);
        }
      });
      // Of what was never signed by anyone.
      const forged = kit.signed({}, { key: kit.strange });
      await leavesNothing(waypost, async () => {
        for (const text of texts) {
          const { status } = await waypost.post(kit.sent({ ...forged, signatures: [text] }));
          assert.ok([400, 401].includes(status), `${text}: ${status}`);
        }
      });
    }
  });
}
