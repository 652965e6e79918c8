// The one room where JavaScript is written by hand: what would otherwise be many small crossings
// between wasm and the host, done in one. No decision is taken here.

// A request's head as one text: the time, a name for it, method, URL, then name and value of each
// header, a line each. Fetch allows no line break in any of them.
export function head(request) {
  let text = begun(request, crypto.randomUUID());
  request.headers.forEach((value, name) => {
    text += "\n" + name + "\n" + value;
  });
  return text;
}

function begun({ method, url }, name) {
  return Date.now() + "\n" + name + "\n" + method + "\n" + url;
}

// What the Worker says to its objects stands in one header, with tabs between the lines: each header more would cost the
// host as much as all of this. The full stop keeps the host from trimming it.
const CALL = "x-call";
const END = ".";

export function inner_head(request) {
  const lines = (request.headers.get(CALL) ?? END).slice(0, -END.length).replaceAll("\t", "\n");
  const name = lines.indexOf("\n");
  return begun(request, lines.slice(0, name)) + lines.slice(name);
}

// A line of the log, which wants only the milliseconds since `began`, and the same as a data point.
export function tell(line, began, analytics, labels, size) {
  const ms = Date.now() - began;
  if (line) console.log(line + ms + "}");
  if (analytics === undefined) return;
  const blobs = labels.split("\n");
  // Data points are sampled by their index: what is busy does not hide what is not. It has 96 bytes at most.
  const index = (blobs[1] + "/" + blobs[2]).slice(0, 96);
  analytics.writeDataPoint({ indexes: [index], blobs, doubles: [size, ms] });
}

// Whom wasm wants called with every settlement of a promise that it awaits.
let settled;
export function on_settled(callback) {
  settled = callback;
  owed = new Map();
}

// A promise goes back to whoever awaited it: after a re-initialisation that is nobody.
export function settle(promise, place) {
  const asker = settled;
  promise.then(
    (value) => asker(place, true, value),
    (error) => asker(place, false, error),
  );
}

const NO_PLACE = 0xffffffff;
export function soon() {
  queueMicrotask(() => settled(NO_PLACE, true, undefined));
}

// Promises whose values wasm owes.
let owed;
export function promised(task) {
  return new Promise((resolve) => owed.set(task, resolve));
}

export function fulfil(task, value) {
  owed.get(task)(value);
  owed.delete(task);
}

export function forget(task) {
  owed.delete(task);
}

// Keeps the request alive until the function that this returns is called.
export function keep_alive(context) {
  let end;
  context.waitUntil(new Promise((resolve) => (end = resolve)));
  return end;
}

// The promise, rejected if it takes longer than `ms`.
export function within(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("not within " + ms + " ms")), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// A body as a buffer; null where it is longer than `most` bytes.
export async function short_body(message, most) {
  const chunks = [];
  let length = 0;
  for await (const chunk of message.body ?? []) {
    length += chunk.byteLength;
    if (length > most) return null;
    chunks.push(chunk);
  }
  return concat(chunks, length);
}

export function bytes(buffer) {
  return new Uint8Array(buffer);
}

// Whatever else than bytes is sent through a queue is converted on its way.
const BYTES = { contentType: "bytes" };
export function enqueue(queue, head, body) {
  if (body === undefined) return queue.send(head.slice(), BYTES);
  return queue.send(join(head, body, EMPTY), BYTES);
}

// The bodies of messages, each behind its length; a body is an ArrayBuffer or a Uint8Array, as the runtime's version
// has it.
export function framed(messages) {
  const bodies = messages.map(({ body }) => new Uint8Array(body));
  const joined = new Uint8Array(bodies.reduce((sum, body) => sum + 4 + body.length, 0));
  const view = new DataView(joined.buffer);
  let at = 0;
  for (const body of bodies) {
    view.setUint32(at, body.length, true);
    joined.set(body, at + 4);
    at += 4 + body.length;
  }
  return joined;
}

