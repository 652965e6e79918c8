// A receiver of pushed events: a real HTTP server that answers as a test scripts it, and keeps what it was sent.

import { createServer } from "node:http";
import { until } from "./wait.js";

/**
 * @typedef {object} Request what was sent
 * @property {string} path
 * @property {import("node:http").IncomingHttpHeaders} headers
 * @property {Buffer} body
 * @property {number} at when it was there, in milliseconds since 1970
 *
 * @typedef {(request: Request, response: import("node:http").ServerResponse) => void} Answering
 * @typedef {number | [number, Record<string, string>, string?] | Answering} Step
 */

const VERIFICATION = "waypost.verification";

export class Receiver {
  /** @type {Request[]} what was sent, verifications left out, in order */
  requests = [];
  /** @type {Request[]} */
  verifications = [];
  /** @type {Map<string, Request[]>} */
  #byPath = new Map();
  /** @type {Map<string, Step[]>} what a path answers, one after the other; then 200 */
  #scripts = new Map();
  /** @type {Map<string, Step>} what a path answers always */
  #always = new Map();
  #server = createServer((request, response) => void this.#take(request, response));

  static async start() {
    const receiver = new Receiver();
    await new Promise((ready) => receiver.#server.listen(0, "127.0.0.1", () => ready(undefined)));
    return receiver;
  }

  get port() {
    return /** @type {import("node:net").AddressInfo} */ (this.#server.address()).port;
  }

  /** @param {string} path */
  url(path) {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Has a path answer so, one after the other, and with 200 from then on. @param {string} path @param {...Step} steps */
  script(path, ...steps) {
    this.#scripts.set(path, steps);
  }

  /** Has a path always answer so; without an answer, with 200. @param {string} path @param {Step} [step] */
  always(path, step) {
    if (step === undefined) this.#always.delete(path);
    else this.#always.set(path, step);
  }

  /** What a path was sent. @param {string} path */
  of(path) {
    return [...(this.#byPath.get(path) ?? [])];
  }

  /** How much a path was sent. @param {string} path */
  count(path) {
    return this.#byPath.get(path)?.length ?? 0;
  }

  /** Waits until a path was sent so many. @param {string} path @param {number} count @param {number} [within] */
  async received(path, count, within = 20_000) {
    await until(() => this.count(path) >= count, { what: `${path} is sent ${count}`, within });
    return this.of(path);
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  /** @param {import("node:http").IncomingMessage} message @param {import("node:http").ServerResponse} response */
  async #take(message, response) {
    const chunks = [];
    try {
      for await (const chunk of message) chunks.push(chunk);
    } catch {
      // Whoever sent it was killed.
      return;
    }
    const request = { path: message.url ?? "", headers: message.headers, body: Buffer.concat(chunks), at: Date.now() };
    const kind = message.headers["x-webhook-event"];
    if (kind === VERIFICATION) {
      this.verifications.push(request);
      response.writeHead(204).end();
      return;
    }
    this.requests.push(request);
    const known = this.#byPath.get(request.path);
    if (known) known.push(request);
    else this.#byPath.set(request.path, [request]);
    const step = this.#scripts.get(request.path)?.shift() ?? this.#always.get(request.path) ?? 200;
    if (typeof step === "function") return step(request, response);
    const [status, headers, body] = typeof step === "number" ? [step, {}, ""] : step;
    response.writeHead(status, headers).end(body);
  }
}

/** No answer ever comes. @type {Answering} */
export const hangs = () => {};
/** The connection is cut. @type {Answering} */
export const cuts = (_, response) => void response.socket?.destroy();
/** A byte every 100 ms, for ever. @type {Answering} */
export const drips = (_, response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write("."), 100);
  response.on("close", () => clearInterval(timer));
};
/** A gigabyte, as far as anybody takes it. @param {number} status @returns {Answering} */
export const gigabyte = (status) => (_, response) => {
  const length = 1 << 30;
  response.writeHead(status, { "content-length": String(length) });
  const block = Buffer.alloc(64 * 1024, "x");
  const more = () => {
    while (!response.destroyed && response.write(block));
  };
  response.on("drain", more);
  more();
};
