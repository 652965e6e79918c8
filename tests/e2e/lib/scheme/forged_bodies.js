// Genuine webhooks with another body.

import { BAD, GONE, UNREAD, UNTIMED } from "./codes.js";
import { flipped } from "./kit.js";

/** @typedef {import("./forgeries.js").Forgery} Forgery */
/** @typedef {import("./kit.js").Kit} Kit */

const covers = (/** @type {Kit} */ { rules }) => rules.integrity !== "none";
const inBody = (/** @type {Kit} */ kit) => kit.signsBody || kit.way.signature.json || kit.way.signature.form;
const coveredForm = (/** @type {Kit} */ kit) => covers(kit) && kit.variant.form;
const ofOnlyItem = (/** @type {Kit} */ { parts }) => parts.some((part) => part.includes("/*"));
const otherType = (/** @type {Kit} */ { variant }) => (variant.form ? "text/plain" : "application/x-www-form-urlencoded");

/** @type {Forgery[]} */
export const BODIES = [
  {
    name: "what is signed of the body changed",
    codes: BAD,
    when: (kit) => kit.signsBody,
    make: (kit) => (kit.signedPlace
      ? kit.moved(kit.signedPlace, `${kit.textAt(kit.signedPlace)}0`)
      : kit.body((body) => body.replace(/[0-9a-f]"/, (found) => flipped(found)))),
  },
  {
    name: "the body cut short",
    codes: [...BAD, ...UNREAD],
    when: covers,
    make: (kit) => kit.body((body) => body.slice(0, -1)),
  },
  { name: "no body", codes: [...GONE, ...UNREAD], when: inBody, make: (kit) => kit.body(() => "") },
  {
    name: "a byte after the body",
    codes: BAD,
    when: (kit) => covers(kit) && !kit.way.signature.form,
    make: (kit) => kit.body((body) => `${body} `),
  },
  {
    name: "a field added to the form",
    codes: BAD,
    when: coveredForm,
    make: (kit) => kit.changed((draft) => draft.form?.push(["amount", "1000000"])),
  },
  {
    name: "a field of the form before its signed self",
    codes: BAD,
    when: coveredForm,
    make: (kit) => kit.changed(({ form = [] }) => form.unshift([form[0][0], "another"])),
  },
  {
    name: "a field of the form after its signed self",
    codes: BAD,
    when: (kit) => kit.variant.form,
    make: (kit) => kit.changed(({ form = [] }) => form.push([kit.signedPlace?.form ?? form[0][0], "another"])),
  },
  {
    name: "another type of content",
    codes: [...GONE, ...UNTIMED],
    when: (kit) => kit.signs(/^(form|json)/) || kit.way.signature.form,
    make: (kit) => kit.moved({ header: "content-type" }, otherType(kit)),
  },
  {
    name: "a second item in the list",
    codes: GONE,
    when: ofOnlyItem,
    make: (kit) => kit.body((body) => body.replace(/\[(.*)\]/s, "[$1,$1]")),
  },
  {
    name: "an item before the signed one",
    codes: GONE,
    when: ofOnlyItem,
    make: (kit) => kit.body((body) => body.replace(/\[(.*)\]/s, "[{},$1]")),
  },
];
