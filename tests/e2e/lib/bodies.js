// Bodies that no other test has sent, each in the shape of its provider.

import { randomBytes, randomUUID } from "node:crypto";

/** A JSON body in which nothing is an id, unlike any other. */
export const fresh = (/** @type {object} */ members = {}) =>
  JSON.stringify({ note: randomUUID(), ...members });

/** A Stripe event. */
export const stripeEvent = (id = `evt_${randomUUID()}`) =>
  JSON.stringify({ id, object: "event", type: "invoice.paid", created: 1_700_000_000, data: { object: {} } });

/** A Slack event. */
export const slackEvent = (id = `Ev${randomUUID()}`) =>
  JSON.stringify({ token: "t", team_id: "T1", type: "event_callback", event_id: id, event: { type: "app_mention" } });

/** A body of this project's own signature, with its id inside. */
export const ownEvent = (id = randomUUID()) => JSON.stringify({ event_id: id, note: randomUUID() });

/** JSON text of exactly `size` bytes that does not compress. */
export function jsonOfSize(/** @type {number} */ size) {
  const frame = '{"blob":""}'.length;
  const text = randomBytes(Math.ceil((size * 3) / 4)).toString("base64").slice(0, size - frame);
  return `{"blob":"${text}"}`;
}

/** The same text with one character of a string changed, so that it is still JSON. */
export function flipped(/** @type {string} */ body) {
  const place = body.search(/[0-9a-f]"/);
  return body.slice(0, place) + (body[place] === "0" ? "1" : "0") + body.slice(place + 1);
}
