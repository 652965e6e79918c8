// A consumer as its workers see it.

import assert from "node:assert/strict";

/**
 * @typedef {import("./waypost.js").Event & {lease: string, attempt: number}} Held an event that was handed out
 * @typedef {{events: Held[], generation: number, gap?: {from: string, to: string}}} Claimed
 * @typedef {{lease: string, code: string}} Rejected
 */

export class Consumer {
  /**
   * @param {import("./waypost.js").Waypost} reader
   * @param {string} name
   */
  constructor(reader, name) {
    this.reader = reader;
    this.name = name;
  }

  /**
   * Any verb, whatever becomes of it.
   *
   * @param {string} verb
   * @param {unknown} [body] JSON, or a text as it is
   * @param {RequestInit & {timeout?: number}} [init]
   */
  ask(verb, body, init = {}) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return this.reader.get(`/consumers/${this.name}/${verb}`, { method: "POST", body: text, ...init });
  }

  /** @param {string} verb @param {unknown} [body] @returns {Promise<any>} */
  async done(verb, body) {
    const answer = await this.ask(verb, body);
    assert.equal(answer.status, 200, `${verb}: ${answer.text}`);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
    return answer.json;
  }

  /** @param {object} [body] @returns {Promise<Claimed>} */
  claim(body = {}) {
    return this.done("claim", body);
  }

  /** @param {Held[]} events @returns {Promise<{acknowledged: number, rejected: Rejected[]}>} */
  ack(events) {
    return this.done("ack", { leases: leases(events) });
  }

  /** Acknowledges, and all of them hold. @param {Held[]} events */
  async finish(events) {
    assert.deepEqual(await this.ack(events), { acknowledged: events.length, rejected: [] });
  }

  /** What the list says of it. @returns {Promise<any>} */
  async shown() {
    const { json } = await this.reader.get("/consumers");
    return json.consumers.find(({ name }) => name === this.name);
  }
}

/** @param {Held[]} events */
export const leases = (events) => events.map(({ lease }) => lease);

/** @param {{id: string}[]} events */
export const ids = (events) => events.map(({ id }) => id);

/** The one code with which all leases of an answer were rejected. @param {{rejected: Rejected[]}} answer */
export function rejectedWith({ rejected }) {
  const codes = new Set(rejected.map(({ code }) => code));
  assert.equal(codes.size, 1, JSON.stringify(rejected));
  return [...codes][0];
}
