// An event's body: JSON set out, other text as it is, anything else in hex.

import { base, part, request } from "./api.js";
import { button, h } from "./dom.js";
import { bytes as sized } from "./format.js";
import { dump, textOf } from "./hex.js";
import { isJson, pretty } from "./json.js";

/** More than this is for a download; a screen has no use of it. */
const MOST = 256 * 1024;
/** Colours are for what is read. */
const COLOURED = 64 * 1024;
const MOST_HEX = 16 * 1024;

/** Where the exact bytes are. */
export const bodyPath = (feed, id) => `${base(feed)}/events/${part(id)}/body`;

/** The first bytes of a body, all of them where they are not too many. @returns {Promise<{bytes: Uint8Array, cut: boolean}>} */
export async function fetchBody(feed, id, signal, most = MOST) {
  const response = await request(bodyPath(feed, id), { signal });
  const reader = response.body.getReader();
  const chunks = [];
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    chunks.push(read.value);
    size += read.value.length;
    if (size > most) {
      reader.cancel().catch(() => {});
      break;
    }
  }
  const all = new Uint8Array(await new Blob(chunks).arrayBuffer());
  return { bytes: all.subarray(0, most), cut: size > most };
}

/** The ways in which these bytes can be shown, the best one first. */
export function ways({ bytes, cut }) {
  const text = textOf(bytes, cut);
  if (text === undefined) return ["hex"];
  return !cut && isJson(text) ? ["pretty", "as sent", "hex"] : ["as sent", "hex"];
}

function setOut(text) {
  const pieces = pretty(text);
  if (text.length > COLOURED) return pieces.map(({ text }) => text).join("");
  return pieces.map(({ kind, text }, at) => (kind === "mark" ? text : h("span", { class: kind, key: at }, text)));
}

const CONTENT = {
  pretty: ({ bytes }) => setOut(textOf(bytes)),
  "as sent": ({ bytes, cut }) => textOf(bytes, cut),
  hex: ({ bytes }) => dump(bytes.subarray(0, MOST_HEX)),
};

/** What a body looks like. @param {{bytes: Uint8Array, cut: boolean}} body @param {string} way @param {(way: string) => void} choose */
export function show(body, way, choose) {
  const all = ways(body);
  const short = way === "hex" && body.bytes.length > MOST_HEX;
  return [
    all.length > 1 && h("div", { class: "ways", role: "group", "aria-label": "How the body is shown" },
      all.map((one) => button(one, () => choose(one), { key: one, "aria-pressed": one === way }))),
    body.bytes.length === 0 ? h("p", { class: "empty" }, "No body.")
      : h("pre", { class: "body", tabindex: 0, role: "group", "aria-label": "Body" }, CONTENT[way](body)),
    (short || body.cut) && h("p", { class: "hint" }, `The first ${sized(short ? MOST_HEX : body.bytes.length)}. The download has all of it.`),
  ];
}
