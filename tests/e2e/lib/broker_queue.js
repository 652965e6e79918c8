// A queue of the tests' broker: at least once, in batches, with attempts, delayed retries and a
// dead-letter queue, as Cloudflare Queues does it; what is queued survives in a journal.

import { setTimeout as pause } from "node:timers/promises";
import { randomUUID } from "node:crypto";
import { Journal } from "./journal.js";
import { until } from "./wait.js";

/**
 * @typedef {object} Message
 * @property {string} id
 * @property {number} timestamp
 * @property {number} attempts
 * @property {number} due the time before which it is not delivered (again)
 * @property {string} contentType
 * @property {string} body base64
 */

/** The platform's limit of one message. */
const MESSAGE_LIMIT = 128_000;

export class BrokerQueue {
  /** @type {string | undefined} */
  #dispatcher;
  #held = false;
  #closed = false;
  #pumping = false;

  /** Sending answers 503 and keeps nothing. */
  refuse = false;
  /** Sending keeps the message but answers 503: the answer was lost, not the message. */
  loseAnswers = false;
  /** How often each batch is delivered; the last delivery's acknowledgements count. */
  copies = 1;
  /** So many deliveries reach the worker, but end in an error before they are acknowledged. */
  failNext = 0;
  /** @type {BrokerQueue | undefined} */
  deadLetters;

  counters = { sends: 0, refused: 0, batches: 0, acknowledged: 0, retried: 0, dead: 0 };

  /**
   * @param {any} consumer one of `queues.consumers` of a wrangler config
   * @param {string} file of the journal
   * @param {number} delayScale
   */
  constructor(consumer, file, delayScale) {
    this.name = consumer.queue;
    this.batchSize = consumer.max_batch_size ?? 10;
    this.maxRetries = consumer.max_retries ?? 3;
    this.delayScale = delayScale;
    this.journal = new Journal(file);
  }

  heal() {
    this.refuse = this.loseAnswers = false;
    this.copies = 1;
    this.failNext = 0;
    this.release();
  }

  /** How many messages are waiting or being delivered. */
  get depth() {
    return this.journal.messages.size;
  }

  /** No batch is delivered until `release()`. */
  hold() {
    this.#held = true;
  }

  release() {
    this.#held = false;
    this.#pump();
  }

  /** Resolves when nothing is left, here and in the dead-letter queue. */
  async drained(within = 15_000) {
    const left = () => this.depth + (this.deadLetters?.depth ?? 0);
    await until(() => left() === 0, { what: `queue ${this.name} is drained`, within, every: 2 })
      .catch((error) => { throw new Error(`${error.message} (${left()} left)`); });
  }

  /** Resolves when `times` more retries were asked for. @param {number} times */
  async retried(times) {
    const enough = this.counters.retried + times;
    await until(() => this.counters.retried >= enough, { what: `${times} retries`, every: 2 });
  }

  /** @param {string} dispatcher */
  deliverTo(dispatcher) {
    this.#dispatcher = dispatcher;
    this.#pump();
  }

  close() {
    this.#closed = true;
    this.journal.close();
  }

