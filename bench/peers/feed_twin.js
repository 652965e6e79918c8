// All that Waypost does for a feed, by hand in JavaScript: the same tables, the same SQL, the same answers. What its
// receiving queues (twin.js) is appended, what is appended is read and waited for.

import { Feed } from "./feed_twin_object.js";
import twin from "./twin.js";

export { Feed };

const encoder = new TextEncoder();
const LONGEST_WAIT = 25;
const ID = /^\d{16}_\d{16}$/;

export default {
  fetch(request, env) {
    return request.method === "POST" ? twin.fetch(request, env) : read(request, env);
  },

  /** Hands a batch to the feed, and acknowledges each message by itself. */
  async queue(batch, env) {
    let outcomes = [];
    try {
      outcomes = await feed(env).append(batch.messages.map(({ body }) => body));
    } catch (error) {
      console.error(`the feed did not append: ${error}`);
    }
    batch.messages.forEach((message, at) => {
      if (outcomes[at]) message.ack();
      else message.retry({ delaySeconds: Math.min(600, 2 ** message.attempts) });
    });
  },
};

function feed(env) {
  return env.FEED.get(env.FEED.idFromName("default"));
}

/** `GET /events?since_id=ID&limit=N&wait=S` */
async function read(request, env) {
  const id = crypto.randomUUID();
  const url = new URL(request.url);
  if (url.pathname !== "/events") return refuse(404, "not found", id);
  if (!authorised(request.headers.get("authorization"), env.POLL_TOKEN)) return refuse(401, "unauthorised", id);
  const since = url.searchParams.get("since_id") ?? "";
  const limit = Number(url.searchParams.get("limit") || 100);
  const wait = Number(url.searchParams.get("wait") || 0);
  if (since && !ID.test(since)) return refuse(400, "since_id", id);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= 500)) return refuse(400, "limit", id);
  if (!(Number.isInteger(wait) && wait >= 0 && wait <= LONGEST_WAIT)) return refuse(400, "wait", id);
  const headers = { "x-request-id": id };
  const etag = request.headers.get("if-none-match");
  if (etag) headers["if-none-match"] = etag;
  const question = `https://feed/events?limit=${limit}&since_id=${since}&wait=${wait}`;
  // It ends with its reader.
  const answer = await feed(env).fetch(question, { headers, signal: request.signal });
  const sent = new Response(answer.body, answer);
  sent.headers.set("x-request-id", id);
  sent.headers.set("vary", "accept, prefer");
  return sent;
}

function refuse(status, error, id) {
  return Response.json({ error, request_id: id }, { status, headers: { "cache-control": "no-store", "x-request-id": id } });
}

/** `Bearer TOKEN`, or `Basic` with the token as password; compared in constant time. */
function authorised(authorization, token) {
  const [scheme, value] = authorization?.split(" ") ?? [];
  let given = value;
  if (/^basic$/i.test(scheme)) given = atob(value).split(":").slice(1).join(":");
  else if (!/^bearer$/i.test(scheme)) return false;
  const [a, b] = [encoder.encode(given), encoder.encode(token)];
  return a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b);
}
