// The world outside Waypost: certificates, sets of keys, subscriptions to be confirmed.
//
// This is the one thing in these tests that is not real. Every request that the Worker itself makes comes
// here, whatever its host, with its whole URL, and gets what a test put at that URL; nothing reaches AWS,
// Google, PayPal or Plaid. There is no TLS, so that a provider's certificate is checked is the platform's.

import { createServer } from "node:http";

/**
 * @typedef {object} Asked a request of the Worker's
 * @property {string} method
 * @property {string} url
 * @property {import("node:http").IncomingHttpHeaders} headers
 * @property {string} body
 *
 * @typedef {object} Reply
 * @property {number} [status]
 * @property {Record<string, string>} [headers]
 * @property {string} [body]
 *
 * @typedef {string | Reply | typeof HANGS | typeof BREAKS | ((asked: Asked) => string | Reply)} Served
 */

/** No answer ever comes. */
export const HANGS = Symbol("hangs");
/** The connection is cut. */
export const BREAKS = Symbol("breaks");

export class Outside {
  /** @type {Asked[]} everything that was asked for, in order */
  asked = [];
  /** @type {Map<string, Served>} by URL; anything else is 404 */
  served = new Map();
  // The URL says it all.
  #server = createServer({ requireHostHeader: false }, (request, response) => this.#answer(request, response));

  /** @param {Record<string, Served>} [served] */
  static async start(served = {}) {
    const outside = new Outside();
    outside.serve(served);
    await new Promise((ready) => outside.#server.listen(0, "127.0.0.1", () => ready(undefined)));
    return outside;
  }

  get address() {
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    return `127.0.0.1:${port}`;
  }

  /** Puts these at their URLs. @param {Record<string, Served>} served */
  serve(served) {
    for (const [url, answer] of Object.entries(served)) this.served.set(url, answer);
  }

  /** What was asked for at a URL. @param {string} url */
  of(url) {
    return this.asked.filter((asked) => asked.url === url);
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = "", url = "", headers } = request;
    const asked = { method, url, headers, body: String(Buffer.concat(chunks)) };
    this.asked.push(asked);
    const served = this.served.get(url) ?? { status: 404 };
    if (served === HANGS) return;
    if (served === BREAKS) return request.socket.destroy();
    const reply = typeof served === "function" ? served(asked) : served;
    const { status = 200, headers: more, body = "" } = typeof reply === "object" ? reply : { body: String(reply) };
    response.writeHead(status, more).end(body);
  }
}
