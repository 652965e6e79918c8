// Many pollers that hold, as a client should: it goes on after `next`, echoes `cursor`, and asks at once again.

import { Agent, get } from "node:http";

/** A request that is not answered so long after its hold is over is an error. */
const PATIENCE = 6_000;

export class Crowd {
  requests = 0;
  /** @type {string[]} */
  errors = [];
  /** Milliseconds from an event's receipt to each poller. @type {number[]} */
  delays = [];
  /** @type {Map<number, string[]>} the events of each poller */
  seen = new Map();
  #agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  #over = false;
  /** @type {Promise<void>[]} */
  #running = [];

  /**
   * @param {string} url of a feed's events
   * @param {string} since where all of them begin
   * @param {{pollers: number, hold: number}} options
   */
  constructor(url, since, { pollers, hold }) {
    this.url = url;
    this.hold = hold;
    for (let number = 0; number < pollers; number += 1) this.#running.push(this.#poll(number, since));
  }

  async #poll(/** @type {number} */ number, /** @type {string} */ since) {
    /** @type {string[]} */
    const seen = [];
    this.seen.set(number, seen);
    let echo = "";
    while (!this.#over) {
      this.requests += 1;
      try {
        const page = await this.#ask(`${this.url}?since_id=${since}&wait=${this.hold}${echo}`);
        for (const { id, received_at } of page.events) {
          seen.push(id);
          this.delays.push(Date.now() - Date.parse(received_at));
        }
        since = page.next;
        echo = page.cursor ? `&cursor=${page.cursor}` : "";
      } catch (error) {
        if (this.#over) return;
        this.errors.push(String(error));
        await new Promise((later) => setTimeout(later, 1_000));
      }
    }
  }

  /** @param {string} url @returns {Promise<any>} */
  #ask(url) {
    return new Promise((answer, failed) => {
      const patience = this.hold * 1_000 + PATIENCE;
      const request = get(url, { agent: this.#agent, timeout: patience }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => {
          if (response.statusCode !== 200) return failed(new Error(`${response.statusCode} ${text.slice(0, 200)}`));
          answer(JSON.parse(text));
        });
        response.on("error", failed);
      });
      request.on("timeout", () => request.destroy(new Error(`no answer within ${patience} ms`)));
      request.on("error", failed);
    });
  }

  /** Whether everyone has seen so many events. @param {number} count */
  hasSeen(count) {
    return [...this.seen.values()].every((seen) => seen.length >= count);
  }

  /** Nobody asks again; what is open is given up. */
  async stop() {
    this.#over = true;
    this.#agent.destroy();
    await Promise.all(this.#running);
  }

  /** The delay that so many of a hundred are below. @param {number} percent */
  delay(percent) {
    const sorted = this.delays.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
  }
}
