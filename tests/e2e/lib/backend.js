// A backend beside the agent: it keeps what it was given, and answers as it is told.

import { createServer } from "node:http";
import { until } from "./wait.js";

/**
 * @typedef {object} Given
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {Buffer} body
 * @property {string} id Waypost's id of the event
 * @property {number} attempt
 * @property {number} at milliseconds
 */

export class Backend {
  /** @type {Given[]} */
  given = [];
  /** What to answer; 200 by default. @type {(given: Given) => number | [number, Record<string, string>] | Promise<number>} */
  answer = () => 200;
  /** How many requests it is at. */
  busy = 0;
  mostBusy = 0;
  #server;
  #port = 0;

  static async start() {
    const backend = new Backend();
    await backend.start();
    return backend;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}/hooks?from=waypost`;
  }

  /** On the port that it had before. */
  async start() {
    const server = (this.#server = createServer((request, response) => this.#serve(request, response)));
    await new Promise((ready) => server.listen(this.#port, "127.0.0.1", () => ready(undefined)));
    this.#port = /** @type {import("node:net").AddressInfo} */ (server.address()).port;
  }

  async stop() {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = new Promise((closed) => server.close(closed));
    server.closeAllConnections();
    await closed;
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #serve(request, response) {
    this.busy += 1;
    this.mostBusy = Math.max(this.busy, this.mostBusy);
    response.on("close", () => (this.busy -= 1));
    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = /** @type {Record<string, string>} */ (request.headers);
    const given = {
      url: request.url ?? "",
      headers,
      body: Buffer.concat(chunks),
      id: headers["x-waypost-event-id"],
      attempt: Number(headers["x-waypost-attempt"]),
      at: Date.now(),
    };
    this.given.push(given);
    const said = await this.answer(given);
    const [status, more] = Array.isArray(said) ? said : [said, {}];
    response.writeHead(status, more).end("thanks");
  }

  /** Until it was given so many. @param {number} count */
  async has(count, within = 40_000) {
    await until(() => this.given.length >= count, { what: `${count} requests, not ${this.given.length}`, within });
    return this.given;
  }
}
