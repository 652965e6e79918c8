// How signatures stand in a header: whole behind a prefix, as named items, or by their place.

/**
 * @typedef {object} Signature as a scheme says it
 * @property {string} [header]
 * @property {string} [json]
 * @property {string} [form]
 * @property {string} [query]
 * @property {boolean} [jwt] the last part of a JSON Web Token, of one that stands alone
 * @property {string[]} [more] further headers; `{number}` stands for 1 to 100
 * @property {string} [prefix] of one that stands alone
 * @property {string} [field] the name of those that are named items; `*` for any
 * @property {number} [first] the place of the first, in a list
 * @property {string} [separator]
 * @property {string} [equals]
 */

/** @typedef {Record<string, string | undefined>} Items what stands beside the signatures, by name or place */

/** A name for signatures that may have any. */
const ANY = "some-public-key";

/** @typedef {"whole" | "items" | "list"} Grammar */

/** @returns {Grammar} */
export const grammarOf = (/** @type {Signature} */ { field, first }) =>
  field !== undefined ? "items" : first !== undefined ? "list" : "whole";

const divided = ({ separator = ",", equals = "=" }) => ({ separator, equals });

/** What stands right before each signature. @param {Signature} signature */
export const labelOf = (signature) =>
  ({
    whole: signature.prefix ?? "",
    items: (signature.field === "*" ? ANY : signature.field) + divided(signature).equals,
    list: "",
  })[grammarOf(signature)];

/**
 * The text of these signatures, each behind `label`.
 *
 * @param {Signature} signature
 * @param {Items} items
 * @param {string[]} signatures
 */
export function write(signature, items, signatures, label = labelOf(signature)) {
  const { separator, equals } = divided(signature);
  const labelled = signatures.map((each) => label + each);
  const present = Object.entries(items).filter(([, value]) => value !== undefined);
  return {
    whole: () => labelled.join(separator),
    items: () => [...present.map(([name, value]) => name + equals + value), ...labelled].join(separator),
    list: () => [...present.map(([, value]) => value), ...labelled].join(separator),
  }[grammarOf(signature)]();
}
