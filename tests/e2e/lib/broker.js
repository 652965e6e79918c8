// The tests' own stand-in for Workers KV and Cloudflare Queues, in the test process. It is used
// only where faults or kills are injected, because wrangler's local queue is in memory and knows
// no faults; everything else runs on the real local bindings (wrangler.js).
//
// It speaks the HTTP that workerd's bindings send, with the binding's name in `x-binding`
// (workerd_config.js), and delivers batches through the worker `inside/dispatcher.js`.

import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { BrokerKv } from "./broker_kv.js";
import { BrokerQueue } from "./broker_queue.js";
import { removeFolder, temporaryFolder } from "./temp.js";

export class Broker {
  /** @type {Map<string, BrokerKv>} by binding */
  #kvs = new Map();
  /** @type {Map<string, BrokerQueue>} by queue name */
  #queues = new Map();
  /** @type {Map<string, BrokerQueue>} by producer binding */
  #producers = new Map();
  /** @type {import("node:http").Server | undefined} */
  #server;
  #owned;

  /**
   * @param {{folder?: string, delayScale?: number}} [options] `folder` keeps the queues' journals
   *   beyond this broker; delays of retries are multiplied by `delayScale`
   */
  constructor({ folder, delayScale = 0.01 } = {}) {
    this.#owned = folder ? undefined : temporaryFolder("broker");
    this.folder = folder ?? /** @type {string} */ (this.#owned);
    this.delayScale = delayScale;
  }

  /** The namespace bound as KV. */
  get kv() {
    return /** @type {BrokerKv} */ (this.#kvs.get("KV"));
  }

  /** The queue bound as QUEUE. */
  get queue() {
    return /** @type {BrokerQueue} */ (this.#producers.get("QUEUE"));
  }

  /** @param {string} name */
  queueNamed(name) {
    return /** @type {BrokerQueue} */ (this.#queues.get(name));
  }

  /** Every operation that reached the platform so far. */
  get counters() {
    return { kv: { ...this.kv.counters }, queue: { ...this.queue.counters } };
  }

  get address() {
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server?.address());
    return `127.0.0.1:${port}`;
  }

  /**
   * Opens what a wrangler config binds, and listens. A second call changes nothing.
   *
   * @param {any} config
   */
  async serve(config) {
    if (this.#server) return;
    for (const { binding } of config.kv_namespaces ?? []) this.#kvs.set(binding, new BrokerKv());
    const { producers = [], consumers = [] } = config.queues ?? {};
    for (const consumer of consumers) {
      const journal = join(this.folder, `${consumer.queue}.jsonl`);
      this.#queues.set(consumer.queue, new BrokerQueue(consumer, journal, this.delayScale));
    }
    for (const { dead_letter_queue: dead, queue } of consumers) {
      if (dead) this.queueNamed(queue).deadLetters = this.queueNamed(dead);
    }
    for (const { binding, queue } of producers) this.#producers.set(binding, this.queueNamed(queue));

    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    // A test file that failed before it could close the broker still ends.
    this.#server.unref();
  }

  /** @param {string} dispatcher the address that takes batches; called again after a restart */
  dispatchTo(dispatcher) {
    for (const queue of this.#queues.values()) queue.deliverTo(dispatcher);
  }

  async close() {
    for (const queue of this.#queues.values()) queue.close();
    this.#server?.closeAllConnections();
    this.#server?.close();
    if (this.#owned) removeFolder(this.#owned);
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  async #answer(request, response) {
    try {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const binding = String(request.headers["x-binding"]);
      const service = this.#kvs.get(binding) ?? this.#producers.get(binding);
      const answer = service?.handle(request, body) ?? { status: 404 };
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch (error) {
      // The worker under test was killed in the middle of its request.
      response.destroy(/** @type {Error} */ (error));
    }
  }
}
