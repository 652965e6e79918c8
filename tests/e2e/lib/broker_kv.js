// Workers KV of the tests' broker: a map with expiry, and switches for what goes wrong.
// The requests are those of workerd's binding (src/workerd/api/kv.c++).

/** @typedef {{status: number, headers?: Record<string, string>, body?: string | Buffer}} Answer */

export class BrokerKv {
  /** @type {Map<string, {body: Buffer, metadata?: string, expires: number}>} */
  #values = new Map();

  /** Reads answer 500. */
  failReads = false;
  /** Writes answer 500 and keep nothing. */
  failWrites = false;
  /** Reads find nothing, as where a negative answer is still cached; writes are kept. */
  blind = false;
  /** @type {RegExp | undefined} */
  #failing;

  counters = { reads: 0, hits: 0, writes: 0, deletes: 0, failed: 0 };

  /** Every operation on keys that match fails; without a pattern none does. */
  failKey(/** @type {RegExp | undefined} */ pattern) {
    this.#failing = pattern;
  }

  heal() {
    this.failReads = this.failWrites = this.blind = false;
    this.#failing = undefined;
  }

  /** The keys that have not expired. */
  get keys() {
    return [...this.#values].filter(([, { expires }]) => expires > Date.now()).map(([key]) => key);
  }

  /** @param {string} key @returns {number | undefined} how long it will live, in seconds */
  timeToLive(key) {
    const value = this.#values.get(key);
    return value && Math.round((value.expires - Date.now()) / 1000);
  }

  /** Every value is gone, as after its expiry. */
  expireAll() {
    this.#values.clear();
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {Buffer} body
   * @returns {Answer}
   */
  handle(request, body) {
    const url = new URL(request.url ?? "/", "http://kv");
    const key = decodeURIComponent(url.pathname.slice(1));
    const failed = this.#failing?.test(key);
    switch (request.method) {
      case "GET":
        this.counters.reads += 1;
        return failed || this.failReads ? this.#fail() : this.#read(key);
      case "PUT":
        this.counters.writes += 1;
        return failed || this.failWrites ? this.#fail() : this.#write(key, url.searchParams, request, body);
      case "DELETE":
        this.counters.deletes += 1;
        if (failed || this.failWrites) return this.#fail();
        this.#values.delete(key);
        return { status: 200 };
      default:
        return { status: 405 };
    }
  }

  #fail() {
    this.counters.failed += 1;
    return { status: 500 };
  }

  /** @param {string} key @returns {Answer} */
  #read(key) {
    const value = this.#values.get(key);
    if (this.blind || !value || value.expires <= Date.now()) return { status: 404 };
    this.counters.hits += 1;
    return { status: 200, headers: value.metadata ? { "CF-KV-Metadata": value.metadata } : {}, body: value.body };
  }

  /** @returns {Answer} */
  #write(key, query, request, body) {
    const ttl = query.get("expiration_ttl");
    // The platform's own limits, so that a test sees what production would refuse.
    if (ttl !== null && !(Number(ttl) >= 60)) return { status: 400 };
    if (body.length > 25 * 1024 * 1024) return { status: 413 };
    const expiration = query.get("expiration");
    const expires = ttl ? Date.now() + Number(ttl) * 1000 : expiration ? Number(expiration) * 1000 : Infinity;
    const metadata = request.headers["cf-kv-metadata"];
    this.#values.set(key, { body, expires, ...(metadata ? { metadata: String(metadata) } : {}) });
    return { status: 200 };
  }
}
