// Webhooks whose JSON Web Token is of another kind, of another key, over, or not of this body.

import { createHmac, createPublicKey } from "node:crypto";
import { BAD, UNREAD } from "./codes.js";
import { sharedKey, strangeKey } from "./keys.js";
import { jwk, OLD_KID } from "./sources.js";

/** @typedef {import("./forgeries.js").Forgery} Forgery */
/** @typedef {import("./kit.js").Kit} Kit */

/** With a header that says something else, signed all the same. @param {Record<string, unknown>} more */
const headed = (more) => (/** @type {Kit} */ kit) => kit.signedWith(({ jose }) => Object.assign(jose ?? {}, more));
/** With other claims, signed. @param {Record<string, unknown>} more */
const claiming = (more) => (/** @type {Kit} */ kit) => kit.signedWith(({ claims }) => Object.assign(claims, more));

/** Another text in the place of the token. @param {(token: string, kit: Kit) => string} change */
const retold = (change) => (/** @type {Kit} */ kit) =>
  kit.changed((draft) => {
    const { prefix = "", header = "" } = kit.way.signature;
    const token = (kit.sent(kit.genuine).headers[header] ?? "").slice(prefix.length);
    draft.text = prefix + change(token, kit);
  });

/** A token by HMAC under a text that everybody knows. @param {(kit: Kit) => string | Buffer} keyOf */
const keyed = (keyOf) => retold((token, kit) => {
  const [, payload] = token.split(".");
  const header = Buffer.from(JSON.stringify({ ...kit.genuine.jose, alg: "HS256" })).toString("base64url");
  const signature = createHmac("sha256", keyOf(kit)).update(`${header}.${payload}`).digest("base64url");
  return `${header}.${payload}.${signature}`;
});

const publicKey = (/** @type {Kit} */ { way }, /** @type {"pem" | "der"} */ format) =>
  /** @type {string | Buffer} */ (createPublicKey(sharedKey(way)).export({ type: "spki", format: /** @type {any} */ (format) }));

const stranger = (/** @type {Kit} */ { way }) => /** @type {import("node:crypto").KeyObject} */ (strangeKey(way));
const seconds = (/** @type {number} */ ahead) => Math.floor(Date.now() / 1000) + ahead;
const hashed = (/** @type {Kit} */ { way }) => way.body_hash;

/** Plaid answers for each key by itself, and by an error where there is none. */
const LACKING = [...BAD, "key_unavailable"];

/** @type {Forgery[]} */
export const JWTS = [
  { name: "by no algorithm", codes: UNREAD, make: headed({ alg: "none" }) },
  { name: "by no algorithm and unsigned", codes: UNREAD, make: retold((token, kit) => {
    const header = Buffer.from(JSON.stringify({ ...kit.genuine.jose, alg: "none" })).toString("base64url");
    return `${header}.${token.split(".")[1]}.`;
  }) },
  { name: "by no algorithm in capitals", codes: UNREAD, make: headed({ alg: "NONE" }) },
  { name: "by HMAC under the public key's PEM", codes: UNREAD, make: keyed((kit) => publicKey(kit, "pem")) },
  { name: "by HMAC under the public key's DER", codes: UNREAD, make: keyed((kit) => publicKey(kit, "der")) },
  { name: "by HMAC under the public key's JWK", codes: UNREAD, make: keyed(({ way }) => JSON.stringify(jwk(sharedKey(way), {}))) },
  ...["RS512", "PS256", "ES384", "EdDSA", "rs256", "es256"].map((alg) => ({ name: `called ${alg}`, codes: UNREAD, make: headed({ alg }) })),
  { name: "without an algorithm", codes: UNREAD, make: headed({ alg: undefined }) },
  { name: "with a list of algorithms", codes: UNREAD, make: headed({ alg: ["RS256", "ES256"] }) },
  { name: "with something critical", codes: UNREAD, make: headed({ crit: ["b64"], b64: false }) },
  { name: "of a key that there is not", codes: LACKING, make: headed({ kid: "key-of-nobody" }) },
  { name: "of a key out of use", codes: BAD, make: headed({ kid: OLD_KID }) },
  { name: "of no key", codes: UNREAD, make: headed({ kid: undefined }) },
  { name: "of a key with a number", codes: [...UNREAD, ...LACKING], make: headed({ kid: 1 }) },
  { name: "of a key with a name of 300 letters", codes: UNREAD, make: headed({ kid: "k".repeat(300) }) },
  {
    name: "by a stranger who sends his key along",
    codes: BAD,
    make: (kit) => {
      const change = ({ jose }) => Object.assign(jose ?? {}, { jwk: jwk(stranger(kit), {}), jku: "https://example.com/keys" });
      return kit.sent(kit.signed({ change }, { key: stranger(kit) }));
    },
  },
  { name: "over", codes: ["stale_timestamp"], make: claiming({ exp: seconds(-61) }) },
  { name: "not yet good", codes: ["future_timestamp"], make: claiming({ nbf: seconds(120) }) },
  { name: "with two parts", codes: UNREAD, make: retold((token) => token.split(".").slice(0, 2).join(".")) },
  { name: "with four parts", codes: [...UNREAD, ...BAD], make: retold((token) => `${token}.${token.split(".")[2]}`) },
  { name: "with five parts, as if encrypted", codes: [...UNREAD, ...BAD], make: retold((token) => token.replace(".", "..") + ".x") },
  { name: "with padding in its parts", codes: [...UNREAD, ...BAD], make: retold((token) => token.replace(".", "=.")) },
  { name: "with a claim changed", codes: BAD, make: (kit) => kit.changed(({ claims }) => (claims.sub = "another")) },
  { name: "with a space in its header", codes: BAD, make: retold((token) => {
    const [header, ...rest] = token.split(".");
    return [Buffer.from(`${Buffer.from(header, "base64url")} `).toString("base64url"), ...rest].join(".");
  }) },
  { name: "of another body", codes: BAD, when: hashed, make: (kit) => kit.sent(kit.signed({ hashOf: "{}" })) },
  { name: "without the body's hash", codes: BAD, when: hashed, make: (kit) => kit.signedWith(({ claims }) => delete claims.request_body_sha256) },
  { name: "with the body's hash in capitals", codes: BAD, when: hashed, make: (kit) =>
    kit.signedWith(({ claims }) => (claims.request_body_sha256 = claims.request_body_sha256.toUpperCase())) },
];
