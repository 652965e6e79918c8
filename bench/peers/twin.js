// All that Waypost does with a webhook of GitHub, by hand in JavaScript: beside `bare` the SHA-256
// of the body (its second identity), a mark under id and body, an id for the request on every
// answer, and the headers that travel with the event.

import { INLINE_LIMIT, MARK_TTL } from "./job.js";

const encoder = new TextEncoder();
const PREFIX = "sha256=";
/** Headers that are of the connection, or open something. */
const STAYS = new Set([
  "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
  "transfer-encoding", "upgrade", "authorization", "cf-access-client-secret", "cf-access-jwt-assertion",
  "cf-webhook-auth", "cookie", "x-gitlab-token", "x-goog-channel-token", "x-telegram-bot-api-secret-token",
]);
let key;

export default {
  async fetch(request, env) {
    const receipt = crypto.randomUUID();
    const answer = (status, body) => Response.json(body, {
      status,
      headers: { "cache-control": "no-store", "x-content-type-options": "nosniff", "x-request-id": receipt },
    });
    if (request.method !== "POST") return answer(405, { error: "method" });
    const signature = request.headers.get("x-hub-signature-256");
    const id = request.headers.get("x-github-delivery");
    if (!signature?.startsWith(PREFIX) || !id) return answer(400, { error: "malformed" });
    const body = await request.arrayBuffer();
    if (!(await verify(env, signature.slice(PREFIX.length), body))) return answer(401, { error: "bad signature" });
    const content = hex(await crypto.subtle.digest("SHA-256", body));
    const mark = `seen:${id}:${content}`;
    if (await env.KV.get(mark)) return answer(200, { status: "already_processed", id });
    const message = {
      receipt, id, content,
      type: request.headers.get("x-github-event"),
      receivedAt: Date.now(),
      contentType: request.headers.get("content-type"),
      headers: [...request.headers].filter(([name]) => !STAYS.has(name)),
      size: body.byteLength,
    };
    let inline = body;
    if (body.byteLength > INLINE_LIMIT) {
      message.bodyKey = `body:${receipt}`;
      await env.KV.put(message.bodyKey, body, { expirationTtl: MARK_TTL });
      inline = new ArrayBuffer(0);
    }
    await env.QUEUE.send(frame(message, inline), { contentType: "bytes" });
    await env.KV.put(mark, "1", { expirationTtl: MARK_TTL });
    return answer(200, { status: "received", id });
  },
};

async function verify(env, signature, body) {
  key ??= await crypto.subtle.importKey(
    "raw", encoder.encode(env.GITHUB_WEBHOOK_SECRET), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const mac = new Uint8Array(32);
  if (signature.length !== 64) return false;
  for (let i = 0; i < 32; i += 1) mac[i] = parseInt(signature.slice(2 * i, 2 * i + 2), 16);
  return crypto.subtle.verify("HMAC", key, mac, body);
}

const hex = (digest) => Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The head as JSON, a line feed, and the body as it is. */
function frame(message, body) {
  const head = encoder.encode(JSON.stringify(message) + "\n");
  const framed = new Uint8Array(head.length + body.byteLength);
  framed.set(head);
  framed.set(new Uint8Array(body), head.length);
  return framed;
}
