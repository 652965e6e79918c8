// HTTP by hand, for requests that no client library would send: bodies that are cut short,
// trickle, or lie about their length.

import { connect } from "node:net";
import { Answer } from "./waypost.js";

export class RawRequest {
  #socket;
  #received = Buffer.alloc(0);
  #ended;

  /**
   * Connects and sends a head.
   *
   * @param {{port: number}} server
   * @param {string} path
   * @param {Record<string, string> | string[][]} headers exactly these, and Host
   * @param {string} [method]
   */
  constructor(server, path, headers, method = "POST") {
    const socket = (this.#socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true }));
    socket.setNoDelay(true);
    // A request that a test leaves open does not keep the process.
    socket.unref();
    this.#ended = new Promise((ended) => socket.once("end", ended).once("close", ended));
    socket.on("data", (chunk) => (this.#received = Buffer.concat([this.#received, chunk])));
    // Being cut off is what some of these requests are for.
    socket.on("error", () => {});
    const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
    const lines = [["host", `127.0.0.1:${server.port}`], ...pairs].map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  }

  /** Sends bytes as they are and waits until the kernel has them. @param {string | Buffer} bytes */
  send(bytes) {
    return new Promise((sent) => this.#socket.write(bytes, () => sent(undefined)));
  }

  /** Sends one chunk of a chunked body. @param {string | Buffer} bytes */
  async chunk(bytes) {
    await this.send(`${Buffer.byteLength(bytes).toString(16)}\r\n`);
    await this.send(bytes);
    await this.send("\r\n");
  }

  /** Ends what we send, and still listens. */
  finish() {
    this.#socket.end();
  }

  /** Goes away without a word, as a client that crashed. */
  abort() {
    this.#socket.resetAndDestroy();
  }

  /**
   * The answer, which may come before everything is sent. Where none comes, the request stays open.
   *
   * @param {number} [within] milliseconds
   * @returns {Promise<Answer>}
   */
  async answer(within = 15_000) {
    const deadline = performance.now() + within;
    let ended = false;
    this.#ended.then(() => (ended = true));
    for (;;) {
      const over = ended;
      const answer = parse(this.#received, over);
      if (answer) {
        this.#socket.destroy();
        return answer;
      }
      if (over) throw new Error("the connection ended without an answer");
      if (performance.now() > deadline) throw new Error(`no answer within ${within} ms`);
      await Promise.race([new Promise((more) => this.#socket.once("data", more)), this.#ended, wait(deadline)]);
    }
  }
}

/** @param {number} deadline */
const wait = (deadline) =>
  new Promise((over) => setTimeout(over, Math.max(0, deadline - performance.now())).unref());

/**
 * @param {Buffer} bytes
 * @param {boolean} ended
 * @returns {Answer | undefined}
 */
function parse(bytes, ended) {
  const split = bytes.indexOf("\r\n\r\n");
  if (split < 0) return undefined;
  const [first, ...lines] = bytes.subarray(0, split).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
  const rest = bytes.subarray(split + 4);
  const body = content(rest, headers, ended);
  return body && new Answer({ status: Number(first.split(" ")[1]), headers: new Headers(headers) }, body);
}

/** The body, once it is whole. */
function content(rest, headers, ended) {
  if (headers["transfer-encoding"] === "chunked") return unchunk(rest);
  if (headers["content-length"] === undefined) return ended ? rest : undefined;
  const length = Number(headers["content-length"]);
  return rest.length >= length ? rest.subarray(0, length) : undefined;
}

/** @param {Buffer} rest */
function unchunk(rest) {
  const parts = [];
  for (let at = 0; ; ) {
    const line = rest.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = parseInt(rest.subarray(at, line).toString("latin1"), 16);
    const start = line + 2;
    if (rest.length < start + size + 2) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(rest.subarray(start, start + size));
    at = start + size + 2;
  }
}
