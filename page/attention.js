// What somebody should look at, worst first.

import { between, count, span } from "./format.js";
import { to } from "./routes.js";

/** One refusal may be anybody's; so many in a row are a secret that is not right. */
const FAILING = 3;
/** A consumer that is so far behind, or so late, does not keep up. */
const BEHIND = 1_000;
const LATE_SECONDS = 600;

/** What each alert says. */
const ALERTS = {
  source_failing: (subject) => `No webhook of ${subject} passes verification: its secret may have changed`,
  source_silent: (subject) => `Nothing comes from ${subject}`,
  consumer_behind: (subject) => `The consumer ${subject} is too far behind`,
  dead_letters: (subject) => `Dead letters are growing in ${subject}`,
  subscription_stopped: (subject, feed) =>
    `Nothing is sent to ${feed.subscriptions.find(({ subscription_id: id }) => id === subject)?.url ?? subject}: the subscription has stopped`,
  consumer_gap: (subject) => `The consumer ${subject} lost events to retention`,
};

/** Where something can be done about it. */
const LEADS = {
  source_failing: (at, subject) => at("events", undefined, { source: subject }),
  source_silent: (at, subject) => at("events", undefined, { source: subject }),
  consumer_behind: (at) => at("consumers"),
  consumer_gap: (at) => at("consumers"),
  dead_letters: (at) => at("dead-letters"),
  subscription_stopped: (at, subject) => at("subscriptions", subject),
};

/**
 * @typedef {object} Concern
 * @property {string} key
 * @property {"bad" | "warn"} tone
 * @property {string} words
 * @property {string} [since] a time
 * @property {string} href where to do something about it
 */

/** @param {any} feed @returns {Concern[]} */
function ofFeed(feed) {
  const { name } = feed;
  const at = (list, id, query) => to(name, list, id, query);
  const key = (...parts) => JSON.stringify([name, ...parts]);
  if (feed.error) return [{ key: key(), tone: "bad", words: `The feed ${name} does not answer`, href: "#/" }];
  const alerted = new Set(feed.alerts.map(({ alert, subject }) => `${alert} ${subject}`));
  const alerts = feed.alerts.map(({ alert, subject, since }) => {
    const words = (Object.hasOwn(ALERTS, alert) ? ALERTS[alert] : () => `${alert}: ${subject}`)(subject, feed);
    return { key: key(alert, subject), tone: "bad", words, since, href: (Object.hasOwn(LEADS, alert) ? LEADS[alert] : LEADS.source_failing)(at, subject) };
  });
  const failing = feed.sources.filter(({ source, failing }) => failing >= FAILING && !alerted.has(`source_failing ${source}`)).map(({ source, failing }) => ({
    key: key("failing", source), tone: "bad", href: "#/try",
    words: `${source}: the last ${count(failing, "webhook")} failed verification`,
  }));
  const stopped = feed.subscriptions.filter(({ status, subscription_id: id }) =>
    (status === "suspended" || status === "disabled") && !alerted.has(`subscription_stopped ${id}`)).map(({ url, status, subscription_id: id }) => ({
    key: key("stopped", id), tone: "bad", words: `Nothing is sent to ${url}: it is ${status}`, href: at("subscriptions", id),
  }));
  const dead = feed.dead_letters > 0 && !alerted.has(`dead_letters ${name}`)
    ? [{ key: key("dead"), tone: "warn", words: `${count(feed.dead_letters, "dead letter")} in ${name}`, href: at("dead-letters") }] : [];
  const behind = feed.consumers.filter((one) => isBehind(one) && !alerted.has(`consumer_behind ${one.name}`)).map((one) => ({
    key: key("behind", one.name), tone: "warn", href: at("consumers"),
    words: `The consumer ${one.name} is ${count(one.lag, "event")} and ${span(one.oldest_unacknowledged_seconds ?? 0)} behind`,
  }));
  return [...alerts, ...failing, ...stopped, ...dead, ...behind];
}

export const isBehind = ({ lag, oldest_unacknowledged_seconds: oldest }) => lag >= BEHIND || (oldest ?? 0) >= LATE_SECONDS;

export const isFailing = ({ failing }) => failing >= FAILING;

/** @param {any} overview @returns {Concern[]} */
export function concerns(overview) {
  const broken = overview.sources.filter(({ status }) => status !== "ready").map(({ name, secrets }) => ({
    key: JSON.stringify(["source", name]), tone: "bad", href: `#/try`,
    words: `The source ${name} refuses everything: it is misconfigured${secrets.length ? `, or ${secrets.join(" or ")} is not set` : ""}`,
  }));
  const all = [...broken, ...overview.feeds.flatMap(ofFeed)];
  return all.sort((a, b) => Number(b.tone === "bad") - Number(a.tone === "bad"));
}

/** How far a reader at `position` is from the feed's end. */
export const lagOf = (feed, position) => Math.max(0, between(position, feed.latest));