export function ack_all(messages, places) {
  for (const place of places) messages[place].ack();
}

export function kv_put(kv, key, value, ttl) {
  return kv.put(key, value, { expirationTtl: ttl });
}

// Names and values in turn, a line each.
function each(lines, take) {
  let at = 0;
  while (at < lines.length) {
    const name = lines.indexOf("\n", at);
    const value = lines.indexOf("\n", name + 1);
    // A value without its line break is none.
    if (value < at) return;
    take(lines.slice(at, name), lines.slice(name + 1, value));
    at = value + 1;
  }
}

// The same as an object: the host reads it twice as fast as pairs.
function headers_of(lines) {
  const headers = {};
  each(lines, (name, value) => (headers[name] = value));
  return headers;
}

// What many answers have in common, by its text: the host copies headers faster than it makes them.
const made = new Map();
const MOST_MADE = 64;

function made_of(lines) {
  let headers = made.get(lines);
  if (headers) return headers;
  if (made.size === MOST_MADE) made.clear();
  headers = new Headers({ "x-content-type-options": "nosniff", ...headers_of(lines) });
  made.set(lines, headers);
  return headers;
}

export function respond(status, id, common, lines, body) {
  const headers = made_of(common);
  headers.set("x-request-id", id);
  const answer = new Response(body, { status, headers });
  if (lines) {
    const own = answer.headers;
    each(lines, (name, value) => own.set(name, value));
  }
  return answer;
}

const EMPTY = new Uint8Array(0);

// Bytes of wasm and buffers of the host, joined on the host's side. `head` is copied: the view
// into wasm is gone with the next allocation.
export function join(head, body, tail) {
  const joined = new Uint8Array(head.length + body.byteLength + tail.length);
  joined.set(head);
  joined.set(new Uint8Array(body), head.length);
  joined.set(tail, head.length + body.byteLength);
  return joined;
}

// Chunks of a stream as one buffer.
export function concat(chunks, length) {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return joined.buffer;
}

// Parameters that came as one text: a line with what each of them is, and the texts behind it.
function unpacked(packed) {
  const end = packed.indexOf("\n");
  const parameters = [];
  let text = end + 1;
  for (let at = 0; at < end; ) {
    const next = packed.indexOf(",", at);
    const kind = packed[at];
    if (kind === "t") {
      const length = Number(packed.slice(at + 1, next));
      parameters.push(packed.slice(text, text + length));
      text += length;
    } else {
      parameters.push(kind === "n" ? null : Number(packed.slice(at, next)));
    }
    at = next + 1;
  }
  return parameters;
}

// Every row of a statement, as an array of columns; undefined where there is none.
export function rows(sql, statement, packed) {
  return rows_with(sql, statement, unpacked(packed));
}

export function rows_with(sql, statement, parameters) {
  const rows = sql.exec(statement, ...parameters).raw().toArray();
  return rows.length > 0 ? rows : undefined;
}

// A statement, once with each `width` parameters.
export function run_each(sql, statement, packed, width) {
  const parameters = unpacked(packed);
  for (let at = 0; at < parameters.length; at += width) {
    sql.exec(statement, ...parameters.slice(at, at + width));
  }
}

// A page of events: `open`, the pieces joined with `separator`, and `close`.
export function page(open, pieces, separator, close) {
  return open + pieces.join(separator) + close;
}

// The options of a request to a Durable Object; `lines` are the call's name and headers, and hold no tabs. An empty text is
// no body.
export function request_init(method, lines, body, signal) {
  const init = { method };
  if (lines) init.headers = { [CALL]: lines.replaceAll("\n", "\t") + END };
  if (body) init.body = body;
  if (signal !== undefined) init.signal = signal;
  return init;
}

export function ask(stub, url, method, lines, body, signal) {
  return stub.fetch(url, request_init(method, lines, body, signal));
}

