// An event as a command line: the same bytes under the same headers, whatever they are.

/** Longer arguments a system may refuse. */
const LONGEST = 96 * 1024;
/** What a terminal shows as it is: nothing that moves a cursor, hides or turns text. */
const PLAIN = /^[^\p{C}\u2028\u2029]*$/u;
const PLAIN_LINES = /^(?:[^\p{C}\u2028\u2029]|\n)*$/u;

/** What curl says for itself, and what the way here added: Cloudflare refuses who says it for himself. */
const LEFT_OUT = /^(?:content-length|host|connection|transfer-encoding|accept-encoding|expect|cdn-loop|x-real-ip|cf-.*|x-forwarded-.*)$/i;

const single = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** A text as one word of any POSIX shell. What a terminal would not show stands in it in octal. @param {string} text */
export function quote(text) {
  if (PLAIN.test(text)) return single(text);
  const octal = [...new TextEncoder().encode(text)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  return `"$(printf '${octal}')"`;
}

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

/** Bytes as text where a terminal would show every character of them. @param {Uint8Array} bytes */
function plain(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return PLAIN_LINES.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** A header. Without a value curl leaves it out where it ends with a colon, and sends it empty with a semicolon. */
const header = (name, value) => `-H ${quote(value === "" ? `${name};` : `${name}: ${value}`)}`;

/**
 * @param {object} options
 * @param {string} options.url where to
 * @param {Record<string, string>} options.headers
 * @param {string | null} [options.contentType]
 * @param {{bytes: Uint8Array, cut: boolean}} options.body
 * @param {string} options.bodyUrl where all of it is, for what does not fit on a line
 */
export function curl({ url, headers, contentType, body, bodyUrl }) {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const lines = Object.entries(headers).filter(([name]) => !LEFT_OUT.test(name)).map(([name, value]) => header(name, value));
  // curl would make a form of it.
  if (!names.has("content-type")) lines.push(contentType ? header("content-type", contentType) : "-H 'content-type:'");
  // One header to a line; what curl adds of its own is taken away.
  for (const name of ["accept", "user-agent"]) if (!names.has(name)) lines.push(`-H '${name}:'`);
  const command = (data) => [`curl -X POST ${quote(url)}`, ...lines, ...data].join(" \\\n  ");
  const text = body.cut ? undefined : plain(body.bytes);
  if (text !== undefined && body.bytes.length <= LONGEST) return command([`--data-raw ${single(text)}`]);
  const encoded = body.cut ? undefined : base64(body.bytes);
  const bytes = encoded !== undefined && encoded.length <= LONGEST ? `printf %s '${encoded}' | base64 -d`
    : `curl -sf -H "authorization: Bearer $WAYPOST_TOKEN" ${quote(bodyUrl)}`;
  return `${bytes} | ${command(["--data-binary @-"])}`;
}
