// An administrator of subscriptions, as a client of a running Waypost.

import assert from "node:assert/strict";
import { ADMIN_TOKEN } from "./fixtures.js";
import { until } from "./wait.js";
import { Waypost } from "./waypost.js";

export class Subscriber {
  /** @param {{url: string}} server @param {string} [feed] */
  constructor(server, feed) {
    this.waypost = new Waypost(server, { feed, token: ADMIN_TOKEN });
  }

  /**
   * Any request below `/webhooks`.
   *
   * @param {string} method
   * @param {string} path such as `/subscribe`
   * @param {unknown} [body]
   * @param {Record<string, string>} [headers]
   */
  ask(method, path, body, headers = {}) {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    return this.waypost.get(`/webhooks${path}`, { method, body: /** @type {any} */ (text), headers });
  }

  /** As `ask`, with a good answer. @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} */
  async good(method, path, body) {
    const answer = await this.ask(method, path, body);
    assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
    return answer.json;
  }

  /**
   * @param {string} url
   * @param {object} [more]
   * @returns {Promise<{id: string, secret: string}>}
   */
  async subscribe(url, more) {
    const { subscription_id: id, secret } = await this.good("POST", "/subscribe", { url, events: ["*"], ...more });
    return { id, secret };
  }

  /** @param {string} id */
  show(id) {
    return this.good("GET", `/${id}`);
  }

  /** @param {string} id @param {string} [query] @returns {Promise<any[]>} */
  async deliveries(id, query = "") {
    return (await this.good("GET", `/${id}/deliveries${query}`)).deliveries;
  }

  /** @param {string} id @param {string} event */
  delivery(id, event) {
    return this.good("GET", `/${id}/deliveries/${event}`);
  }

  /** Waits until the delivery of an event is settled, and gives it. @param {string} id @param {string} event @param {number} [within] */
  settled(id, event, within = 30_000) {
    return until(
      async () => {
        const delivery = await this.delivery(id, event);
        return delivery.status === "pending" ? undefined : delivery;
      },
      { what: `${event} is settled`, within, every: 50 },
    );
  }

  /** @returns {Promise<any[]>} */
  async deadLetters() {
    const answer = await this.waypost.get("/dead-letters");
    assert.equal(answer.status, 200, answer.text);
    return answer.json.dead_letters;
  }
}
