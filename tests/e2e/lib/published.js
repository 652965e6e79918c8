// Signatures that others made: the files of vectors that the native tests read too.
//
// A vector that signs a time is long stale, or still to come, and no source may tolerate that. The
// same scheme with the time as a literal shows that the signature is right.

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { read } from "./scheme/grammar.js";
import { textAt } from "./scheme/places.js";
import { SCHEMES, familiesOf, waysOf } from "./scheme/ways.js";

/** @typedef {import("./scheme/ways.js").Scheme} Scheme */

/**
 * @typedef {object} Vector
 * @property {string} name
 * @property {string} [secret]
 * @property {string[]} [secrets] instead of one
 * @property {number} received_at unix seconds
 * @property {Record<string, string>} headers
 * @property {string} [body]
 * @property {string} [body_base64] instead of text
 * @property {string} [url] as the provider was given it, with the request's query
 * @property {string} [method]
 * @property {string} [id]
 * @property {string} [type]
 * @property {boolean} [refused]
 */

/** @typedef {{at: number | undefined, scheme: Scheme}} Sent when a vector was signed, and its scheme with that time */

const FOLDER = fileURLToPath(new URL("../../it/vectors/", import.meta.url));

/**
 * Every provider's vectors that are webhooks; a request with another method is none.
 *
 * @returns {{provider: string, vectors: Vector[]}[]}
 */
export const published = () =>
  readdirSync(FOLDER)
    .filter((file) => !file.startsWith("rfc"))
    .map((file) => JSON.parse(readFileSync(FOLDER + file, "utf8")))
    .map(({ provider, vectors }) => ({ provider, vectors: vectors.filter(({ method = "POST" }) => method === "POST") }));

/** The bytes of a vector's body. @param {Vector} vector */
export const bodyOf = ({ body = "", body_base64 }) =>
  body_base64 === undefined ? Buffer.from(body) : Buffer.from(body_base64, "base64");

/** A vector's secrets. @param {Vector} vector */
export const secretsOf = ({ secret = "", secrets = [secret] }) => secrets;

/** The URL that the provider was given without its query, and the query. @param {Vector} vector */
export function urlOf({ url = "" }) {
  const [, base, query] = /** @type {string[]} */ (/^([^?]*)\??(.*)$/s.exec(url));
  return { public_url: base || undefined, query };
}

/** How each unit is read, in seconds. @type {Record<string, (text: string) => number>} */
const UNITS = {
  s: (text) => (/^\d{1,11}$/.test(text) ? Number(text) : NaN),
  ms: (text) => (/^\d{1,14}$/.test(text) ? Number(text) / 1000 : NaN),
  rfc3339: (text) => Date.parse(text) / 1000,
};

/**
 * The provider's scheme at the time that a vector signs; none where it signs none.
 *
 * @param {string} provider
 * @param {Vector} vector
 * @returns {Sent | undefined}
 */
export function sentAt(provider, vector) {
  const ways = waysOf(SCHEMES[provider]);
  const texts = ways.map((way) => timeOf(way, vector));
  const at = ways.map(({ timestamp }, number) => {
    const seconds = UNITS[timestamp?.unit ?? ""]?.(texts[number] ?? "");
    return Number.isFinite(seconds) ? seconds : undefined;
  });
  if (texts.every((text) => text === undefined)) return undefined;
  const literal = ways.map((way, number) => atTime(way, texts[number] ?? ""));
  const scheme = literal.reduceRight((or, way) => ({ ...way, or }));
  return { at: at.find((seconds) => seconds !== undefined), scheme };
}

/** The text of the time that a vector signs in this way. @param {Scheme} way @param {Vector} vector */
function timeOf(way, vector) {
  const { headers } = vector;
  const found = familiesOf(way).map(({ timestamp, signature }) => {
    if (timestamp === undefined) return undefined;
    const items = read(signature, headers[signature.header ?? ""] ?? "");
    return textAt({ headers, items, ...opened(vector) }, timestamp);
  });
  return found.find((text) => text !== undefined);
}

/** The body taken apart, whatever it is. @param {Vector} vector @returns {{json?: any, form?: [string, string][]}} */
function opened(vector) {
  const text = bodyOf(vector).toString();
  if (/x-www-form-urlencoded/i.test(vector.headers["content-type"] ?? "")) return { form: [...new URLSearchParams(text)] };
  try {
    return { json: JSON.parse(text) };
  } catch {
    return {};
  }
}

/**
 * The way with its time as a literal. In the body the time is signed as it stands there.
 *
 * @param {Scheme} way
 * @returns {Scheme}
 */
function atTime({ timestamp, or, ...way }, /** @type {string} */ time) {
  return { ...way, signed: way.signed?.map((template) => template.replaceAll("{timestamp}", () => time)) };
}
