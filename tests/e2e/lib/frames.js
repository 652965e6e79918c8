// A client of Server-Sent Events for tests: it shows what came over the wire, heartbeats and all.

/**
 * @typedef {object} Frame what stands between two empty lines
 * @property {string} [id]
 * @property {string} [event]
 * @property {string} [data]
 * @property {string} [retry]
 * @property {boolean} [comment]
 */

export class Frames {
  #reader;
  #rest = "";
  #decoder = new TextDecoder();
  #gone = new AbortController();

  /** @param {Response} response @param {AbortController} gone */
  constructor(response, gone) {
    this.response = response;
    this.#gone = gone;
    this.#reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  }

  /** @param {string} url @param {Record<string, string>} headers */
  static async open(url, headers) {
    const gone = new AbortController();
    return new Frames(await fetch(url, { headers, signal: AbortSignal.any([gone.signal, AbortSignal.timeout(60_000)]) }), gone);
  }

  /** The next frame; undefined where the stream has ended. @returns {Promise<Frame | undefined>} */
  async next() {
    for (;;) {
      const end = this.#rest.indexOf("\n\n");
      if (end >= 0) {
        const lines = this.#rest.slice(0, end).split("\n");
        this.#rest = this.#rest.slice(end + 2);
        return Object.fromEntries(lines.map((line) => {
          const colon = line.indexOf(":");
          return colon === 0 ? ["comment", true] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
        }));
      }
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      this.#rest += this.#decoder.decode(value, { stream: true });
    }
  }

  /** The next so many frames with data. @param {number} count */
  async events(count) {
    const events = [];
    while (events.length < count) {
      const frame = await this.next();
      if (!frame) throw new Error(`the stream ended after ${events.length} of ${count} events`);
      if (frame.data !== undefined) events.push(frame);
    }
    return events;
  }

  /** Everything until the stream ends. */
  async rest() {
    const frames = [];
    for (let frame; (frame = await this.next()); ) frames.push(frame);
    return frames;
  }

  /** Goes away. */
  leave() {
    this.#gone.abort();
  }
}
