// An edge cache that keeps what it is given for as long as `max-age` says, in the test's own process: it
// outlives the workerd that it stands behind. It speaks what workerd's Cache API speaks.

import { createServer } from "node:http";

export class EdgeCache {
  /** @type {Map<string, {at: number, seconds: number, status: number, headers: string[][], body: Buffer}>} by URL */
  entries = new Map();
  hits = 0;
  misses = 0;
  #server = createServer(async (request, response) => {
    const url = `${request.headers.host}${request.url}`;
    if (request.method === "PUT") {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      this.entries.set(url, parsed(Buffer.concat(chunks)));
      response.writeHead(204).end();
      return;
    }
    const entry = this.entries.get(url);
    const age = entry ? (Date.now() - entry.at) / 1000 : 0;
    if (!entry || age >= entry.seconds) {
      this.misses += 1;
      response.writeHead(504, { "cf-cache-status": "MISS" }).end();
      return;
    }
    this.hits += 1;
    response.writeHead(entry.status, [...entry.headers, ["cf-cache-status", "HIT"], ["age", String(Math.floor(age))]].flat()).end(entry.body);
  });

  static async start() {
    const cache = new EdgeCache();
    await new Promise((ready) => cache.#server.listen(0, "127.0.0.1", () => ready(undefined)));
    return cache;
  }

  get address() {
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    return `127.0.0.1:${port}`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** A whole HTTP response, as it stands in the body of a PUT. @param {Buffer} bytes */
function parsed(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  const [first, ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers = lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]);
  const named = Object.fromEntries(headers);
  const body = bytes.subarray(end + 4);
  return {
    at: Date.now(),
    seconds: Number(/max-age=(\d+)/.exec(named["cache-control"] ?? "")?.[1] ?? 0),
    status: Number(first.split(" ")[1]),
    headers: headers.filter(([name]) => !["transfer-encoding", "content-length"].includes(name)),
    body: named["transfer-encoding"] === "chunked" ? unchunked(body) : body,
  };
}

/** @param {Buffer} bytes */
function unchunked(bytes) {
  const parts = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf("\r\n", at);
    const size = parseInt(bytes.subarray(at, line).toString("latin1"), 16);
    if (!size) return Buffer.concat(parts);
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
