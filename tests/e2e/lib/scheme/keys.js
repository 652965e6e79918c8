// Secrets, keys, and what is computed with them.

import { createHash, createHmac, randomBytes } from "node:crypto";

/** @typedef {import("./ways.js").Scheme} Scheme */
/** @typedef {NonNullable<Scheme["key"]>} KeyRule */

/** Node's name of an encoding. @returns {BufferEncoding} */
const named = (/** @type {string} */ encoding) =>
  /** @type {BufferEncoding} */ (encoding === "text" ? "utf8" : encoding);

/** Bytes in one of a scheme's encodings. */
export const encode = (/** @type {Buffer} */ bytes, /** @type {string} */ encoding) => bytes.toString(named(encoding));

/** Texts of new secrets, one with each prefix that the scheme takes off and one without. @param {KeyRule} [key] */
export function newSecrets({ form = "text", strip = [], bare = form } = {}) {
  const fresh = (/** @type {string} */ encoding) =>
    encoding === "text" ? randomBytes(24).toString("base64url") : encode(randomBytes(32), encoding);
  return [...strip.map((prefix) => prefix + fresh(form)), fresh(bare)];
}

/** What a secret's text is as a key. @param {string} secret @param {KeyRule} [key] */
export function keyOf(secret, { form = "text", strip = [], bare = form, hash } = {}) {
  const prefix = strip.find((each) => secret.startsWith(each));
  const bytes = Buffer.from(secret.slice(prefix?.length ?? 0), named(prefix === undefined ? bare : form));
  return hash ? createHash(hash).update(bytes).digest() : bytes;
}

/** A hash of no scheme, for signatures that are wrong. */
const ANOTHER = "sha3-512";

/**
 * What stands in the webhook for `content`, before it is encoded.
 *
 * @param {Scheme} scheme
 * @param {Buffer} key
 * @param {string} content
 * @param {boolean} [wrong] by another algorithm, at the same length
 * @returns {Buffer}
 */
export function digest({ algorithm }, key, content, wrong = false) {
  const [, keyed, hash] = /** @type {string[]} */ (/^(hmac-)?(\w+)$/.exec(algorithm));
  if (hash === "token") return key;
  const by = (/** @type {string} */ name) => (keyed ? createHmac(name, key) : createHash(name)).update(content).digest();
  const right = by(hash);
  return wrong ? by(ANOTHER).subarray(0, right.length) : right;
}
