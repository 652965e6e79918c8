// What needs attention, then everything that there is, each with its state.

import { ask } from "./api.js";
import { concerns, isBehind, isFailing } from "./attention.js";
import { badge, empty, h, mono, section, theirs, trouble, waiting } from "./dom.js";
import { ago, bytes, count, lasting, number, span } from "./format.js";
import { known, learn } from "./known.js";
import { to } from "./routes.js";
import { Spark } from "./spark.js";
import { TONES } from "./status.js";
import { acknowledged, delivered, received } from "./tallies.js";

const EVERY_SECONDS = 10;

/** One thing: its name and a word beside it, its state, a line of the last hour, and figures. */
const card = ({ key, name, href, beside }, state, line, ...figures) => h("li", { key, class: "card thing" },
  h("div", { class: "name" }, h("span", null, href ? h("a", { href }, theirs(name)) : theirs(name), beside && h("small", null, ` ${beside}`)), state),
  line && h(Spark, { series: line.series }),
  h("ul", { class: "figures" }, figures.filter(Boolean).map((figure, at) => h("li", { key: at }, figure))));

/** What was refused in the last hour, with the codes that say why. */
const refusals = ({ refused, codes }) => refused > 0 && h("span", { class: "bad" }, `${number(refused)} refused: `,
  codes.slice(0, 3).map(([code, n], at) => [at > 0 && ", ", h("span", { key: code }, `${code.replaceAll("_", " ")}${codes.length > 1 ? ` ${number(n)}` : ""}`)]));

function sourceCard(overview, source) {
  const feed = overview.feeds.find(({ name }) => name === source.feed);
  const heard = feed?.sources?.find((one) => one.source === source.name);
  const line = feed?.tallies ? received(feed, overview.minute, source.name) : undefined;
  const failing = heard && isFailing(heard);
  const state = source.status !== "ready" ? badge("misconfigured", "bad") : failing ? badge("failing", "bad") : badge("ready", "good");
  const href = to(source.feed, "events", undefined, { source: source.name });
  return card({ key: source.name, name: source.name, href, beside: source.provider !== source.name && source.provider }, state, line,
    line && `${number(line.taken)} in the last hour`,
    line && refusals(line),
    heard?.heard_seconds == null ? "never heard" : `last heard ${span(heard.heard_seconds)} ago`,
    source.status !== "ready" && h("span", null, "needs ", source.secrets.map((name) => [mono(name, { key: name }), " "])));
}

function feedCard(overview, feed) {
  if (feed.error) return card({ key: feed.name, name: feed.name }, badge("does not answer", "bad"));
  const line = received(feed, overview.minute);
  return card({ key: feed.name, name: feed.name, href: to(feed.name, "events") }, badge(feed.public ? "public" : "private"), line,
    `${number(line.taken)} in the last hour`,
    `${count(feed.events, "event")}, ${bytes(feed.bytes)}`,
    feed.oldest_seconds != null && `oldest ${span(feed.oldest_seconds)} old`,
    `${count(feed.waiting, "reader")} waiting`,
    feed.dead_letters > 0 && h("a", { href: to(feed.name, "dead-letters") }, count(feed.dead_letters, "dead letter")));
}

/** Whose it is, where there are several. */
const besideOf = ({ name }) => known.feeds.length > 1 && `of ${name}`;

function consumerCard(feed, one, minute) {
  const line = acknowledged(feed, minute, one.name);
  return card({ key: `${feed.name}/${one.name}`, name: one.name, href: to(feed.name, "consumers"), beside: besideOf(feed) },
    isBehind(one) ? badge("behind", "warn") : badge("keeps up", "good"), line,
    `${number(line.taken)} acknowledged in the last hour`,
    `${count(one.lag, "event")} behind`,
    one.oldest_unacknowledged_seconds != null && one.lag > 0 && `oldest ${span(one.oldest_unacknowledged_seconds)} old`,
    `${count(one.leases, "lease")} held`,
    one.gap && h("span", { class: "bad" }, "lost events to retention"),
    one.claimed_at && `last claim ${ago(one.claimed_at)}`);
}

function subscriptionCard(feed, one, minute) {
  const line = delivered(feed, minute, one.subscription_id);
  return card(
    { key: `${feed.name}/${one.subscription_id}`, name: one.url, href: to(feed.name, "subscriptions", one.subscription_id), beside: besideOf(feed) },
    badge(one.status, TONES[one.status]), line,
    `${number(line.taken)} in the last hour`,
    ...(one.deliveries ? [
      `${number(one.deliveries.pending)} pending`,
      `${number(one.deliveries.delivered)} delivered`,
      one.deliveries.failed > 0 && `${count(one.deliveries.failed, "failed attempt")}`,
      one.deliveries.dead > 0 && h("span", { class: "bad" }, `${number(one.deliveries.dead)} given up`),
    ] : ["does not answer"]),
    one.reason && theirs(one.reason));
}

/** A list of cards under its heading. */
const group = (title, cards, none) => section(title, cards.length > 0 ? h("ul", { class: "cards" }, cards) : empty(none));

function content(overview) {
  const attention = concerns(overview);
  const live = overview.feeds.filter(({ error }) => !error);
  return [
    section("Needs attention", attention.length === 0
      ? h("p", { class: "calm" }, "Nothing. Everything answers, and nothing has failed.")
      : h("ul", { class: "concerns" }, attention.map(({ key, tone, words, since, href }) => h("li", { key, class: tone },
        h("a", { href }, theirs(words)), since && h("span", { class: "faint" }, ` for ${lasting(since)}`))))),
    group("Sources", overview.sources.map((source) => sourceCard(overview, source)), "No source is configured."),
    group("Feeds", overview.feeds.map((feed) => feedCard(overview, feed)), "No feed is configured."),
    group("Consumers", live.flatMap((feed) => feed.consumers.map((one) => consumerCard(feed, one, overview.minute))), "Nobody shares a feed yet."),
    group("Subscriptions", live.flatMap((feed) => feed.subscriptions.map((one) => subscriptionCard(feed, one, overview.minute))), "Nothing is pushed yet."),
  ];
}

/** @param {import("./visit.js").Visit} visit @param {any} [overview] where it was asked for just now */
export default function view(visit, overview) {
  let fresh = overview !== undefined;
  const draw = (error) => visit.draw("Overview", trouble(error), overview ? content(overview) : !error && waiting());
  draw();
  return visit.every(EVERY_SECONDS, async () => {
    if (fresh) {
      fresh = false;
      return;
    }
    try {
      overview = learn(await ask("/overview", { signal: visit.signal }));
      draw();
    } catch (error) {
      if (!visit.signal.aborted) draw(error);
    }
  });
}