// What a feed's object keeps of an event: lines, and the body. Or its answer that it has no such event.
export async function evidence(stub, url, init) {
  const [answer, bytes] = await Promise.all([stub.fetch(url, init), stub.fetch(url + "/body", init)]);
  const refused = [answer, bytes].find(({ ok }) => !ok);
  if (refused) return [refused];
  const { source, received_at, headers } = await answer.json();
  const lines = [source, Date.parse(received_at), ...Object.entries(headers).flat(), ""];
  return [undefined, lines.join("\n"), await bytes.arrayBuffer()];
}

// A request that goes no further than to the line that takes such requests. `body` is copied: see `join`.
export function post(url, lines, body) {
  return new Request(url, { method: "POST", headers: headers_of(lines), body: body.slice() });
}

export function timer(ms) {
  let stop;
  const rung = new Promise((resolve) => {
    const id = setTimeout(resolve, ms, true);
    stop = () => {
      clearTimeout(id);
      resolve(false);
    };
  });
  return { rung, stop };
}

export function gone(signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
}

// Resolves after `ms`, or as soon as the signal is aborted.
export function pause(ms, signal) {
  const { rung, stop } = timer(ms);
  gone(signal).then(stop);
  return rung;
}

const encoder = new TextEncoder();

// A text in UTF-8.
export function encode(text) {
  return encoder.encode(text);
}

// A key of the host's, for these uses; `key` is bytes, or the text of a JSON Web Key.
export function import_key(format, key, name, hash, usage) {
  const algorithm = { name, hash, namedCurve: "P-256" };
  return crypto.subtle.importKey(format, format === "jwk" ? JSON.parse(key) : key, algorithm, false, usage.split(" "));
}

export function verify(name, hash, key, signature, content) {
  return crypto.subtle.verify({ name, hash }, key, signature, content);
}

// The text at a URL, or the answer to `post`, if it comes with status 200 within `ms` and is no longer than
// `limit`. Redirects are not followed.
export async function outside(url, post, ms, limit) {
  const init = { redirect: "manual", signal: AbortSignal.timeout(ms) };
  if (post !== undefined) {
    init.method = "POST";
    init.headers = { "content-type": "application/json" };
    init.body = post;
  }
  const response = await fetch(url, init);
  if (response.status !== 200) throw new Error("answered " + response.status);
  const body = await short_body(response, limit);
  if (body === null) throw new Error("answered more than " + limit + " bytes");
  return new TextDecoder().decode(body);
}

// Whether the entry point has to make a new instance, and which one it is.
export const init_state = { criticalError: false, instanceId: 0 };

// A host that no URL from outside names: keys of the edge cache.
const EDGE = "https://edge.invalid/";

// Where there is no cache, nothing is kept.
export async function kept(epoch, key) {
  try {
    return await caches.default.match(EDGE + epoch + key);
  } catch {
    return undefined;
  }
}

// Keeps an answer for as long as its feed says, with what it says to others put by.
async function keep(key, answer, body) {
  const headers = new Headers(answer.headers);
  headers.set("x-cache-control", headers.get("cache-control"));
  headers.set("cache-control", "max-age=" + headers.get("x-keep"));
  try {
    const copy = new Response(body, { status: answer.status, headers });
    await caches.default.put(EDGE + headers.get("x-epoch") + key, copy);
  } catch {
    // The next one asks the feed.
  }
}

export function keep_copy(context, key, answer) {
  const copy = answer.clone();
  context.waitUntil(keep(key, copy, copy.body));
}

// Questions that are being asked, by epoch and key. One that takes longer than this is given up by those
// who share it: the request that asked it may have been cancelled.
const flights = new Map();
const LATE = 5000;

export function shared(context, epoch, key, stub, url, init) {
  const now = Date.now();
  const name = epoch + key;
  let flight = flights.get(name);
  if (flight && now - flight.at < LATE) {
    return within(flight.answer, LATE).then((answer) => copied(answer, true));
  }
  flight = { at: now, answer: asked(epoch, key, stub, url, init) };
  flights.set(name, flight);
  // Until it is kept: whoever comes after it finds it in the cache.
  const over = flight.answer.then(({ keeping }) => keeping, () => {});
  context.waitUntil(over.then(() => flights.get(name) === flight && flights.delete(name)));
  return flight.answer.then((answer) => answer.own ?? copied(answer));
}

