// Secrets, keys, and what is computed with them.

import { createHash, createHmac, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** @typedef {import("./ways.js").Scheme} Scheme */
/** @typedef {NonNullable<Scheme["key"]>} KeyRule */
/** @typedef {import("node:crypto").KeyObject} KeyObject */
/** @typedef {Buffer | KeyObject} SigningKey a private one, where the algorithm has such */

/** Node's name of an encoding. @returns {BufferEncoding} */
const named = (/** @type {string} */ encoding) =>
  /** @type {BufferEncoding} */ (encoding === "text" ? "utf8" : encoding);

/** Bytes in one of a scheme's encodings. */
export const encode = (/** @type {Buffer} */ bytes, /** @type {string} */ encoding) => bytes.toString(named(encoding));

export const isToken = (/** @type {Scheme} */ { algorithm }) => algorithm === "token";

/** How each algorithm with a private key makes one, and signs with it; `wrong` is another hash. */
const PUBLIC = {
  ed25519: {
    make: () => generateKeyPairSync("ed25519").privateKey,
    sign: (/** @type {KeyObject} */ key, /** @type {Buffer} */ content, /** @type {boolean} */ wrong) =>
      sign(null, wrong ? createHash("sha512").update(content).digest() : content, key),
    raw: true,
  },
  "ecdsa-p256": ecdsa("der"),
  es256: ecdsa("ieee-p1363"),
  "rsa-sha1": rsa("sha1"),
  "rsa-sha256": rsa("sha256"),
};

/** @param {"der" | "ieee-p1363"} dsaEncoding */
function ecdsa(dsaEncoding) {
  return {
    make: () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
    sign: (/** @type {KeyObject} */ key, /** @type {Buffer} */ content, /** @type {boolean} */ wrong) =>
      sign(wrong ? "sha384" : "sha256", content, { key, dsaEncoding }),
    raw: false,
  };
}

/** @param {string} hash */
function rsa(hash) {
  return {
    make: () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
    sign: (/** @type {KeyObject} */ key, /** @type {Buffer} */ content, /** @type {boolean} */ wrong) =>
      sign(wrong ? "sha512" : hash, content, key),
    raw: false,
  };
}

/** What an algorithm with a private key does; nothing for others. @param {Scheme} way */
const ofPublic = ({ algorithm }) => /** @type {Record<string, typeof PUBLIC.es256>} */ (PUBLIC)[algorithm];

/** Whether its keys come in pairs. @param {Scheme} way */
export const isPublic = (way) => ofPublic(way) !== undefined;

/** Private keys by the text of the public one. @type {Map<string, KeyObject>} */
const owners = new Map();

/** What each kind of key is made once for, since RSA takes its time. @type {Map<string, KeyObject>} */
const shared = new Map();

/** A private key that is made once: the provider's own, or somebody else's. @param {Scheme} way */
export function sharedKey(way, owner = "the provider") {
  const name = `${owner}, ${way.algorithm.replace(/-sha\d+$/, "")}`;
  const key = shared.get(name) ?? ofPublic(way).make();
  shared.set(name, key);
  return key;
}

/** Texts of new secrets, one with each prefix that the scheme takes off and one without. @param {Scheme} way */
export function newSecrets(way) {
  const { form = "text", strip = [], bare = form, prefixed } = way.key ?? {};
  if (isPublic(way)) return [...strip, ...(prefixed ? [] : [""])].map((prefix) => newPublic(way, prefix, form));
  // A name and a password.
  const user = isToken(way) && way.encoding === "base64" ? "user:" : "";
  const fresh = (/** @type {string} */ encoding) =>
    encoding === "text" ? user + randomBytes(24).toString("base64url") : encode(randomBytes(32), encoding);
  return [...strip.map((prefix) => prefix + fresh(form)), ...(prefixed ? [] : [fresh(bare)])];
}

/** The text of a new public key. @param {Scheme} way @param {string} prefix @param {string} form */
function newPublic(way, prefix, form) {
  const { make, raw } = ofPublic(way);
  const key = make();
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const text = prefix + encode(raw ? spki.subarray(-32) : spki, form);
  owners.set(text, key);
  return text;
}

/** What a secret's text is as a key. @param {string} secret @param {KeyRule} [key] */
export function keyOf(secret, { form = "text", strip = [], bare = form, hash } = {}) {
  const prefix = strip.find((each) => secret.startsWith(each));
  const bytes = Buffer.from(secret.slice(prefix?.length ?? 0), named(prefix === undefined ? bare : form));
  return hash ? createHash(hash).update(bytes).digest() : bytes;
}

/** What a source with this secret takes signatures by. @param {string} secret @param {Scheme} way @returns {SigningKey} */
export const signingKey = (secret, way) =>
  isPublic(way) ? owners.get(secret) ?? sharedKey(way) : keyOf(secret, way.key);

/** A key of the same kind that nobody knows. @param {Scheme} way @returns {SigningKey} */
export const strangeKey = (way) => (isPublic(way) ? sharedKey(way, "a stranger") : Buffer.from("another:key"));

/** A hash of no scheme, for signatures that are wrong. */
const ANOTHER = "sha3-512";

/**
 * What stands in the webhook for `content`, before it is encoded.
 *
 * @param {Scheme} way
 * @param {SigningKey} key
 * @param {string} content
 * @param {boolean} [wrong] by another algorithm, at the same length
 * @returns {Buffer}
 */
export function digest(way, key, content, wrong = false) {
  if (!Buffer.isBuffer(key)) return ofPublic(way).sign(key, Buffer.from(content), wrong);
  if (isToken(way)) return key;
  const [, keyed, hash] = /** @type {string[]} */ (/^(hmac-)?(\w+)$/.exec(way.algorithm));
  const by = (/** @type {string} */ name) => (keyed ? createHmac(name, key) : createHash(name)).update(content).digest();
  const right = by(hash);
  return wrong ? by(ANOTHER).subarray(0, right.length) : right;
}
