// Conditional requests and their expected answers, for any route with validators.

/** @typedef {{etag: string, modified: string}} Validators of a route's answer */

export const DAY = 24 * 3_600_000;
export const date = (/** @type {number} */ ms) => new Date(ms).toUTCString();
export const inm = (/** @type {string} */ value) => ({ "if-none-match": value });
export const ims = (/** @type {string} */ value) => ({ "if-modified-since": value });

/** An HTTP date in the obsolete forms that recipients must still read (section 5.6.7). */
const rfc850 = (/** @type {string} */ text) => {
  const [, day, month, year, time] = /** @type {RegExpExecArray} */ (/, (\d+) (\w+) \d\d(\d\d) (\S+)/.exec(text));
  const weekday = new Date(text).toLocaleDateString("en", { weekday: "long", timeZone: "UTC" });
  return `${weekday}, ${day}-${month}-${year} ${time} GMT`;
};
const asctime = (/** @type {string} */ text) => {
  const [, weekday, day, month, year, time] = /** @type {RegExpExecArray} */ (/(\w+), (\d+) (\w+) (\d+) (\S+)/.exec(text));
  return `${weekday} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`;
};

/** What is asked of every route that has an answer: headers, expected status. @type {[string, (of: Validators) => Record<string, string>, number][]} */
export const CONDITIONS = [
  ["no condition", () => ({}), 200],
  // If-None-Match: section 13.1.2, weak comparison.
  ["the tag itself", ({ etag }) => inm(etag), 304],
  ["the tag made weak on the way", ({ etag }) => inm(`W/${etag}`), 304],
  ["another tag", () => inm('"other"'), 200],
  ["a list with the tag", ({ etag }) => inm(`"a", ${etag}, "b"`), 304],
  ["a list with the tag made weak", ({ etag }) => inm(`W/"a",W/${etag}`), 304],
  ["a list without white space or with empty elements", ({ etag }) => inm(`"a",,${etag}`), 304],
  ["a list without the tag", () => inm('"a", W/"b"'), 200],
  ["a tag with a comma before the tag", ({ etag }) => inm(`"a,b", ${etag}`), 304],
  ["a tag that only begins as the tag", ({ etag }) => inm(etag.replace(/"$/, 'x"')), 200],
  ["anything", () => inm("*"), 304],
  ["the tag without its quotes", ({ etag }) => inm(etag.replaceAll('"', "")), 200],
  ["the tag with one quote", ({ etag }) => inm(etag.slice(0, -1)), 200],
  ["an empty list", () => inm(""), 200],
  ["no tag at all", () => inm("garbage"), 200],
  // If-Modified-Since: section 13.1.3.
  ["the date itself", ({ modified }) => ims(modified), 304],
  ["a later date", ({ modified }) => ims(date(Date.parse(modified) + 1_000)), 304],
  ["an earlier date", ({ modified }) => ims(date(Date.parse(modified) - 1_000)), 200],
  ["a much earlier date", ({ modified }) => ims(date(Date.parse(modified) - 400 * DAY)), 200],
  ["the date in the form of RFC 850", ({ modified }) => ims(rfc850(modified)), 304],
  ["the date in the form of asctime", ({ modified }) => ims(asctime(modified)), 304],
  ["a date that is none", () => ims("yesterday"), 200],
  ["a date in ISO 8601", ({ modified }) => ims(new Date(modified).toISOString()), 200],
  ["an empty date", () => ims(""), 200],
  // Precedence: section 13.2.2.
  ["another tag, but the date", ({ modified }) => ({ ...inm('"other"'), ...ims(modified) }), 200],
  ["the tag, but an earlier date", ({ etag }) => ({ ...inm(etag), ...ims(date(0)) }), 304],
  // A server may ignore ranges (section 14.2), and says so by not offering them.
  ["a range", () => ({ range: "bytes=0-0" }), 200],
  ["a range with a condition that holds", ({ etag }) => ({ range: "bytes=0-0", "if-range": etag }), 200],
];
