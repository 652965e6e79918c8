// The payloads of a page of events as the answer spells them, byte for byte: what JSON.parse
// gives could be serialised again, but not back into the text that was signed.

import { findNodeAtLocation, parseTree } from "jsonc-parser";

/**
 * @param {string} text the answer of GET /events
 * @returns {(string | undefined)[]} for each event the text of its `payload`
 */
export function rawPayloads(text) {
  const root = parseTree(text, [], { disallowComments: true });
  const list = root && (findNodeAtLocation(root, ["events"]) ?? findNodeAtLocation(root, ["updates"]));
  return (list?.children ?? []).map((event) => {
    const payload = findNodeAtLocation(event, ["payload"]);
    return payload && text.slice(payload.offset, payload.offset + payload.length);
  });
}
