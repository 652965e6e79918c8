// What forgeries are made with: a genuine webhook of one variant, and ways of spoiling it.

import { compose, sign, written } from "../scheme.js";
import { partsOf } from "./content.js";
import { isPublic, isToken, strangeKey } from "./keys.js";
import { put, textAt } from "./places.js";

/** @typedef {import("../scheme.js").Draft} Draft */
/** @typedef {import("./places.js").Place} Place */
/** @typedef {ReturnType<typeof written>} Webhook */

export class Kit {
  /**
   * @param {import("./ways.js").Variant} variant
   * @param {string} source
   * @param {string} secret
   * @param {import("./ways.js").Scheme} rules the first way of the chain, whose rules hold for all
   * @param {import("./sources.js").Settings} settings of the source
   */
  constructor(variant, source, secret, rules, settings) {
    this.variant = variant;
    this.way = variant.way;
    this.source = source;
    this.secret = secret;
    this.rules = rules;
    this.settings = settings;
    this.token = isToken(this.way);
    /** Whether a key is what both sides know. */
    this.symmetric = !this.token && !isPublic(this.way);
    this.parts = partsOf(variant.template);
    this.genuine = this.signed();
  }

  /** Whether a part of what is signed is one of these. @param {RegExp} part */
  signs(part) {
    return this.parts.some((each) => part.test(each));
  }

  get signature() {
    return this.genuine.signatures[0];
  }

  /** Whether the body, or something in it, is signed. */
  get signsBody() {
    return this.signs(/^(body|crc32|form|json|lines)/) || this.way.body_hash !== undefined;
  }

  /** A key of the same kind that is not the source's. */
  get strange() {
    return strangeKey(this.way);
  }

  /**
   * A new webhook, composed so and signed so.
   *
   * @param {Parameters<typeof compose>[1]} [composed]
   * @param {Partial<import("../scheme.js").Options>} [how]
   */
  signed(composed, how) {
    const draft = compose(this.variant, { settings: this.settings, ...composed });
    return sign(this.variant, draft, { secret: this.secret, ...how });
  }

  /** A new webhook that is changed before it is signed. @param {(draft: Draft) => void} change */
  signedWith(change) {
    return this.sent(this.signed({ change }));
  }

  /** As it is posted. @param {Draft} draft @returns {Webhook} */
  sent(draft) {
    return written(this.variant, draft, this.source);
  }

  /** The genuine one with this changed after it was signed. @param {(draft: Draft) => void} change */
  changed(change) {
    const draft = structuredClone(this.genuine);
    change(draft);
    return this.sent(draft);
  }

  /** With other signatures. @param {string[]} signatures */
  resigned(...signatures) {
    return this.sent({ ...this.genuine, signatures });
  }

  /** With another text at a place. @param {Place | undefined} place @param {string | undefined} text */
  moved(place, text) {
    return this.changed((draft) => place && put(draft, place, text));
  }

  /** What stands at a place of the genuine one. @param {Place | undefined} place */
  textAt(place) {
    return (place && textAt(this.genuine, place)) ?? "";
  }

  /** The genuine one with its body changed as text. @param {(body: string) => string} change @returns {Webhook} */
  body(change) {
    const webhook = this.sent(this.genuine);
    return { ...webhook, body: change(webhook.body) };
  }

  /**
   * The genuine one with the first characters of its body in its query.
   *
   * @param {number} count how many; below 0, so many of the query's last in the body
   */
  shifted(count) {
    const webhook = this.sent(this.genuine);
    const text = webhook.query + webhook.body;
    const at = webhook.query.length + count;
    return { ...webhook, query: text.slice(0, at), body: text.slice(at) };
  }

  /** The id's place, where it is signed. @returns {Place | undefined} */
  get signedId() {
    const place = this.way.id?.find((each) => textAt(this.genuine, each) !== undefined);
    const header = place?.header !== undefined;
    const alone = header ? this.signs(/^id$/) || this.covered.includes(place.header ?? "") : this.rules.integrity !== "none";
    const named = place && Object.entries(place).some(([kind, name]) => this.parts.includes(`${kind}:${name}`));
    return alone || named ? place : undefined;
  }

  /** The item of the signature header that lists the headers which are signed. */
  get list() {
    return this.parts.find((part) => part.startsWith("headers:"))?.slice("headers:".length) ?? "";
  }

  /** The headers that it lists. */
  get covered() {
    return this.genuine.items[this.list]?.split(" ") ?? [];
  }

  /** A place in the body whose text is signed. @returns {Place | undefined} */
  get signedPlace() {
    if (this.signs(/^lines/)) return { json: "/Message" };
    const named = this.parts.map((part) => /^(json|form):([^|]+)/.exec(part)).filter((match) => match !== null);
    const places = named.map(([, kind, name]) => ({ [kind]: name }));
    const present = places.find((place) => textAt(this.genuine, place) !== undefined);
    return present ?? (this.variant.form ? { form: this.genuine.form?.[0]?.[0] } : undefined);
  }
}

/** The same text with a character replaced by another of every encoding; the first, if nothing else is said. */
export const flipped = (/** @type {string} */ text, at = 0) =>
  text.slice(0, at) + (text[at] === "a" ? "b" : "a") + text.slice(at + 1);
