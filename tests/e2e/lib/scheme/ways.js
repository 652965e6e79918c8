// The providers' schemes, which schemes.json tells in the words of the config, and the ways of
// signing in each.

import { readFileSync } from "node:fs";

/** @typedef {import("./places.js").Place} Place */

/**
 * @typedef {object} Scheme as the config writes it
 * @property {string} algorithm
 * @property {string} encoding
 * @property {{form?: string, strip?: string[], bare?: string, hash?: string}} [key]
 * @property {string[]} [families] what `{family}` stands for in the names of headers
 * @property {import("./grammar.js").Signature} signature
 * @property {Record<string, string>} [requires]
 * @property {Place & {unit: "s" | "ms" | "rfc3339"}} [timestamp]
 * @property {string[]} [signed] templates, any of which may be what was signed
 * @property {string} [body_hash]
 * @property {Place[]} [id]
 * @property {boolean} [id_required]
 * @property {Place[]} [type]
 * @property {string} [identity]
 * @property {number} tolerance_seconds
 * @property {"none"} [integrity]
 * @property {Scheme} [or]
 */

/** @type {Record<string, Scheme>} */
export const SCHEMES = JSON.parse(readFileSync(new URL("../schemes.json", import.meta.url), "utf8"));

/** A scheme and those after it. @param {Scheme | undefined} scheme @returns {Scheme[]} */
export const waysOf = (scheme) => (scheme ? [scheme, ...waysOf(scheme.or)] : []);

/** One for each family of headers, with its names written out. @param {Scheme} way @returns {Scheme[]} */
export const familiesOf = ({ families = [""], ...way }) =>
  families.map((family) => JSON.parse(JSON.stringify(way).replaceAll("{family}", family)));

/** Whether a part of what is signed is one of these: `body`, `url`, `form:payload`. @param {Scheme} scheme @param {RegExp} part */
export const signs = ({ signed = [] }, part) =>
  signed.some((template) => [...template.matchAll(/\{([^}]*)\}/g)].some(([, name]) => part.test(name)));
