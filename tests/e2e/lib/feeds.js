// Waypost with a test's own feeds, each written by a source of its own name, and the quickest ways
// of filling them.

import { fresh } from "./bodies.js";
import { Broker } from "./broker.js";
import { expectAccepted } from "./expect.js";
import * as sign from "./sign.js";
import { Waypost } from "./waypost.js";
import { startWorkerd } from "./workerd.js";

/** So many requests at once fill a queue's batches without filling the machine. */
const AT_ONCE = 40;

/** What `version`, `length` and `meta` of a queued message take before the meta (core's `wire`). */
const FRAME_HEAD = 5;

export class Feeds {
  /**
   * @param {Record<string, object>} feeds as in the config
   * @param {import("./workerd.js").Options & import("./project.js").Overrides} [options]
   */
  static async start(feeds, options = {}) {
    const broker = new Broker();
    const source = (/** @type {string} */ feed) => ({ provider: "github", secrets: ["GITHUB_WEBHOOK_SECRET"], feed });
    const sources = Object.fromEntries(Object.keys(feeds).map((feed) => [feed, source(feed)]));
    return new Feeds(broker, await startWorkerd({ broker, feeds, sources, ...options }));
  }

  /**
   * @param {Broker} broker
   * @param {import("./workerd.js").Workerd} server
   */
  constructor(broker, server) {
    this.broker = broker;
    this.server = server;
  }

  stop() {
    return this.server.stop();
  }

  /**
   * A reader of a feed; of `default` at the root.
   *
   * @param {string} [feed]
   * @param {{token?: string | null}} [options]
   */
  reader(feed, options) {
    return new Waypost(this.server, { feed, ...options });
  }

  /** A webhook to a feed. @param {string} feed @param {string} [body] @param {sign.Options} [options] */
  async webhook(feed, body = fresh(), options) {
    return { ...(await sign.github(body, options)), source: feed };
  }

  /**
   * Posts these bodies and waits until they are stored; one after the other, so that they are in order.
   *
   * @param {string} feed
   * @param {string[]} bodies
   * @returns {Promise<import("./waypost.js").Event[]>} the feed's events from then on
   */
  async append(feed, ...bodies) {
    const reader = this.reader(feed);
    reader.position = await this.end(feed);
    for (const body of bodies) expectAccepted(await reader.post(await this.webhook(feed, body)), "received");
    await this.broker.queue.drained();
    return reader.drain({ atLeast: bodies.length });
  }

  /**
   * Posts so many webhooks, many at once, and waits until they are stored.
   *
   * @param {string} feed
   * @param {number} count
   * @param {() => string} [body]
   */
  async fill(feed, count, body = fresh) {
    const reader = this.reader(feed);
    for (let at = 0; at < count; at += AT_ONCE) {
      const posts = Array.from({ length: Math.min(AT_ONCE, count - at) }, async () =>
        expectAccepted(await reader.post(await this.webhook(feed, body())), "received"));
      await Promise.all(posts);
    }
    await this.broker.queue.drained();
  }

  /** Queues so many messages without receiving them: copies of a genuine one, each with an identity of its own. */
  async flood(/** @type {string} */ feed, /** @type {number} */ count) {
    const { queue } = this.broker;
    queue.hold();
    expectAccepted(await this.reader(feed).post(await this.webhook(feed)), "received");
    const [{ body }] = [...queue.journal.messages.values()].slice(-1);
    const frame = Buffer.from(body, "base64");
    const end = FRAME_HEAD + frame.readUInt32LE(1);
    const meta = JSON.parse(frame.subarray(FRAME_HEAD, end).toString());
    for (let at = 1; at < count; at += 1) {
      const unique = meta.unique.map((half) => ({ ...half, key: `${half.key}-${at}` }));
      const text = Buffer.from(JSON.stringify({ ...meta, receipt: `${meta.receipt}-${at}`, unique }));
      const head = Buffer.from([frame[0], 0, 0, 0, 0]);
      head.writeUInt32LE(text.length, 1);
      queue.inject(Buffer.concat([head, text, frame.subarray(end)]));
    }
    queue.release();
    await queue.drained(60_000);
  }

  /** The position after a feed's newest event. @param {string} feed */
  async end(feed) {
    const far = "9999999999999999_9999999999999999";
    const { json } = await this.reader(feed).get(`/events?since_id=${far}`);
    return /** @type {string} */ (json.latest);
  }
}

