// The payloads of a page of events as the answer spells them, byte for byte: what JSON.parse
// gives could be serialised again, but not back into the text that was signed.

import { createScanner, SyntaxKind } from "jsonc-parser";

/** The page is an object, in it the list, in it the event, and in that its members. */
const MEMBERS = 3;

/**
 * @param {string} text the answer of GET /events
 * @returns {(string | undefined)[]} for each event the text of its `payload`
 */
export function rawPayloads(text) {
  // By tokens and not as a tree, which would end the stack where a payload nests deeply.
  const scanner = createScanner(text, true);
  /** @type {(string | undefined)[]} */
  const payloads = [];
  let depth = 0;
  let start = -1;
  let before = SyntaxKind.Unknown;
  for (let token = scanner.scan(); token !== SyntaxKind.EOF; before = token, token = scanner.scan()) {
    const opens = token === SyntaxKind.OpenBraceToken || token === SyntaxKind.OpenBracketToken;
    const closes = token === SyntaxKind.CloseBraceToken || token === SyntaxKind.CloseBracketToken;
    if (start >= 0 && depth === MEMBERS && (closes || token === SyntaxKind.CommaToken)) {
      payloads[payloads.length - 1] = text.slice(start, scanner.getTokenOffset()).trim();
      start = -1;
    }
    if (opens) depth += 1;
    if (closes) depth -= 1;
    if (opens && depth === MEMBERS) payloads.push(undefined);
    const names = before === SyntaxKind.OpenBraceToken || before === SyntaxKind.CommaToken;
    if (depth === MEMBERS && names && scanner.getTokenValue() === "payload") {
      token = scanner.scan();
      start = scanner.getTokenOffset() + scanner.getTokenLength();
    }
  }
  return payloads;
}
