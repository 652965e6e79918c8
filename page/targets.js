// What a subscription takes, and what became of one event at each.

import { ask, base, each, part, post } from "./api.js";
import { before } from "./format.js";

const AT_ONCE = 6;

/** Whether a subscription's patterns take a type. @param {string[]} patterns @param {string} type */
export const takes = (patterns, type) => patterns.some((pattern) =>
  pattern === "*" || pattern === type || (pattern.endsWith(".*") && type.startsWith(pattern.slice(0, -1))));

/** Every subscription of a feed. @returns {Promise<any[]>} */
export const subscriptions = async (feed, signal) => (await ask(`${base(feed)}/webhooks`, { signal })).subscriptions;

const pathOf = (feed, { subscription_id: id }, rest = "") => `${base(feed)}/webhooks/${part(id)}${rest}`;

/** The event's delivery at each of these subscriptions; null where it was not sent to one. */
export const deliveries = (feed, to, event, signal) => each(to, AT_ONCE, async (one) => {
  try {
    return await ask(pathOf(feed, one, `/deliveries/${part(event)}`), { signal });
  } catch (error) {
    if (error.code === "unknown_delivery") return null;
    throw error;
  }
});

/** Sends the event once more to each. What a subscription was never sent is a range of one event. */
export const replay = (feed, to, event, signal) => each(to, AT_ONCE, async (one) => {
  try {
    return await post(pathOf(feed, one, `/deliveries/${part(event)}/replay`), undefined, { signal });
  } catch (error) {
    if (error.code !== "unknown_delivery") throw error;
    return post(pathOf(feed, one, "/replay"), { since_id: before(event), until_id: event }, { signal });
  }
});
