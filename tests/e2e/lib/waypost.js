// A client for tests: it sends webhooks, and reads a feed from a position that it keeps.

import { POLL_TOKEN } from "./fixtures.js";
import { rawPayloads } from "./payloads.js";

/** Every request of the tests ends by itself: a hung server is a failure, not a hung suite. */
const PATIENCE = 30_000;

/**
 * @typedef {object} Webhook what a provider sends
 * @property {string} source
 * @property {string | Buffer} body
 * @property {Record<string, string>} headers
 * @property {string} [query] of the URL, without its question mark
 */

/**
 * @typedef {object} Event one event of a feed
 * @property {string} id
 * @property {string} source
 * @property {string} type
 * @property {string} webhook_id
 * @property {string} received_at
 * @property {string | null} content_type
 * @property {Record<string, string>} headers
 * @property {number} size
 * @property {unknown} [payload]
 * @property {string} [payload_base64]
 * @property {string} [body_url]
 * @property {string} [raw] the text of `payload` as the answer spells it
 */

/** An answer that was read to its end. */
export class Answer {
  /**
   * @param {{status: number, headers: Headers}} response
   * @param {Buffer} bytes
   */
  constructor(response, bytes) {
    this.status = response.status;
    this.headers = response.headers;
    this.bytes = bytes;
  }

  get text() {
    return this.bytes.toString("utf8");
  }

  /** @returns {any} */
  get json() {
    return JSON.parse(this.text);
  }
}

export class Waypost {
  /** The position after the last event that this client has seen. @type {string | undefined} */
  position;

  /**
   * @param {{url: string}} server
   * @param {{feed?: string, token?: string | null}} [options]
   */
  constructor(server, { feed, token = POLL_TOKEN } = {}) {
    this.server = server;
    this.base = feed ? `/feeds/${feed}` : "";
    this.token = token;
  }

  /**
   * Any request, without a token.
   *
   * @param {string} path
   * @param {RequestInit & {timeout?: number}} [init]
   */
  async fetch(path, { timeout = PATIENCE, ...init } = {}) {
    const signal = init.signal ?? AbortSignal.timeout(timeout);
    const response = await fetch(this.server.url + path, { redirect: "manual", ...init, signal });
    return new Answer(response, Buffer.from(await response.arrayBuffer()));
  }

  /** @param {Webhook} webhook */
  post({ source, body, headers, query }) {
    const path = source === "default" ? "/webhooks/receive" : `/webhooks/receive/${source}`;
    return this.fetch(query ? `${path}?${query}` : path, { method: "POST", body, headers });
  }

  /**
   * A GET of the feed with its token.
   *
   * @param {string} path such as `/events?limit=5`
   * @param {RequestInit & {timeout?: number}} [init]
   */
  get(path, init = {}) {
    const authorization = this.token === null ? {} : { authorization: `Bearer ${this.token}` };
    return this.fetch(this.base + path, { ...init, headers: { ...authorization, .../** @type {any} */ (init.headers) } });
  }

  /**
   * One page of events.
   *
   * @param {{since?: string, limit?: number, wait?: number}} [query]
   * @returns {Promise<{events: Event[], next: string, has_more: boolean}>}
   */
  async read({ since, limit, wait } = {}) {
    const query = new URLSearchParams();
    if (since !== undefined) query.set("since_id", since);
    if (limit !== undefined) query.set("limit", String(limit));
    if (wait !== undefined) query.set("wait", String(wait));
    // What is there now, and not what the edge cache saw within the last second.
    const answer = await this.get(`/events?${query}`, { headers: { "cache-control": "max-age=0" } });
    if (answer.status !== 200) throw new Error(`GET /events: ${answer.status} ${answer.text}`);
    const page = answer.json;
    const raw = rawPayloads(answer.text);
    page.events.forEach((event, at) => (event.raw = raw[at]));
    return page;
  }

  /**
   * The events after this client's position until there is none left, waiting (on the server, in
   * a held poll) until there are at least `atLeast`.
   *
   * @param {{atLeast?: number, within?: number}} [options]
   */
  async drain({ atLeast = 0, within = PATIENCE } = {}) {
    const deadline = performance.now() + within;
    /** @type {Event[]} */
    const events = [];
    for (;;) {
      const short = events.length < atLeast;
      const page = await this.read({ since: this.position, wait: short ? 5 : 0 });
      events.push(...page.events);
      this.position = page.next ?? this.position;
      if (page.events.length === 0 && !page.has_more && (!short || performance.now() > deadline)) break;
    }
    if (events.length < atLeast) throw new Error(`${events.length} of ${atLeast} events within ${within} ms`);
    return events;
  }

  /** The exact bytes of an event's body. @param {string} id */
  async body(id) {
    const answer = await this.get(`/events/${id}/body`);
    if (answer.status !== 200) throw new Error(`GET /events/${id}/body: ${answer.status} ${answer.text}`);
    return answer.bytes;
  }
}
