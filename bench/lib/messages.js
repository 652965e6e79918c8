// Messages as the queue brings them: copies of a genuine one, each with an identity of its own.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { signed } from "./requests.js";

/** What `version` and `length` of a message take before its meta (core's `wire`). */
const HEAD = 5;
const LINE_FEED = 10;
const RECEIPT_DIGITS = 12;

/** How each contestant's messages are taken apart and put together: the meta as JSON, and the body. */
const FORMATS = {
  waypost: {
    read: (message) => {
      const end = HEAD + message.readUInt32LE(1);
      return { meta: JSON.parse(message.subarray(HEAD, end).toString()), body: message.subarray(end), version: message[0] };
    },
    write: ({ version, body }, meta) => {
      const text = Buffer.from(JSON.stringify(meta));
      const head = Buffer.from([version, 0, 0, 0, 0]);
      head.writeUInt32LE(text.length, 1);
      return Buffer.concat([head, text, body]);
    },
    /** Keys stay as long as hashes are. */
    another: (meta, mark) => ({
      ...meta,
      receipt: marked(meta.receipt, mark),
      webhook_id: marked(meta.webhook_id, mark),
      unique: meta.unique.map((half) => ({ ...half, key: marked(half.key, mark) })),
    }),
  },
  twin: {
    read: (message) => {
      const end = message.indexOf(LINE_FEED);
      return { meta: JSON.parse(message.subarray(0, end).toString()), body: message.subarray(end + 1) };
    },
    write: ({ body }, meta) => Buffer.concat([Buffer.from(JSON.stringify(meta) + "\n"), body]),
    another: (meta, mark) => ({
      ...meta,
      receipt: marked(meta.receipt, mark),
      id: marked(meta.id, mark),
      content: marked(meta.content, mark),
    }),
  },
};

const marked = (text, mark) => text.slice(0, -RECEIPT_DIGITS) + mark;

export class Messages {
  #format;
  #genuine;
  #made = 0;

  /**
   * Takes what a contestant queued for one webhook as the pattern of all that come after.
   *
   * @param {import("./server.js").Server} server
   * @param {import("../contestants.js").Contestant} contestant
   * @param {{size: number, id?: string}} webhook
   */
  static async of(server, contestant, { size, id = randomUUID() }) {
    const status = await post(server.port, signed("github", size, { id }));
    if (status !== 200) throw new Error(`${contestant.name} did not take a webhook: ${status}`);
    return new Messages(FORMATS[contestant.peer ? "twin" : "waypost"], await server.lastMessage());
  }

  constructor(format, message) {
    this.#format = format;
    this.#genuine = format.read(message);
  }

  /** So many new messages, each behind its length: what `stubs/feeder.js` reads. @param {number} count */
  next(count, change = (meta) => meta) {
    const parts = [];
    for (let at = 0; at < count; at += 1) {
      this.#made += 1;
      const meta = this.#format.another(this.#genuine.meta, String(this.#made).padStart(RECEIPT_DIGITS, "0"));
      const message = this.#format.write(this.#genuine, change(meta));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(message.length);
      parts.push(length, message);
    }
    return Buffer.concat(parts);
  }
}

/** Posts with these headers and no others, so that events of all contestants are the same. */
async function post(port, { path, headers, body }) {
  const sent = request({
    port, host: "127.0.0.1", path, method: "POST", timeout: 10_000,
    headers: { ...headers, "host": "hooks.example.com", "content-length": body.length },
  });
  sent.end(body);
  const [answer] = await once(sent, "response");
  answer.resume();
  return answer.statusCode;
}

/** Has a batch delivered. @param {import("./server.js").Server} server @param {Buffer} batch */
export async function deliver(server, batch) {
  const answer = await fetch(`http://127.0.0.1:${server.feeder}/`, {
    method: "POST", body: batch, signal: AbortSignal.timeout(30_000),
  });
  if (answer.status !== 200) throw new Error(`a batch was not acknowledged: ${answer.status}\n${server.child.log.slice(-1000)}`);
}
