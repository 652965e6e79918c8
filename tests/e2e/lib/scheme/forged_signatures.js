// Genuine webhooks with another signature, or none.

import { BAD, GONE, UNREAD } from "./codes.js";
import { grammarOf, labelOf, write } from "./grammar.js";
import { flipped } from "./kit.js";
import { waysOf } from "./ways.js";

/** @typedef {import("./forgeries.js").Forgery} Forgery */
/** @typedef {import("./kit.js").Kit} Kit */

/** So much of a genuine signature. */
const half = (/** @type {Kit} */ { signature }) => signature.slice(0, signature.length / 2);

/** Whether another way signs the same, and its signature has no label: without one it is genuine. */
const takenBare = (/** @type {Kit["way"]} */ way, /** @type {Kit["way"][]} */ ways) =>
  ways.some(
    ({ algorithm, signature, signed = [] }) =>
      algorithm === way.algorithm &&
      signature.header === way.signature.header &&
      !labelOf(signature) &&
      signed.join() === way.signed?.join(),
  );

const isText = (/** @type {Kit} */ { way }) => way.encoding === "text";

/** @type {Forgery[]} */
export const SIGNATURES = [
  {
    // Not where a signature with lengths in it would say other ones.
    name: "the signature flipped",
    codes: BAD,
    make: (kit) => kit.resigned(flipped(kit.signature, Math.floor(kit.signature.length * 0.8))),
  },
  {
    name: "the signature of another webhook",
    codes: BAD,
    when: ({ token }) => !token,
    make: (kit) => kit.resigned(...kit.signed().signatures),
  },
  { name: "another secret", codes: BAD, make: (kit) => kit.sent(kit.signed({}, { key: kit.strange })) },
  {
    name: "an empty key",
    codes: BAD,
    when: ({ symmetric }) => symmetric,
    make: (kit) => kit.sent(kit.signed({}, { key: Buffer.alloc(0) })),
  },
  {
    name: "the secret's text for a key",
    codes: BAD,
    when: ({ way, symmetric }) => symmetric && ((way.key?.form ?? "text") !== "text" || way.key?.hash),
    make: (kit) => kit.sent(kit.signed({}, { key: Buffer.from(kit.secret) })),
  },
  {
    name: "another algorithm",
    codes: BAD,
    when: ({ token }) => !token,
    make: (kit) => kit.sent(kit.signed({}, { wrong: true })),
  },
  {
    name: "no signature",
    codes: ["missing_signature"],
    make: (kit) => kit.changed((draft) => (draft.unsigned = true)),
  },
  {
    name: "an empty signature",
    codes: ["missing_signature"],
    make: (kit) => kit.changed((draft) => (draft.text = "")),
  },
  {
    name: "an empty signature behind its label",
    codes: [...UNREAD, ...GONE],
    make: (kit) => kit.resigned(""),
  },
  {
    // Half of a SHA-512 is as long as a SHA-256, which another way may take.
    name: "half a signature",
    codes: [...UNREAD, ...BAD],
    make: (kit) => kit.resigned(half(kit)),
  },
  {
    name: "a signature and a half",
    codes: [...UNREAD, ...BAD],
    make: (kit) => kit.resigned(kit.signature + half(kit)),
  },
  {
    name: "not in the encoding",
    codes: UNREAD,
    when: (kit) => !isText(kit),
    make: (kit) => kit.resigned(`!${kit.signature.slice(1)}`),
  },
  {
    name: "another label",
    codes: UNREAD,
    when: (kit) => kit.way.signature.field !== "*" && (labelOf(kit.way.signature) || !isText(kit)),
    make: (kit) => kit.changed((draft) => (draft.label = `x${labelOf(kit.way.signature) || "1="}`)),
  },
  {
    name: "no label",
    codes: [...UNREAD, ...BAD],
    when: ({ way, rules }) => labelOf(way.signature) && !takenBare(way, waysOf(rules)),
    make: (kit) => kit.changed((draft) => (draft.label = "")),
  },
  {
    name: "17 signatures",
    codes: UNREAD,
    when: ({ way }) => grammarOf(way.signature) !== "whole",
    make: (kit) => kit.resigned(...Array.from({ length: 17 }, () => kit.signature)),
  },
  {
    name: "a signature over 8 KB",
    codes: ["malformed_header"],
    make: (kit) => kit.changed((draft) => (draft.text = write(kit.way.signature, draft.items, [kit.signature + "a".repeat(8192)]))),
  },
];
