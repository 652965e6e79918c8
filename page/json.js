// JSON made readable without being read: every number and every string stays the text that was signed, and only the
// blanks between them change.

/** A string, a run of anything else that is no blank and no bracket, or a bracket. */
const TOKEN = /"(?:[^"\\]|\\[^])*"?|[{}[\],:]|[^\s{}[\],:"]+/g;
const INDENT = "  ";

/**
 * @typedef {{kind: "key" | "text" | "word" | "mark", text: string}} Piece and every blank between is a piece of kind `mark`
 */

/** The pieces of a JSON text, with line breaks and indents put between them. @param {string} text @returns {Piece[]} */
export function pretty(text) {
  const tokens = text.match(TOKEN) ?? [];
  /** @type {Piece[]} */
  const pieces = [];
  let depth = 0;
  const mark = (/** @type {string} */ text) => {
    const last = pieces.at(-1);
    if (last?.kind === "mark") last.text += text;
    else pieces.push({ kind: "mark", text });
  };
  const line = () => mark(`\n${INDENT.repeat(depth)}`);
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1];
    if (token === "{" || token === "[") {
      mark(token);
      depth += 1;
      if (next !== "}" && next !== "]") line();
    } else if (token === "}" || token === "]") {
      depth = Math.max(0, depth - 1);
      if (tokens[at - 1] !== "{" && tokens[at - 1] !== "[") line();
      mark(token);
    } else if (token === ",") {
      mark(token);
      line();
    } else if (token === ":") {
      mark(": ");
    } else {
      const kind = !token.startsWith('"') ? "word" : next === ":" ? "key" : "text";
      pieces.push({ kind, text: token });
    }
  }
  return pieces;
}

/** Whether a text is JSON. @param {string} text */
export function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
