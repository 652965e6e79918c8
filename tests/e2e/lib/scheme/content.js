// What a provider signs: every part that a template may name, told independently of the code under
// test.

import { crc32 } from "node:zlib";
import { textAt } from "./places.js";

/**
 * @typedef {object} Facts
 * @property {import("./ways.js").Scheme} way
 * @property {import("./places.js").Parts} parts
 * @property {string} body as it is sent
 * @property {string} url with the query
 * @property {string} secret
 */

/**
 * The first of these places where there is something.
 *
 * @param {Facts} facts
 * @param {(import("./places.js").Place | undefined)[]} places
 */
const first = ({ parts }, places) =>
  places.map((place) => place && textAt(parts, place)).find((text) => text !== undefined) ?? "";

/** The headers that an item of the signature header lists. @param {Facts} facts @param {string} name */
const listed = ({ parts }, name) =>
  (parts.items[name] ?? "").split(" ").filter(Boolean).map((header) => parts.headers[header]);

const bytewise = (/** @type {string} */ a, /** @type {string} */ b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Each field once, by name and then by value. @param {[string, string][]} form */
const sorted = (form) => {
  const distinct = [...new Map(form.map((field) => [JSON.stringify(field), field])).values()];
  const ordered = distinct.sort((a, b) => bytewise(a[0], b[0]) || bytewise(a[1], b[1]));
  return ordered.flat().join("");
};

/** Scheme, user, host, port and the rest. */
const URL_PARTS = /^(https?):\/\/([^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(:\d+)?(.*)$/;

/** @type {Record<string, (url: string) => string>} */
const URLS = {
  given: (url) => url,
  decoded: (url) => url.replace(/%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, decodeURIComponent),
  bare: (url) => url.replace(URL_PARTS, "$1://$2$3$5"),
  port: (url) =>
    url.replace(URL_PARTS, (_, scheme, user = "", host, port = { http: ":80", https: ":443" }[scheme], rest) =>
      `${scheme}://${user}${host}${port}${rest}`),
};

/** @type {Record<string, (facts: Facts, argument: string) => string>} */
const PARTS = {
  body: ({ body }) => body,
  timestamp: (facts) => first(facts, [facts.way.timestamp]),
  id: (facts) => first(facts, facts.way.id ?? []),
  method: () => "POST",
  secret: ({ secret }) => secret,
  url: ({ url }, form = "given") => URLS[form](url),
  header: ({ parts }, name) => parts.headers[name] ?? "",
  field: ({ parts }, name) => (parts.items[name] ?? "").toLowerCase(),
  headers: (facts, name) => listed(facts, name).join("."),
  json: ({ parts }, json) => textAt(parts, { json }) ?? "",
  lines: ({ parts }, names) =>
    names.split(",").map((name) => [name, textAt(parts, { json: `/${name}` })])
      .filter(([, text]) => text !== undefined).map(([name, text]) => `${name}\n${text}\n`).join(""),
  crc32: ({ body }) => String(crc32(body)),
  jwt: ({ parts }) => tokenOf(parts),
  form({ parts, body }, name) {
    const [field, otherwise] = (name ?? "").split("|");
    if (name === undefined) return sorted(parts.form ?? []);
    return otherwise !== undefined && parts.form === undefined ? body : textAt(parts, { form: field }) ?? "";
  },
};

const base64url = (/** @type {object | undefined} */ value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What is signed of a JSON Web Token. @param {import("./places.js").Parts} parts */
export const tokenOf = ({ jose, claims }) => `${base64url(jose)}.${base64url(claims)}`;

/** The text that is signed. @param {string} template @param {Facts} facts */
export const contentOf = (template, facts) =>
  template.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, part, argument) => PARTS[part](facts, argument));

/** The parts of a template, each with its argument: `header:webhook-id`. @param {string} template */
export const partsOf = (template) => [...template.matchAll(/\{([^}]*)\}/g)].map(([, part]) => part);
