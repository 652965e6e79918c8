// Webhooks with something beside their credential that is not it.

import { createHash, createHmac } from "node:crypto";
import { placeOf } from "../scheme.js";
import { BAD, GONE, UNREAD } from "./codes.js";
import { encode } from "./keys.js";
import { put } from "./places.js";

/** @typedef {import("./forgeries.js").Forgery} Forgery */
/** @typedef {import("./kit.js").Kit} Kit */

const all = [...GONE, ...UNREAD];

/** The credential as bytes, encoded as the way does. @param {Kit} kit @param {(secret: string) => string} change */
const other = (kit, change) => kit.resigned(encode(Buffer.from(change(kit.secret)), kit.way.encoding));

const sha256 = (/** @type {string} */ text) => createHash("sha256").update(text).digest();
const isListed = (/** @type {Kit} */ { way }) => way.signature.json?.includes("/**");

/** With another second item in the list. @param {Kit} kit @param {(item: any) => any} change */
const second = (kit, change) =>
  kit.body((body) => {
    const json = JSON.parse(body);
    const list = Object.values(json).find(Array.isArray);
    list.push(change(structuredClone(list[0])));
    return JSON.stringify(json);
  });

/** @type {Forgery[]} */
export const TOKENS = [
  { name: "the hash of the credential", codes: BAD, make: (kit) => other(kit, (secret) => sha256(secret).toString("base64")) },
  { name: "the hash of the credential in hexadecimal", codes: BAD, make: (kit) => other(kit, (secret) => sha256(secret).toString("hex")) },
  {
    name: "a MAC of the body by the credential",
    codes: BAD,
    make: (kit) => other(kit, (secret) => createHmac("sha256", secret).update(kit.sent(kit.genuine).body).digest("hex")),
  },
  { name: "the credential in the other case", codes: BAD, make: (kit) => other(kit, (secret) => secret.replace(/[a-z]/, (letter) => letter.toUpperCase())) },
  { name: "the credential twice", codes: all, make: (kit) => other(kit, (secret) => `${secret},${secret}`) },
  { name: "the credential and a zero byte", codes: all, when: ({ way }) => way.encoding !== "text", make: (kit) => other(kit, (secret) => `${secret}\0`) },
  { name: "the credential escaped", codes: all, make: (kit) => other(kit, (secret) => `%${secret.charCodeAt(0).toString(16)}${secret.slice(1)}`) },
  { name: "only the scheme", codes: all, when: ({ way }) => way.signature.prefix, make: (kit) => kit.changed((draft) => (draft.text = kit.way.signature.prefix)) },
  {
    name: "the credential in the query instead",
    codes: ["missing_signature"],
    when: ({ way }) => !way.signature.query,
    make: (kit) => kit.changed((draft) => {
      draft.unsigned = true;
      draft.query = new URLSearchParams({ token: kit.secret }).toString();
    }),
  },
  {
    name: "the credential in another header",
    codes: ["missing_signature"],
    make: (kit) => kit.changed((draft) => {
      draft.unsigned = true;
      draft.headers["x-some-token"] = kit.secret;
    }),
  },
  {
    name: "the credential elsewhere in the body",
    codes: ["missing_signature"],
    make: (kit) => kit.changed((draft) => {
      draft.unsigned = true;
      draft.json.clientState = draft.json.token = kit.secret;
    }),
  },
  {
    name: "the credential in a list",
    codes: all,
    when: ({ way }) => way.signature.json,
    make: (kit) => kit.changed((draft) => {
      draft.unsigned = true;
      put(draft, placeOf(kit.way.signature), /** @type {any} */ ([kit.secret]));
    }),
  },
  { name: "a second item without the credential", codes: all, when: isListed, make: (kit) => second(kit, () => ({ changeType: "updated" })) },
  { name: "a second item that is empty", codes: all, when: isListed, make: (kit) => second(kit, () => ({})) },
  { name: "a second item that is none", codes: all, when: isListed, make: (kit) => second(kit, () => null) },
  {
    name: "a second item with another credential",
    codes: all,
    when: isListed,
    make: (kit) => second(kit, (item) => ({ ...item, clientState: "another" })),
  },
  { name: "no items", codes: all, when: isListed, make: (kit) => kit.body((body) => body.replace(/\[.*\]/s, "[]")) },
];
