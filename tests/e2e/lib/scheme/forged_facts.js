// Webhooks that are signed properly at a wrong time, or whose time, URL, id or signed headers are not
// those that were signed.

import { BAD, UNTIMED } from "./codes.js";

/** @typedef {import("./forgeries.js").Forgery} Forgery */
/** @typedef {import("./kit.js").Kit} Kit */

/** Milliseconds beyond a window. */
const FAR = 3_600_000;

const late = (/** @type {Kit} */ { rules }) => rules.tolerance_seconds * 1000 + FAR;

/** A moment before or after the time of this text. */
const moment = (/** @type {string} */ time) => time.replace(/\d(?=\D*$)/, (digit) => (digit === "1" ? "2" : "1"));

const signsUrl = (/** @type {Kit} */ kit) => kit.signs(/^url/);
/** Nothing in what is signed says where the query ends. */
const joinsUrl = (/** @type {Kit} */ { variant }) => /\{url[^}]*\}\{body\}/.test(variant.template);
const lists = (/** @type {Kit} */ { covered }) => covered.length > 1;

/** For schemes that sign a time. @type {Forgery[]} */
export const TIMES = [
  { name: "stale", codes: ["stale_timestamp"], make: (kit) => kit.sent(kit.signed({ at: Date.now() - late(kit) })) },
  {
    name: "from the future",
    codes: ["future_timestamp"],
    make: (kit) => kit.sent(kit.signed({ at: Date.now() + late(kit) })),
  },
  { name: "a time that is none", codes: ["malformed_timestamp"], make: (kit) => kit.sent(kit.signed({ time: "now" })) },
  {
    name: "another time",
    codes: BAD,
    make: (kit) => kit.moved(kit.way.timestamp, moment(kit.textAt(kit.way.timestamp))),
  },
  { name: "no time", codes: [...BAD, ...UNTIMED], make: (kit) => kit.moved(kit.way.timestamp, undefined) },
  {
    // A body that is signed as a whole may leave its time out, and an empty one is none.
    name: "an empty time",
    codes: ["malformed_timestamp", "missing_timestamp"],
    when: (kit) => !(kit.way.timestamp?.json && kit.signs(/^body$/)),
    make: (kit) => kit.sent(kit.signed({ time: "" })),
  },
];

/** @type {Forgery[]} */
export const REST = [
  {
    name: "another query",
    codes: BAD,
    when: signsUrl,
    make: (kit) => kit.changed((draft) => (draft.query = `x=1&${draft.query}`)),
  },
  { name: "no query", codes: BAD, when: signsUrl, make: (kit) => kit.changed((draft) => (draft.query = "")) },
  { name: "a byte of the body in the query", codes: BAD, when: joinsUrl, make: (kit) => kit.shifted(1) },
  { name: "a byte of the query in the body", codes: BAD, when: joinsUrl, make: (kit) => kit.shifted(-1) },
  {
    name: "the hash of another body",
    codes: BAD,
    when: ({ way }) => way.body_hash,
    make: (kit) => kit.sent(kit.signed({ hashOf: "{}" })),
  },
  {
    name: "the body of another webhook beside its hash",
    codes: BAD,
    when: ({ way }) => way.body_hash,
    make: (kit) => kit.body(() => kit.sent(kit.signed()).body),
  },
  { name: "another id", codes: BAD, when: (kit) => kit.signedId, make: (kit) => kit.moved(kit.signedId, "id-another") },
  {
    name: "no id, properly signed",
    codes: ["missing_event_id", ...BAD],
    when: (kit) => kit.rules.id_required,
    make: (kit) => kit.sent(kit.signed({ id: false })),
  },
  {
    name: "a signed header changed",
    codes: BAD,
    when: lists,
    make: (kit) => kit.moved({ header: kit.covered[0] }, "another"),
  },
  {
    name: "a signed header missing",
    codes: BAD,
    when: lists,
    make: (kit) => kit.moved({ header: kit.covered[0] }, undefined),
  },
  {
    name: "fewer headers signed",
    codes: BAD,
    when: lists,
    make: (kit) => kit.changed(({ items }) => (items[kit.list] = kit.covered.slice(1).join(" "))),
  },
  {
    name: "the signed headers in another order",
    codes: BAD,
    when: lists,
    make: (kit) => kit.changed(({ items }) => (items[kit.list] = kit.covered.reverse().join(" "))),
  },
];
