// Webhooks signed as a scheme of schemes.json says, whatever it says: composed with all that the
// scheme looks for, signed, and written out.

import { createHash, randomUUID } from "node:crypto";
import { contentOf, partsOf, tokenOf } from "./scheme/content.js";
import { write } from "./scheme/grammar.js";
import { digest, encode, keyOf, signingKey } from "./scheme/keys.js";
import { fits, put, textAt } from "./scheme/places.js";
import { KID, urlLike } from "./scheme/sources.js";

/** @typedef {import("./scheme/ways.js").Variant} Variant */
/** @typedef {import("./scheme/places.js").Parts} Parts */

/**
 * @typedef {Parts & Signed} Draft a webhook that can still be changed
 * @typedef {object} Signed
 * @property {string} query of the URL
 * @property {string[]} signatures
 * @property {string} [label] before each, instead of the scheme's
 * @property {string} [text] of the signature header, instead of all that; "" for an empty one
 * @property {boolean} [unsigned] there is no signature at all
 */

/**
 * @typedef {object} Options
 * @property {string} secret
 * @property {boolean} [wrong] by another algorithm
 * @property {import("./scheme/keys.js").SigningKey} [key] instead of the secret's
 */

export const PUBLIC_URL = "https://user:password@hooks.example.com/in/here";

const TYPES = { form: "application/x-www-form-urlencoded", json: "application/json" };

/** How each unit is written; text in JSON, where a count is a number. @type {Record<string, (ms: number) => string | number>} */
const UNITS = {
  s: (ms) => Math.floor(ms / 1000),
  ms: (ms) => ms,
  rfc3339: (ms) => new Date(ms).toISOString(),
};

/** What JSON Web Tokens call the algorithms. @type {Record<string, string>} */
const JOSE = { "rsa-sha256": "RS256", es256: "ES256" };

/** What a JSON value that is signed may be; the last is absent. */
const VALUES = [randomUUID, () => 1130, () => true, () => undefined];

/**
 * An unsigned webhook with all that its way looks for, unlike any other.
 *
 * @param {Variant} variant
 * @param {object} [options]
 * @param {number} [options.at] when it is signed, in milliseconds
 * @param {string} [options.time] the same as a text
 * @param {boolean} [options.id] whether it has one
 * @param {string} [options.hashOf] the body whose hash is signed
 * @param {import("./scheme/sources.js").Settings} [options.settings] of its source
 * @param {(draft: Draft) => void} [options.fill] the body, before its hash is taken
 * @param {(draft: Draft) => void} [options.change] before it is signed
 * @returns {Draft}
 */
export function compose({ way, template, form }, options = {}) {
  const { at = Date.now(), time, id = true, hashOf, settings = {}, fill: more, change } = options;
  const seconds = Math.floor(at / 1000);
  /** @type {Draft} */
  const draft = {
    headers: { "content-type": form ? TYPES.form : TYPES.json },
    items: {},
    signatures: [],
    query: "",
    ...(form ? { form: [] } : { json: { note: randomUUID() } }),
    ...(way.signature.jwt && {
      jose: { alg: JOSE[way.algorithm], kid: KID, typ: "JWT" },
      claims: { exp: seconds + 3600, sub: randomUUID() },
    }),
  };
  const parts = partsOf(template);
  for (const { is, one_of, ...place } of way.requires ?? []) {
    put(draft, place, is === "true" || (is ?? settings[one_of ?? ""]?.at(-1)));
  }
  const { certificate, urls } = way.keys ?? {};
  if (certificate && urls) put(draft, certificate, urlLike(urls));
  if (parts.includes("body")) draft.form?.push(["note", randomUUID()]);
  const [idAt, typeAt] = [way.id, way.type].map((places = []) => places.find((place) => fits(draft, place)));
  if (way.timestamp) put(draft, way.timestamp, time ?? UNITS[way.timestamp.unit](at));
  if (idAt && id) put(draft, idAt, `id-${randomUUID()}`);
  if (typeAt) put(draft, typeAt, "thing.happened");
  for (const [number, part] of parts.entries()) fill(draft, part, VALUES[number % VALUES.length]());
  if (!id) for (const place of way.id ?? []) if (fits(draft, place)) put(draft, place, undefined);
  if (parts.some((part) => part.startsWith("url"))) draft.query = `to=https%3A%2F%2Fa.example%2F%20&n=${randomUUID()}`;
  more?.(draft);
  const hash = sha256(hashOf ?? bodyOf(draft));
  if (typeof way.body_hash === "string") draft.query += `&${way.body_hash}=${hash}`;
  else if (way.body_hash) put(draft, way.body_hash, hash);
  change?.(draft);
  return draft;
}