  /**
   * What a producer's binding sends (src/workerd/api/queue.c++).
   *
   * @param {import("node:http").IncomingMessage} request
   * @param {Buffer} body
   * @returns {import("./broker_kv.js").Answer}
   */
  handle({ url, headers }, body) {
    const delay = Number(headers["x-msg-delay-secs"] ?? 0);
    /** @type {{body: string, contentType?: string, delaySecs?: number}[]} */
    const sent = url === "/message"
      ? [{ body: body.toString("base64"), contentType: headers["x-msg-fmt"] }]
      : url === "/batch" ? JSON.parse(body.toString()).messages : [];
    this.counters.sends += sent.length;
    if (this.refuse) return this.#refused(sent.length, 503);
    if (sent.some((message) => Buffer.byteLength(message.body, "base64") > MESSAGE_LIMIT)) {
      return this.#refused(sent.length, 413);
    }
    for (const message of sent) this.#enqueue({ delaySecs: delay, contentType: "v8", ...message });
    if (this.loseAnswers) return this.#refused(sent.length, 503);
    const metrics = { backlogCount: this.depth, backlogBytes: 0, oldestMessageTimestamp: 0 };
    const answer = url === "/metrics" ? metrics : { metadata: { metrics } };
    return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(answer) };
  }

  /** A message that no version of the worker ever sent. @param {Buffer} bytes @param {string} contentType */
  inject(bytes, contentType = "bytes") {
    this.#enqueue({ body: bytes.toString("base64"), contentType, delaySecs: 0 });
  }

  #enqueue({ body, contentType, delaySecs }) {
    const timestamp = Date.now();
    const due = timestamp + delaySecs * 1000 * this.delayScale;
    this.journal.put({ id: randomUUID(), timestamp, attempts: 0, due, contentType, body });
    setImmediate(() => this.#pump());
  }

  #refused(count, status) {
    this.counters.refused += count;
    return { status };
  }

  /** Delivers batch after batch, one at a time, while there is something to deliver. */
  async #pump() {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#dispatcher && !this.#held && !this.#closed && this.depth > 0) {
        const waiting = [...this.journal.messages.values()];
        const batch = waiting.filter(({ due }) => due <= Date.now()).slice(0, this.batchSize);
        if (batch.length > 0) await this.#deliver(batch);
        else await pause(Math.max(1, Math.min(...waiting.map(({ due }) => due)) - Date.now()));
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** @param {Message[]} batch */
  async #deliver(batch) {
    let result;
    for (let copy = 0; copy < this.copies; copy += 1) result = await this.#dispatch(batch);
    if (this.#closed || !result) return;
    if (this.failNext > 0) {
      this.failNext -= 1;
      result = { outcome: "exception" };
    }
    const retryAll = result.outcome !== "ok" || result.retryBatch?.retry;
    const retries = new Map(result.retryMessages?.map(({ msgId, delaySeconds }) => [msgId, delaySeconds]));
    for (const message of batch) {
      if (retryAll || retries.has(message.id)) {
        this.#retry(message, retries.get(message.id) ?? result.retryBatch?.delaySeconds ?? 0);
      } else {
        this.counters.acknowledged += 1;
        this.journal.remove(message.id);
      }
    }
  }

  /**
   * @param {Message[]} batch
   * @returns {Promise<any>} nothing where nobody listens: that is not an attempt
   */
  async #dispatch(batch) {
    const messages = batch.map(({ due, ...message }) => ({ ...message, attempts: message.attempts + 1 }));
    const metadata = { metrics: { backlogCount: this.depth, backlogBytes: 0 } };
    try {
      const answer = await fetch(/** @type {string} */ (this.#dispatcher), {
        method: "POST",
        body: JSON.stringify({ queue: this.name, messages, metadata }),
        signal: AbortSignal.timeout(30_000),
      });
      this.counters.batches += 1;
      return answer.ok ? await answer.json() : { outcome: "exception" };
    } catch (error) {
      if (/** @type {any} */ (error).cause?.code === "ECONNREFUSED") {
        // The worker is down; `deliverTo` starts the pump again when it is back.
        this.#dispatcher = undefined;
        return undefined;
      }
      return { outcome: "exception" };
    }
  }

  /** @param {Message} message @param {number} delaySeconds */
  #retry(message, delaySeconds) {
    const attempts = message.attempts + 1;
    if (attempts > this.maxRetries) {
      this.counters.dead += 1;
      this.journal.remove(message.id);
      this.deadLetters?.receive(message);
      return;
    }
    this.counters.retried += 1;
    const due = Date.now() + delaySeconds * 1000 * this.delayScale;
    this.journal.put({ ...message, attempts, due });
  }

  /** Takes a message that another queue gave up. @param {Message} message */
  receive(message) {
    this.counters.sends += 1;
    this.journal.put({ ...message, attempts: 0, due: 0 });
    this.#pump();
  }
}
