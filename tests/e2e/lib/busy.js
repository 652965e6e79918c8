// A Waypost on which much has happened: events of some sources, deliveries that went well and ill, consumers, dead
// letters. What is to be looked at.

import { fresh } from "./bodies.js";
import { expectAccepted } from "./expect.js";
import { ADMIN_TOKEN, SOURCES } from "./fixtures.js";
import { startPage } from "./operator.js";
import { Receiver } from "./receiver.js";
import * as sign from "./sign.js";
import { Subscriber } from "./subscriber.js";
import { until } from "./wait.js";
import { Waypost } from "./waypost.js";

export class Busy {
  /** @param {import("./project.js").Overrides} [overrides] */
  static async start(overrides) {
    const server = await startPage({
      sources: { ...SOURCES, orders: { ...SOURCES.github, feed: "orders" }, broken: { provider: "stripe", secrets: ["NOT_THERE"] } },
      feeds: { default: { tokens: ["POLL_TOKEN"] }, orders: { tokens: ["POLL_TOKEN"] } },
      vars: { ALLOW_TARGETS: ["127.0.0.1"], RETRY_SCHEDULE_SECONDS: [1] },
      ...overrides,
    });
    return new Busy(server, await Receiver.start());
  }

  /** @param {import("./wrangler.js").Wrangler} server @param {Receiver} receiver */
  constructor(server, receiver) {
    this.server = server;
    this.receiver = receiver;
    this.waypost = new Waypost(server, { token: ADMIN_TOKEN });
    this.subscriber = new Subscriber(server);
  }

  /** Sends a webhook, and waits until it is an event. @param {import("./waypost.js").Webhook} webhook */
  async send(webhook) {
    const answer = await this.waypost.post(webhook);
    expectAccepted(answer, "received");
    const { id } = answer.json;
    return until(async () => {
      const { json } = await this.waypost.get(`/events?limit=500&source=${webhook.source}`, { headers: { "cache-control": "max-age=0" } });
      return json.events.find((/** @type {any} */ event) => event.webhook_id === id);
    }, { what: "it is stored", every: 50 });
  }

  /** How everything is. @returns {Promise<any>} */
  async overview() {
    return (await this.waypost.fetch("/overview", { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })).json;
  }

  /** A subscription whose endpoint always answers so. @param {string} path @param {import("./receiver.js").Step} [step] @param {object} [more] */
  async subscribe(path, step, more) {
    if (step !== undefined) this.receiver.always(path, step);
    return this.subscriber.subscribe(this.receiver.url(path), more);
  }

  /** Dead letters of a subscription, of a consumer; and refusals of a source. */
  async misfortunes() {
    await this.subscribe("/good");
    const { id: failing } = await this.subscribe("/failing", [400, {}, "no such hook"]);
    for (let n = 0; n < 3; n += 1) {
      const { id } = await this.send(await sign.github(fresh({ n }), { type: ["push", "ping", "release"][n] }));
      await this.subscriber.settled(failing, id);
      const forged = await sign.stripe(fresh(), { secret: "whsec_another" });
      await this.waypost.post({ ...forged, source: "stripe" });
    }
    const claim = (/** @type {object} */ body) => this.waypost.get("/consumers/billing/claim", { method: "POST", body: JSON.stringify(body) });
    const { json } = await claim({ max: 1, max_attempts: 1 });
    await this.waypost.get("/consumers/billing/nack", { method: "POST", body: JSON.stringify({ leases: [json.events[0].lease] }) });
    // What the edge counts reaches the feed a little later.
    await until(async () => {
      const [{ sources }] = (await this.overview()).feeds;
      return sources.some((/** @type {any} */ one) => one.source === "stripe" && one.failing === 3);
    }, { what: "the feed knows what was refused", within: 60_000, every: 200 });
    return { failing };
  }

  async stop() {
    await this.server.stop();
    await this.receiver.close();
  }
}
