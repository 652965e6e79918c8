// Which address is which view: `#/try`, `#/feeds/{feed}/events/{id}?type=push`.

/** Each view's title and module. */
export const ROUTES = {
  overview: ["Overview", () => import("./overview.js")],
  events: ["Events", () => import("./events.js")],
  event: ["Event", () => import("./event.js")],
  dead: ["Dead letters", () => import("./dead.js")],
  subscriptions: ["Subscriptions", () => import("./subscriptions.js")],
  subscription: ["Subscription", () => import("./subscription.js")],
  consumers: ["Consumers", () => import("./consumers.js")],
  try: ["Try it", () => import("./try.js")],
};

/** What stands in an address for a view of a feed, and for one thing in it. */
const OF_A_FEED = {
  events: ["events", "event"],
  "dead-letters": ["dead"],
  subscriptions: ["subscriptions", "subscription"],
  consumers: ["consumers"],
};

/**
 * @typedef {object} Route
 * @property {string} view
 * @property {string} feed
 * @property {string} [id] of an event, of a subscription; the provider of `try`
 * @property {URLSearchParams} query
 */

/** A part of an address; nothing where it is none. */
function decoded(part) {
  try {
    return part === undefined ? undefined : decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** @param {string} hash @returns {Route} */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  const [, first, second, third, fourth] = path.split("/");
  const rest = { query: new URLSearchParams(query) };
  if (first === "try") return { view: "try", feed: "default", id: decoded(second), ...rest };
  const [list, one] = (first === "feeds" && Object.hasOwn(OF_A_FEED, third ?? "") && OF_A_FEED[third]) || ["overview"];
  const id = decoded(fourth);
  return { view: (id && one) || list, feed: decoded(second) || "default", id, ...rest };
}

/** The address of a view of a feed. */
export function to(feed, name, id, query) {
  const path = `#/feeds/${encodeURIComponent(feed)}/${name}${id ? `/${encodeURIComponent(id)}` : ""}`;
  return query ? `${path}?${new URLSearchParams(query)}` : path;
}