async function asked(epoch, key, stub, url, init) {
  const hit = epoch && (await kept(epoch, key));
  const answer = hit || (await stub.fetch(url, init));
  // Some are not to be shared, or too large to be held as a whole.
  if (!answer.headers.has("x-keep")) return { own: answer };
  const body = await answer.arrayBuffer();
  return { answer, body, keeping: hit ? undefined : keep(key, answer, body) };
}

// `x-cache-control` says that the feed was not asked for this one: what is kept has it already.
function copied({ answer, body }, shared) {
  if (!answer) return undefined;
  const { status, headers } = answer;
  const copy = new Response(body, { status, headers });
  if (shared && !headers.has("x-cache-control")) {
    copy.headers.set("x-cache-control", headers.get("cache-control"));
  }
  return copy;
}

export function said({ status, headers }) {
  return [status, headers.get("x-epoch"), headers.get("x-keep"), headers.get("x-cache-control")].join("\n");
}

export function header(answer, name) {
  return answer.headers.get(name) ?? undefined;
}

const INNER = ["x-keep", "x-epoch", "x-cache-control", "cf-cache-status"];
const OF_BODY = ["content-type", "content-length", "content-disposition", "content-security-policy"];

export function finish(answer, unchanged, lines) {
  const headers = new Headers(answer.headers);
  if (headers.has("x-cache-control")) headers.set("cache-control", headers.get("x-cache-control"));
  for (const name of INNER) headers.delete(name);
  if (unchanged) {
    for (const name of OF_BODY) headers.delete(name);
    answer.body?.cancel();
  }
  each(lines, (name, value) => headers.set(name, value));
  const status = unchanged ? 304 : answer.status;
  return new Response(status === 304 ? null : answer.body, { status, headers });
}

// Two ends of one stream of bytes. Who has gone is found out by the next write.
export function pipe() {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  writer.closed.catch(() => {});
  return {
    readable,
    write: (bytes) => writer.write(bytes),
    close: () => writer.close(),
    abort: () => writer.abort().catch(() => {}),
  };
}

// A URL as the host reads it, a line each part; empty where it is none.
export function take_apart(url) {
  if (!URL.canParse(url)) return "";
  const { href, protocol, username, password, hostname, port } = new URL(url);
  return [href, protocol, username, password, hostname, port].join("\n");
}

// Posts a body, and reads the first `limit` bytes of the answer, all within `ms`. Redirects are not followed.
export async function deliver(url, lines, body, ms, limit) {
  const begun = Date.now();
  const signal = AbortSignal.timeout(ms);
  let status = 0;
  let retryAfter = "";
  let text = "";
  let error = "";
  try {
    const init = { method: "POST", headers: headers_of(lines), body, redirect: "manual", signal };
    const response = await fetch(url, init);
    status = response.status;
    retryAfter = response.headers.get("retry-after") ?? "";
    text = await beginning(response, limit);
  } catch (failure) {
    error = failure?.name === "TimeoutError" ? "timeout" : "connection failed";
  }
  return [status, retryAfter, text, Date.now() - begun, error];
}

// The first `limit` bytes of a body as text. Where it breaks off, what came; the status is known in any case.
async function beginning(response, limit) {
  const chunks = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk.subarray(0, limit - length));
      length += chunks.at(-1).byteLength;
      if (length >= limit) break;
    }
  } catch {}
  return new TextDecoder().decode(concat(chunks, length));
}

// A body as bytes: of text, or of base 64.
export function payload(text, base64) {
  if (!base64) return encoder.encode(text).buffer;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
}

export function random(count) {
  return crypto.getRandomValues(new Uint8Array(count));
}
