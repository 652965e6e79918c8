// Which requests are handshakes, told independently of the code under test.

import { textAt } from "./places.js";

/** @typedef {import("./ways.js").Handshake} Handshake */

/**
 * The handshake that a POST is to a source of this scheme, if its signature is right.
 *
 * @param {import("./ways.js").Scheme} scheme
 * @param {import("./places.js").Parts} parts
 * @returns {Handshake | undefined}
 */
export const handshakeOf = ({ handshakes = [] }, parts) =>
  handshakes.find(({ method, when = [], challenge }) =>
    method === "POST" &&
    when.every(({ is, ...place }) => [textAt(parts, place)].some((text) => (is === undefined ? text : text === is))) &&
    (!challenge || textAt(parts, challenge)));

/** A webhook's parts, whatever its body is. @param {Record<string, string>} headers @param {string} body @param {string} query */
export function partsOf(headers, body, query) {
  try {
    return { headers, items: {}, query, json: JSON.parse(body) };
  } catch {
    return { headers, items: {}, query };
  }
}
