// Messages that survive the broker: a file of JSON lines, and the same in memory. Written before
// the sender is answered; not synced, because the tests kill processes, not the machine.

import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";

export class Journal {
  /** @type {Map<string, import("./broker_queue.js").Message>} in the order of sending */
  messages = new Map();
  /** @type {number | undefined} */
  #file;

  /** @param {string} path */
  constructor(path) {
    if (existsSync(path)) {
      for (const line of readFileSync(path, "utf8").split("\n").filter(Boolean)) {
        const { put, remove } = JSON.parse(line);
        if (put) this.#place(put);
        else this.messages.delete(remove);
      }
    }
    this.#file = openSync(path, "a");
  }

  /** Adds a message; one that is there already goes to the end, as a retry does. @param {import("./broker_queue.js").Message} message */
  put(message) {
    this.#write({ put: message });
    this.#place(message);
  }

  /** @param {string} id */
  remove(id) {
    this.#write({ remove: id });
    this.messages.delete(id);
  }

  #write(line) {
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  #place(message) {
    this.messages.delete(message.id);
    this.messages.set(message.id, message);
  }

  close() {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
