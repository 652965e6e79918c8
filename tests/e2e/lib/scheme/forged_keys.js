// Webhooks that are signed properly, and name a certificate that is not the provider's, or no longer.

import { BAD, STRANGE } from "./codes.js";
import { put, textAt } from "./places.js";
import { SPOILT, urlOf } from "./sources.js";

/** @typedef {import("./forgeries.js").Forgery} Forgery */
/** @typedef {import("./kit.js").Kit} Kit */

const place = (/** @type {Kit} */ { way }) => /** @type {import("./places.js").Place} */ (way.keys?.certificate);
const urls = (/** @type {Kit} */ { way }) => way.keys?.urls ?? [];

/** Names another certificate, whose place nobody signs. @param {Kit} kit @param {(url: string) => string | undefined} change */
const named = (kit, change) =>
  kit.changed((draft) => put(draft, place(kit), change(textAt(draft, place(kit)) ?? "")));

/** URLs of other people's, as they are made from the provider's. @type {Record<string, (url: string) => string>} */
const OTHERS = {
  "over http": (url) => url.replace("https:", "http:"),
  "in capitals": (url) => url.replace("https", "HTTPS"),
  "from another host": (url) => url.replace(/\/\/[^/]*/, "//example.com"),
  "from a host that goes on": (url) => url.replace(/(\/\/[^/]*)/, "$1.example.com"),
  "from a host that ends so": (url) => url.replace("//", "//example-"),
  "from a host before a full stop": (url) => url.replace(/(\/\/[^/]*)/, "$1."),
  "from behind a user name": (url) => url.replace(/(\/\/[^/]*)/, "$1@example.com"),
  "from behind a user name and a password": (url) => url.replace(/(\/\/[^/]*)/, "$1:443@example.com"),
  "from behind a backslash": (url) => url.replace(/(\/\/[^/]*)\//, "$1\\@example.com/"),
  "from another port": (url) => url.replace(/(\/\/[^/]*)/, "$1:8443"),
  "from the port that it would be": (url) => url.replace(/(\/\/[^/]*)/, "$1:443"),
  "from another path": (url) => url.replace(/([^/])\/(?=[^/]).*/, "$1/redirect?to=https://example.com/cert.pem"),
  "from a folder above": (url) => url.replace(/\/([^/]*)$/, "/../$1"),
  "from a folder above, escaped": (url) => url.replace(/\/([^/]*)$/, "/%2e%2e/$1"),
  "with a query": (url) => `${url}?x=1`,
  "with a fragment": (url) => `${url}#x`,
  "with a space": (url) => `${url} `,
  "with a tab in it": (url) => url.replace("//", "/\t/"),
  "of data": () => "data:text/plain,-----BEGIN CERTIFICATE-----",
  "of a host alone": () => "https://example.com",
};

/** Where AWS's own storage answers to everybody's names. */
const BUCKETS = ["s3", "s3-us-west-2", "s3-website-us-east-1", "us-east-1.s3", "bucket", "eu-west-1.evil"];

const inRegion = (/** @type {Kit} */ kit) => urls(kit)[0].includes("{region}");
/** A header's value has neither tabs nor spaces at its end. */
const inHeader = (/** @type {Kit} */ kit) => place(kit).header !== undefined;

/** @type {Forgery[]} */
export const KEYS = [
  ...Object.entries(OTHERS).map(([what, change]) => ({
    name: `a certificate ${what}`,
    codes: STRANGE,
    when: (/** @type {Kit} */ kit) => !(inHeader(kit) && /space|tab/.test(what)),
    make: (/** @type {Kit} */ kit) => named(kit, change),
  })),
  ...BUCKETS.map((bucket) => ({
    name: `a certificate from ${bucket}`,
    codes: STRANGE,
    when: inRegion,
    make: (/** @type {Kit} */ kit) => named(kit, (url) => url.replace("eu-west-1", bucket)),
  })),
  { name: "no certificate", codes: ["missing_signature"], make: (kit) => named(kit, () => undefined) },
  ...["expired", "early", "strange"].map((what) => ({
    name: `a certificate that is ${what}`,
    codes: BAD,
    make: (/** @type {Kit} */ kit) => named(kit, () => urlOf(urls(kit), SPOILT[/** @type {"early"} */ (what)])),
  })),
  {
    name: "a certificate that is elsewhere",
    codes: ["key_unavailable"],
    make: (kit) => named(kit, () => urlOf(urls(kit), SPOILT.redirected)),
  },
  {
    name: "lines of the message moved into other members",
    codes: BAD,
    when: (kit) => kit.signs(/^lines/),
    make(kit) {
      // What is signed is the same text.
      const before = kit.signed({
        change: ({ json }) => {
          delete json.Subject;
          json.Message = `the message\nMessageId\nan id\nSubject\nthe subject`;
        },
      });
      const { json } = before;
      const subject = `the subject\nMessageId\n${json.MessageId}`;
      return kit.sent({ ...before, json: { ...json, Message: "the message", MessageId: "an id", Subject: subject } });
    },
  },
];
