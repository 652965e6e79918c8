// Webhooks that are signed properly, and are not from or for whom they should be.

import { STRANGE, UNREAD } from "./codes.js";
import { put } from "./places.js";

/** @typedef {import("./forgeries.js").Forgery} Forgery */
/** @typedef {import("./kit.js").Kit} Kit */

/** Beside a requirement's text; the source's own are longer by what they end with. */
const OTHERS = {
  "another text": (/** @type {string} */ text) => `${text}2`,
  "a text cut short": (/** @type {string} */ text) => text.slice(0, -1),
  "an empty text": () => "",
  "nothing": () => undefined,
};

/** What a way requires, each missing and each of another value. @param {Kit} kit @returns {Forgery[]} */
export const requirementsOf = ({ way }) =>
  (way.requires ?? []).flatMap(({ is, one_of, ...place }) => {
    const [[, name]] = Object.entries(place);
    // A version that is not ours is no signature of ours, but a claim is said to us.
    const codes = one_of !== undefined || place.claim !== undefined ? STRANGE : UNREAD;
    return Object.entries(OTHERS).map(([what, change]) => ({
      name: `${name}: ${what}`,
      codes,
      make: (/** @type {Kit} */ kit) =>
        kit.signedWith((draft) => put(draft, place, change(String(is ?? kit.settings[one_of ?? ""]?.at(-1))))),
    }));
  });
