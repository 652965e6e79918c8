// What tests of HTTP itself share: the GET routes that have an answer, and Cache-Control read as
// caches read it.

import assert from "node:assert/strict";

/**
 * Every GET route of a feed, below its base, in each of the forms that matter to a cache.
 *
 * @param {import("./waypost.js").Event[]} events the feed's, from its first to its last
 */
export function routes(events) {
  const [first, last] = [events[0].id, /** @type {string} */ (events.at(-1)?.id)];
  return [
    "/events",
    "/events?limit=1",
    `/events?since_id=${first}`,
    `/events?since_id=${first}&limit=1`,
    `/events?since_id=${last}`,
    "/long-poll",
    `/long-poll?last_event_id=${first}`,
    `/long-poll?last_event_id=${last}&timeout=0`,
    "/updates",
    `/updates?since=${first}`,
    `/updates?since=${new Date(Date.now() - 60_000).toISOString()}`,
    "/resource",
    `/events/${first}`,
    `/events/${last}`,
    `/events/${first}/body`,
  ];
}

/** Directives that contradict each other (RFC 9111, section 5.2.2). */
const CONTRADICTIONS = [
  ["public", "private"],
  ["no-store", "public"],
  ["no-store", "private"],
  ["no-store", "max-age"],
  ["no-store", "immutable"],
  ["no-cache", "max-age"],
];

/**
 * The directives of an answer, which must be there, once each and without contradiction.
 *
 * @param {{headers: Headers}} answer
 * @param {string} said
 */
export function cacheControl({ headers }, said) {
  const value = headers.get("cache-control");
  assert.ok(value, `${said}: Cache-Control`);
  const list = value.split(",").map((directive) => directive.trim().toLowerCase().split("="));
  const directives = new Map(list.map(([name, argument]) => [name, argument]));
  assert.equal(directives.size, list.length, `${said}: ${value}`);
  for (const [one, other] of CONTRADICTIONS) {
    assert.ok(!(directives.has(one) && directives.has(other)), `${said}: ${value}`);
  }
  return directives;
}
