// The twin's Durable Object: one ordered log on SQLite, and whoever waits for it. The tables and the queries are
// Waypost's own (crates/core/src/feed).

import { DurableObject } from "cloudflare:workers";

const TABLES = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY, appended_at INTEGER NOT NULL, end_offset INTEGER NOT NULL, source TEXT NOT NULL,
    type TEXT NOT NULL, head TEXT NOT NULL, headers TEXT NOT NULL, signature_headers TEXT NOT NULL,
    size INTEGER NOT NULL, content_type TEXT, form INTEGER NOT NULL, payload TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS identities (key TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS identities_until ON identities (until);
  CREATE TABLE IF NOT EXISTS due (duty TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;`;

/** A page is put together from pieces of about this size: the platform ends a string at 2 MB. */
const SEGMENT_BYTES = 800_000;
const PAGE_BYTES = 8_000_000;
const PAGE = `
  SELECT max(seq), group_concat(json, ',') FROM (SELECT seq, CASE WHEN form < 3 THEN concat(
    '{"id":"', ?1, format('%016d', seq), '",', head, ',"headers":{', headers, signature_headers, '},"size":', size,
    CASE form WHEN 0 THEN ',"payload":' || payload WHEN 1 THEN ',"payload_base64":"' || payload || '"'
      ELSE ',"body_url":"' || payload || ?1 || format('%016d', seq) || '/body"' END, '}') END AS json
  FROM events WHERE seq > ?2 AND seq <= ?3 AND (seq = ?2 + 1 OR end_offset <= ?4) ORDER BY seq)`;

const JSON_TEXT = 0;
const BASE64 = 1;
const DAY_MS = 86_400_000;
const RECEIPT_LIFE_MS = 15 * DAY_MS;
const IDENTITY_LIFE_MS = 90 * DAY_MS;
const RETENTION_DAYS = 7;
const MINUTE_MS = 60_000;
const CURSOR_STEP_MS = 20_000;
const POLL_INTERVAL = "5";
const SIGNATURES = new Set(["x-hub-signature-256"]);
const LINE_FEED = 10;

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Feed extends DurableObject {
  /** Whoever waits, by question: each is answered by the next append, or by its own timer. */
  #waiting = new Map();
  #alarmAt = Infinity;

  constructor(context, env) {
    super(context, env);
    const { sql } = (this.storage = context.storage);
    this.sql = sql;
    sql.exec(TABLES);
    const meta = Object.fromEntries(sql.exec("SELECT key, value FROM meta").raw());
    if (!meta.generation) {
      meta.generation = Date.now();
      sql.exec("INSERT INTO meta (key, value) VALUES ('generation', ?)", meta.generation);
    }
    this.generation = meta.generation;
    this.prefix = `${String(meta.generation).padStart(16, "0")}_`;
    const [end] = sql.exec("SELECT seq, end_offset, appended_at FROM events ORDER BY seq DESC LIMIT 1").raw();
    [this.latest, this.endOffset, this.changedAt] = end ?? [0, 0, 0];
    const [first] = sql.exec("SELECT seq FROM events ORDER BY seq LIMIT 1").raw();
    this.earliest = first?.[0] ?? this.latest + 1;
    this.startOffset = meta.start_offset ?? 0;
  }

  /** Messages of the queue; says of each whether it is stored (or was before). */
  async append(bodies) {
    const before = { latest: this.latest, endOffset: this.endOffset, changedAt: this.changedAt };
    let outcomes;
    try {
      outcomes = this.storage.transactionSync(() => bodies.map((body) => this.#appendOne(body)));
    } catch (error) {
      Object.assign(this, before);
      throw error;
    }
    if (outcomes.includes("stored")) {
      this.#wake();
      await this.#settle();
    }
    return outcomes;
  }

  #appendOne(body) {
    const bytes = new Uint8Array(body);
    const end = bytes.indexOf(LINE_FEED);
    const meta = JSON.parse(utf8.decode(bytes.subarray(0, end)));
    const now = Math.max(Date.now(), this.changedAt);
    const identity = [
      [`receipt:${meta.receipt}`, now + RECEIPT_LIFE_MS],
      [`id:${meta.id}`, meta.receivedAt + IDENTITY_LIFE_MS],
      [`content:${meta.content}`, meta.receivedAt + IDENTITY_LIFE_MS],
    ];
    for (const [key] of identity) {
      const known = this.sql.exec("SELECT 1 FROM identities WHERE key = ? AND until > ?", key, now).raw().toArray();
      if (known.length > 0) return "duplicate";
    }
    for (const [key, until] of identity) {
      this.sql.exec("INSERT OR REPLACE INTO identities (key, until) VALUES (?, ?)", key, until);
    }
    this.#insert(meta, bytes.subarray(end + 1), now);
    return "stored";
  }

  #insert(meta, body, now) {
    const [form, payload] = rendered(body);
    const head = JSON.stringify({
      source: "github", type: meta.type, webhook_id: meta.id, received_at: new Date(meta.receivedAt), content_type: meta.contentType,
    }).slice(1, -1);
    const members = (hidden) => meta.headers
      .filter(([name]) => SIGNATURES.has(name) === hidden)
      .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",");
    const headers = members(false);
    const hidden = members(true);
    const signatures = headers && hidden ? `,${hidden}` : hidden;
    this.latest += 1;
    this.endOffset += head.length + headers.length + signatures.length + payload.length;
    this.changedAt = now;
    this.sql.exec(
      `INSERT INTO events (seq, appended_at, end_offset, source, type, head, headers, signature_headers, size,
         content_type, form, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      this.latest, now, this.endOffset, "github", meta.type, head, headers, signatures, meta.size, meta.contentType, form, payload,
    );
  }

  /** What an append owes to retention: the alarm that clears away what comes of age next. */
  async #settle() {
    const [event] = this.sql.exec("SELECT appended_at FROM events WHERE seq = ?", this.earliest).raw();
    const [identity] = this.sql.exec("SELECT until FROM identities ORDER BY until LIMIT 1").raw();
    const next = Math.min(event ? event[0] + RETENTION_DAYS * DAY_MS : Infinity, identity?.[0] ?? Infinity);
    const at = Math.max(next, Date.now() + MINUTE_MS);
    this.sql.exec(
      "INSERT INTO due (duty, at) VALUES ('prune', ?) ON CONFLICT (duty) DO UPDATE SET at = min(at, excluded.at)", at);
    if (at >= this.#alarmAt) return;
    await this.storage.setAlarm(at);
    this.#alarmAt = at;
  }

  /** Takes away what came of age, a step at a time. */
  async alarm() {
    this.#alarmAt = Infinity;
    const now = Date.now();
    const old = now - RETENTION_DAYS * DAY_MS;
    this.sql.exec("DELETE FROM identities WHERE key IN (SELECT key FROM identities WHERE until <= ? LIMIT 500)", now);
    this.sql.exec("DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE appended_at <= ? ORDER BY seq LIMIT 500)", old);
    await this.#settle();
  }

  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const question = {
      since: searchParams.get("since_id"),
      limit: Number(searchParams.get("limit")),
      wait: Number(searchParams.get("wait")),
      etag: request.headers.get("if-none-match"),
      id: request.headers.get("x-request-id"),
    };
    const answer = this.#answer(question, question.wait === 0);
    return answer ? response(answer, question.id) : this.#hold(question, request.signal);
  }

  /** Answers at once; nothing where there is nothing yet and the reader will wait. */
  #answer({ since, limit, wait, etag }, over) {
    let after = this.earliest - 1;
    if (since) {
      if (!since.startsWith(this.prefix)) return this.#gone("expired");
      after = Number(since.slice(-16));
      if (after > this.latest) return this.#gone("ahead");
      if (after + 1 < this.earliest) return this.#gone("expired");
    }
    const through = this.#fitting(after, Math.min(after + limit, this.latest));
    const more = through < this.latest;
    const empty = through <= after;
    if (empty && !over) return undefined;
    const timeout = empty && wait > 0 ? Math.floor(Date.now() / CURSOR_STEP_MS) : 0;
    const next = this.prefix + String(through).padStart(16, "0");
    const tag = `"${this.generation}.${after}-${through}${more ? "+" : ""}${timeout ? `@${timeout}` : ""}"`;
    const pause = more || wait > 0 ? "0" : POLL_INTERVAL;
    const headers = {
      "cache-control": "private, no-cache",
      "etag": tag,
      "link": `<?${timeout ? `cursor=${timeout}&` : ""}limit=${limit}&since_id=${next}&wait=${wait}>; rel="next"`,
      "poll-interval": pause,
      "x-poll-interval": pause,
      "x-content-type-options": "nosniff",
    };
    // A date has whole seconds: it says something once the second of the last change is over.
    const changed = Math.floor(this.changedAt / 1000);
    if (!timeout && changed > 0 && changed < Math.floor(Date.now() / 1000)) {
      headers["last-modified"] = new Date(changed * 1000).toUTCString();
    }
    if (etag && matches(etag, tag)) return { status: 304, headers, body: null };
    headers["content-type"] = "application/json";
    const events = empty ? "" : this.#page(after, through);
    const cursor = timeout ? `,"cursor":"${timeout}"` : "";
    return { status: 200, headers, body: `{"events":[${events}],"next":"${next}","has_more":${more}${cursor}}` };
  }

  #gone(code) {
    const [earliest, latest] = [Math.min(this.earliest, this.latest), this.latest].map((seq) => this.prefix + String(seq).padStart(16, "0"));
    const headers = { "cache-control": "no-store", "content-type": "application/json" };
    return { status: 410, headers, body: JSON.stringify({ code, earliest, latest }) };
  }

  /** As many of the events as one page takes. */
  #fitting(after, through) {
    if (through <= after || this.endOffset - this.startOffset <= PAGE_BYTES) return through;
    const start = this.#offset(after);
    if (this.#offset(through) - start <= PAGE_BYTES) return through;
    let [low, high] = [after + 1, through];
    while (low < high) {
      const middle = low + Math.ceil((high - low) / 2);
      if (this.#offset(middle) - start <= PAGE_BYTES) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #offset(seq) {
    if (seq < this.earliest) return this.startOffset;
    if (seq >= this.latest) return this.endOffset;
    const [row] = this.sql.exec("SELECT end_offset FROM events WHERE seq = ?", seq).raw();
    return row?.[0] ?? this.endOffset;
  }

  #page(after, through) {
    const pieces = [];
    while (after < through) {
      const [row] = this.sql.exec(PAGE, this.prefix, after, through, this.#offset(after) + SEGMENT_BYTES).raw();
      if (!(row?.[0] > after)) break;
      after = row[0];
      if (row[1] !== null) pieces.push(row[1]);
    }
    return pieces.join(",");
  }

  /** Waits for an append, but no longer than its time and its reader. */
  #hold(question, signal) {
    const key = `${question.since} ${question.limit} ${question.etag}`;
    const waiters = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiters);
    return new Promise((resolve) => {
      const leave = () => {
        clearTimeout(timer);
        waiters.delete(waiter);
        if (waiters.size === 0 && this.#waiting.get(key) === waiters) this.#waiting.delete(key);
      };
      const waiter = {
        question,
        answer: (answer) => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", gone);
          resolve(response(answer, question.id));
        },
      };
      const gone = () => {
        leave();
        resolve(new Response(null, { status: 204 }));
      };
      const timer = setTimeout(() => {
        leave();
        waiter.answer(this.#answer(question, true));
      }, question.wait * 1000);
      signal?.addEventListener("abort", gone);
      waiters.add(waiter);
    });
  }

  /** All who wait with one question are given the same bytes. */
  #wake() {
    for (const [key, waiters] of this.#waiting) {
      const [{ question }] = waiters;
      const answer = this.#answer(question, false);
      if (!answer) continue;
      this.#waiting.delete(key);
      if (answer.body !== null) answer.body = encoder.encode(answer.body);
      for (const waiter of waiters) waiter.answer(answer);
    }
  }
}

function response({ status, headers, body }, id) {
  return new Response(body, { status, headers: { ...headers, "x-request-id": id } });
}

/** `If-None-Match`: a list, or `*`; compared weakly. */
function matches(header, tag) {
  return header === tag || header.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === tag);
}

/** JSON as the very text that came, anything else as base64. */
function rendered(body) {
  try {
    const text = utf8.decode(body);
    JSON.parse(text);
    return [JSON_TEXT, text];
  } catch {
    return [BASE64, btoa(String.fromCharCode(...body))];
  }
}