const sha256 = (/** @type {string} */ text) => createHash("sha256").update(text).digest("hex");

/**
 * What a part of the template needs, where it is not there yet.
 *
 * @param {Draft} draft
 * @param {string} part
 * @param {import("./scheme/places.js").Value} value
 */
function fill(draft, part, value) {
  const [kind, name] = /** @type {string[]} */ (/^(\w+):?(.*)$/.exec(part)).slice(1);
  const listed = Object.keys(draft.headers).filter((header) => header !== "content-type").reverse();
  /** @type {Record<string, () => void>} */
  const needs = {
    header: () => (draft.headers[name] ??= randomUUID()),
    headers: () => (draft.items[name] = listed.join(" ")),
    json: () => textAt(draft, { json: name }) ?? put(draft, { json: name }, value),
    lines() {
      for (const json of ["/Message", "/Subject"]) put(draft, { json }, `${json} ${randomUUID()}`);
    },
    form() {
      const [field] = name.split("|");
      // Out of order, a name twice, a field twice, and letters that UTF-16 sorts otherwise.
      const some = [["b", randomUUID()], ["a", "1"], ["b", "0"], ["a", "1"], ["Z", ""], ["\u{1f600}", "&="], ["\uffee", "+"]];
      if (!draft.form) return;
      if (field === "") draft.form.push(.../** @type {[string, string][]} */ (some));
      else if (textAt(draft, { form: field }) === undefined) put(draft, { form: field }, `{"note":"${randomUUID()}"}`);
    },
  };
  needs[kind]?.();
}

/** The body as it is sent. @param {Parts} parts */
const bodyOf = ({ json, form }) => (form ? String(new URLSearchParams(form)) : JSON.stringify(json));

/** Its id, where it has one. @param {Variant} variant @param {Draft} draft */
export const idOf = ({ way }, draft) => way.id?.map((place) => textAt(draft, place)).find(Boolean);

/** Its type, if only the empty one. @param {Variant} variant @param {Draft} draft */
export const typeOf = ({ way }, draft) => way.type?.map((place) => textAt(draft, place)).find(Boolean) ?? "";

/**
 * The webhook signed.
 *
 * @param {Variant} variant
 * @param {Draft} draft
 * @param {Options} options
 * @returns {Draft}
 */
export function sign({ way, template }, draft, { secret, wrong, key = signingKey(secret, way) }) {
  const url = `${PUBLIC_URL}${draft.query && "?"}${draft.query}`;
  const known = Buffer.isBuffer(key) ? key : keyOf(secret, way.key);
  const content = contentOf(template, { way, parts: draft, body: bodyOf(draft), url, secret: known.toString() });
  return { ...draft, signatures: [encode(digest(way, key, content, wrong), way.encoding)] };
}

/**
 * The webhook as it is posted.
 *
 * @param {Variant} variant
 * @param {Draft} draft
 * @param {string} source
 * @returns {{source: string, query: string, body: string, headers: Record<string, string>}}
 */
export function written({ way }, draft, source) {
  const { items, signatures, label } = draft;
  const whole = signatures.map((signature) => (way.signature.jwt ? `${tokenOf(draft)}.${signature}` : signature));
  const { text = write(way.signature, items, whole, label) } = draft;
  const parts = structuredClone({ headers: draft.headers, items, json: draft.json, form: draft.form, query: draft.query });
  if (!draft.unsigned) put(parts, placeOf(way.signature), text);
  const headers = Object.entries(parts.headers).filter(([, value]) => value !== undefined);
  return { source, query: parts.query, body: bodyOf(parts), headers: /** @type {Record<string, string>} */ (Object.fromEntries(headers)) };
}

/** Where the signature stands. @param {import("./scheme/grammar.js").Signature} signature */
export function placeOf({ header, json, form, query }) {
  const [place] = [{ header }, { json }, { form }, { query }].filter((each) => Object.values(each)[0] !== undefined);
  return place;
}
