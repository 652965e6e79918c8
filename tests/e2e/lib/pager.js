// Whoever is paged: a receiver of a feed's alerts, who believes only what the official package verifies.

import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { ADMIN_TOKEN } from "./fixtures.js";
import { Subscriber } from "./subscriber.js";
import { until } from "./wait.js";

/**
 * @typedef {object} Alert
 * @property {string} type
 * @property {string} alert
 * @property {"firing" | "resolved"} status
 * @property {string} feed
 * @property {string} subject
 * @property {string} since
 * @property {string} at
 * @property {Record<string, any>} detail
 */

export class Pager {
  /**
   * @param {import("./feeds.js").Feeds} feeds
   * @param {import("./receiver.js").Receiver} receiver
   * @param {string} feed
   */
  static async start(feeds, receiver, feed) {
    const path = `/paged/${feed}`;
    const subscriber = new Subscriber(feeds.server, feed);
    const { secret } = await subscriber.subscribe(receiver.url(path), { events: ["waypost.alert.*"] });
    return new Pager(feeds, receiver, feed, path, new Webhook(secret));
  }

  /**
   * @param {import("./feeds.js").Feeds} feeds
   * @param {import("./receiver.js").Receiver} receiver
   * @param {string} feed
   * @param {string} path
   * @param {Webhook} webhook
   */
  constructor(feeds, receiver, feed, path, webhook) {
    this.feeds = feeds;
    this.receiver = receiver;
    this.feed = feed;
    this.path = path;
    this.webhook = webhook;
  }

  /** What arrived, in order; a delivery that was repeated under its id is there once. @returns {Alert[]} */
  get heard() {
    const heard = new Map();
    for (const { body, headers } of this.receiver.of(this.path)) {
      const sent = /** @type {any} */ (this.webhook.verify(body.toString("utf8"), /** @type {any} */ (headers)));
      assert.equal(sent.event, sent.data.type);
      assert.equal(headers["x-webhook-event"], `waypost.alert.${sent.data.alert}`);
      if (!heard.has(sent.id)) heard.set(sent.id, sent.data);
    }
    return [...heard.values()];
  }

  /**
   * Waits for the next alert of a subject, and gives it.
   *
   * @param {string} alert
   * @param {string} subject
   * @param {"firing" | "resolved"} status
   * @param {number} [nth] which of them, from 1
   */
  async next(alert, subject, status, nth = 1) {
    const of = () => this.heard.filter((one) => one.alert === alert && one.subject === subject && one.status === status);
    const found = await until(() => of()[nth - 1], { what: `${alert} of ${subject} is ${status}`, within: 30_000, every: 50 });
    assert.deepEqual([found.type, found.feed], [`waypost.alert.${alert}`, this.feed]);
    for (const time of [found.since, found.at]) assert.ok(Math.abs(Date.parse(time) - Date.now()) < 120_000, time);
    return found;
  }

  /** An episode from its beginning to its end, `mend` between. @param {string} alert @param {string} subject @param {() => Promise<unknown>} mend */
  async episode(alert, subject, mend) {
    const firing = await this.next(alert, subject, "firing");
    assert.equal(firing.since, firing.at);
    await mend();
    const resolved = await this.next(alert, subject, "resolved");
    assert.equal(resolved.since, firing.since);
    assert.ok(Date.parse(resolved.at) > Date.parse(resolved.since));
    return firing;
  }

  /** Everything that the feed told, as `alert subject status`. */
  async told() {
    const reader = this.feeds.reader(this.feed, { token: ADMIN_TOKEN });
    const events = (await reader.drain()).filter(({ type }) => type.startsWith("waypost.alert."));
    return events.map(({ type, payload }) => {
      const { alert, subject, status } = /** @type {Alert} */ (payload);
      assert.equal(type, `waypost.alert.${alert}`);
      return `${alert} ${subject} ${status}`;
    });
  }

  /** The feed told this, in this order and nothing else, and so was heard. @param {string[]} expected */
  async heardExactly(...expected) {
    assert.deepEqual(await this.told(), expected);
    const heard = this.heard.map(({ alert, subject, status }) => `${alert} ${subject} ${status}`);
    // Deliveries go out side by side.
    assert.deepEqual(heard.sort(), expected.sort());
  }
}
