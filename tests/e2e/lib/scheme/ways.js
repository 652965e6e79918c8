// The providers' schemes, which schemes.json tells in the words of the config, and the ways of
// signing in each.

import { readFileSync } from "node:fs";
import { partsOf } from "./content.js";

/** @typedef {import("./places.js").Place} Place */

/**
 * @typedef {object} Scheme as the config writes it
 * @property {string} algorithm
 * @property {string} encoding
 * @property {{form?: string, strip?: string[], bare?: string, prefixed?: boolean, hash?: string}} [key]
 * @property {Keys} [keys] where they come from, if not from the config
 * @property {string[]} [families] what `{family}` stands for in the names of headers
 * @property {import("./grammar.js").Signature} signature
 * @property {Condition[]} [requires]
 * @property {Place & {unit: "s" | "ms" | "rfc3339"}} [timestamp]
 * @property {string[]} [signed] templates, any of which may be what was signed
 * @property {string | Place} [body_hash] a parameter of the query, or another place
 * @property {Place[]} [id]
 * @property {boolean} [id_required]
 * @property {Place[]} [type]
 * @property {string} [identity]
 * @property {number} tolerance_seconds
 * @property {"none"} [integrity]
 * @property {Handshake[]} [handshakes]
 * @property {Answer} [accepted]
 * @property {boolean} [terse] whether refusals have no body
 * @property {Scheme} [or]
 *
 * @typedef {Place & {is?: string, one_of?: string, none_of?: string, secret?: string}} Condition
 * @typedef {{status: number, headers?: Record<string, string>, body?: string}} Answer
 *
 * @typedef {object} Keys
 * @property {boolean} [handed]
 * @property {Place} [certificate]
 * @property {string[]} [urls]
 * @property {string} [url]
 * @property {string} [post]
 *
 * @typedef {object} Handshake
 * @property {string} method
 * @property {Condition[]} [when]
 * @property {"none" | "signature" | "armed"} proof
 * @property {Place & {shape: string}} [challenge]
 * @property {Answer} answer
 */

/** The header of a credential whose header the config names. */
export const OWN_HEADER = "x-own-token";

/** @type {Record<string, Scheme>} */
export const SCHEMES = JSON.parse(readFileSync(new URL("../schemes.json", import.meta.url), "utf8"));

/** Providers whose header the config names. */
export const NAMELESS = Object.keys(SCHEMES).filter((name) => SCHEMES[name].signature.header === "");
for (const name of NAMELESS) SCHEMES[name].signature.header = OWN_HEADER;

/** A scheme and those after it. @param {Scheme | undefined} scheme @returns {Scheme[]} */
export const waysOf = (scheme) => (scheme ? [scheme, ...waysOf(scheme.or)] : []);

/** One for each family of headers, with its names written out. @param {Scheme} way @returns {Scheme[]} */
export const familiesOf = ({ families = [""], ...way }) =>
  families.map((family) => JSON.parse(JSON.stringify(way).replaceAll("{family}", family)));

/**
 * @typedef {object} Variant one way of signing in every detail
 * @property {string} name
 * @property {Scheme} way with one header for its signature
 * @property {string} template what is signed
 * @property {boolean} form whether the body is one
 */

/**
 * Every combination of a scheme's ways, families, headers, templates and kinds of body.
 *
 * @param {Scheme} scheme
 * @returns {Variant[]}
 */
export const variantsOf = (scheme) =>
  waysOf(scheme).flatMap((way, number) =>
    familiesOf(way).flatMap(({ signature, ...rest }) =>
      headersOf(signature).flatMap((one) =>
        (way.signed ?? [""]).flatMap((template) =>
          kindsOf(way, template).map((form) => ({
            name: [`way ${number + 1}`, one.header ?? one.json ?? one.form ?? one.query, template, form ? "form" : "JSON"].join(", "),
            way: { ...rest, signature: one },
            template,
            form,
          }))))));

/** The same with each of its headers alone. @param {Scheme["signature"]} signature @returns {Scheme["signature"][]} */
const headersOf = ({ more = [], ...signature }) =>
  [signature.header, ...more].map((header) => ({ ...signature, ...(header && { header: header.replace("{number}", "2") }) }));

/** Which bodies a way takes: forms (`true`), others, or both. @param {Scheme} way @param {string} template */
function kindsOf({ signature, id = [], type = [], timestamp }, template) {
  const parts = partsOf(template);
  const onlyForms = signature.form !== undefined || parts.some((part) => /^form(:[^|]*)?$/.test(part));
  const places = [...id, ...type, timestamp];
  const forms = onlyForms || parts.some((part) => part.startsWith("form")) || places.some((place) => place?.form);
  return [...(onlyForms ? [] : [false]), ...(forms ? [true] : [])];
}
