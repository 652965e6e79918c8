// Webhooks that must be refused, each made from a genuine one of a row, with the status and the
// code of the refusal.

import { createHmac, randomUUID } from "node:crypto";
import { flipped } from "./bodies.js";
import { now } from "./sign.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./waypost.js").Webhook} Webhook */
/** @typedef {{name: string, webhook: Webhook, status: number, code: string}} Forgery */

/** Seconds beyond the window of every row. */
const FAR = 3_600;

/**
 * @param {Row} row
 * @returns {Promise<Forgery[]>}
 */
export async function forgeries(row) {
  const genuine = await row.sign(row.body());
  const forge = new Forge(row, genuine);
  return [
    ...(await everyRow(row, forge)),
    ...(row.separator ? lists(row, forge) : []),
    ...(row.timestamp || row.timestampField ? await times(row) : []),
    ...(row.timestamp ? timestampHeaders(row.timestamp, forge) : []),
    ...(row.timestampField ? timestampFields(row, forge) : []),
    ...(row.signedId ? ids(row.signedId, forge) : []),
  ];
}

/** Takes a genuine webhook apart and puts it together wrongly. */
class Forge {
  /** @param {Row} row @param {Webhook} genuine */
  constructor(row, genuine) {
    this.row = row;
    this.genuine = genuine;
    this.value = genuine.headers[row.header];
    const cut = row.label ? this.value.lastIndexOf(row.label) : 0;
    this.lead = this.value.slice(0, cut);
    this.signature = this.value.slice(cut + row.label.length);
  }

  /** @param {Record<string, string | undefined>} changes `undefined` removes a header */
  headers(changes) {
    const headers = { ...this.genuine.headers, ...changes };
    const kept = Object.entries(headers).filter(([, value]) => value !== undefined);
    return { ...this.genuine, headers: /** @type {Record<string, string>} */ (Object.fromEntries(kept)) };
  }

  /** With another signature header. @param {string | undefined} value */
  withHeader(value) {
    return this.headers({ [this.row.header]: value });
  }

  /** With another signature under this label. @param {string} signature @param {string} [label] */
  signed(signature, label = this.row.label) {
    return this.withHeader(this.lead + label + signature);
  }

  /** What the genuine content would be signed with by another algorithm. @param {string} algorithm */
  digest(algorithm) {
    return createHmac(algorithm, this.row.key).update(this.row.content(this.genuine)).digest(this.row.encoding);
  }
}

/**
 * @param {Row} row
 * @param {Forge} forge
 * @returns {Promise<Forgery[]>}
 */
async function everyRow(row, forge) {
  const { genuine, signature } = forge;
  const other = (/** @type {string} */ digit) => (digit === "a" ? "b" : "a");
  const stranger = await row.sign(row.body(), { secret: "whsec_c29tZSBvdGhlciBzZWNyZXQgZW50aXJlbHk=" });
  return [
    bad("the body flipped", { ...genuine, body: flipped(String(genuine.body)) }),
    bad("the signature flipped", forge.signed(other(signature[0]) + signature.slice(1))),
    bad("another secret", stranger),
    bad("the signature of another body", { ...genuine, body: row.body() }),
    bad("another algorithm of the same length", forge.signed(forge.digest("sha3-256"))),
    refused("another algorithm", forge.signed(forge.digest("sha512")), 401, "undecodable_signature"),
    refused("half a signature", forge.signed(signature.slice(0, 32)), 401, "undecodable_signature"),
    refused("not in the encoding", forge.signed(`!${signature.slice(1)}`), 401, "undecodable_signature"),
    refused("no signature header", forge.withHeader(undefined), 401, "missing_signature"),
    refused("an empty signature header", forge.withHeader(""), 401, "missing_signature"),
    refused("a header over 8 KB", forge.signed(signature + "a".repeat(8 * 1024)), 400, "malformed_header"),
    ...(row.label
      ? [
          refused("another label", forge.signed(signature, row.otherLabel), 401, "unrecognised_signature"),
          // In a list of pairs a bare signature is a broken pair.
          row.separator
            ? refused("no label", forge.signed(signature, ""), 400, "malformed_header")
            : refused("no label", forge.signed(signature, ""), 401, "unrecognised_signature"),
        ]
      : [refused("a label where none belongs", forge.signed(signature, row.otherLabel), 401, "undecodable_signature")]),
  ];
}

/** @param {Row} row @param {Forge} forge @returns {Forgery[]} */
function lists({ label, separator = "" }, forge) {
  const many = Array.from({ length: 17 }, () => label + forge.signature).join(separator);
  return [refused("17 signatures", forge.withHeader(forge.lead + many), 400, "malformed_header")];
}

/** Properly signed, at the wrong time. @param {Row} row @returns {Promise<Forgery[]>} */
async function times(row) {
  return [
    refused("stale", await row.sign(row.body(), { at: now() - FAR }), 400, "stale_timestamp"),
    refused("from the future", await row.sign(row.body(), { at: now() + FAR }), 400, "future_timestamp"),
  ];
}

/** @param {string} header @param {Forge} forge @returns {Forgery[]} */
function timestampHeaders(header, forge) {
  const at = forge.genuine.headers[header];
  const malformed = ["now", `+${at}`, `${at}.0`, `-${at}`, `0x${Number(at).toString(16)}`, `${at}000`];
  return [
    bad("another time", forge.headers({ [header]: String(Number(at) - 1) })),
    refused("no time", forge.headers({ [header]: undefined }), 400, "missing_timestamp"),
    refused("an empty time", forge.headers({ [header]: "" }), 400, "missing_timestamp"),
    ...malformed.map((text) =>
      refused(`the time ${text}`, forge.headers({ [header]: text }), 400, "malformed_timestamp")),
  ];
}

/** @param {Row} row @param {Forge} forge @returns {Forgery[]} */
function timestampFields({ timestampField: field, label }, forge) {
  const at = Number(new RegExp(`${field}=(\\d+)`).exec(forge.value)?.[1]);
  const signed = `${label}${forge.signature}`;
  return [
    bad("another time", forge.withHeader(`${field}=${at - 1},${signed}`)),
    refused("no time", forge.withHeader(signed), 400, "malformed_header"),
    refused("two times", forge.withHeader(`${field}=${at},${field}=${at - 1},${signed}`), 400, "malformed_header"),
    refused("a broken pair", forge.withHeader(`${field}=${at},v1,${signed}`), 400, "malformed_header"),
    ...["", "now", `+${at}`, `${at}000`].map((text) =>
      refused(`the time "${text}"`, forge.withHeader(`${field}=${text},${signed}`), 400, "malformed_timestamp")),
  ];
}

/** @param {string} header @param {Forge} forge @returns {Forgery[]} */
function ids(header, forge) {
  return [
    bad("another id", forge.headers({ [header]: `msg_${randomUUID()}` })),
    refused("no id", forge.headers({ [header]: undefined }), 400, "missing_event_id"),
    refused("an empty id", forge.headers({ [header]: "" }), 400, "missing_event_id"),
  ];
}

/** @returns {Forgery} */
function refused(/** @type {string} */ name, /** @type {Webhook} */ webhook, status, code) {
  return { name, webhook, status, code };
}

const bad = (/** @type {string} */ name, /** @type {Webhook} */ webhook) =>
  refused(name, webhook, 401, "bad_signature");
