// Signatures that others made: the files of vectors that the native tests read too.

import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Vector
 * @property {string} name
 * @property {string} [secret]
 * @property {string[]} [secrets] instead of one; there may be none
 * @property {Record<string, unknown>} [settings] of the source, beside its secrets
 * @property {Record<string, string>} [fetched] what is at a URL
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
export const secretsOf = ({ secret, secrets = secret === undefined ? [] : [secret] }) => secrets;

/** The URL that the provider was given without its query, and the query. @param {Vector} vector */
export function urlOf({ url = "" }) {
  const [, base, query] = /** @type {string[]} */ (/^([^?]*)\??(.*)$/s.exec(url));
  return { public_url: base || undefined, query };
}

/**
 * Vectors in as few rounds as can be, so that in none a URL would have to have two contents: what was
 * fetched is remembered until a restart.
 *
 * @template {{vector: Vector}} T
 * @param {T[]} all
 * @returns {{served: Record<string, string>, round: T[]}[]}
 */
export function rounds(all) {
  /** @type {{served: Record<string, string>, round: T[]}[]} */
  const found = [];
  for (const each of all) {
    const { fetched = {} } = each.vector;
    const suits = ({ served }) =>
      Object.entries(fetched).every(([url, text]) => (served[url] ?? text) === text);
    let into = found.find(suits);
    if (!into) found.push((into = { served: {}, round: [] }));
    Object.assign(into.served, fetched);
    into.round.push(each);
  }
  return found;
}
