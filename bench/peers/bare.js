// The least: a handler of GitHub's webhooks by hand, with nothing but the platform. The body stays
// an ArrayBuffer from the request to the queue.

import { INLINE_LIMIT, MARK_TTL } from "./job.js";

const encoder = new TextEncoder();
const PREFIX = "sha256=";
let key;

export default {
  async fetch(request, env) {
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const signature = request.headers.get("x-hub-signature-256");
    const id = request.headers.get("x-github-delivery");
    if (!signature?.startsWith(PREFIX) || !id) return new Response("malformed", { status: 400 });
    const body = await request.arrayBuffer();
    if (!(await verify(env, signature.slice(PREFIX.length), body))) {
      return Response.json({ error: "bad signature" }, { status: 401 });
    }
    if (await env.KV.get(id)) return Response.json({ status: "already_processed", id });
    const message = { id, type: request.headers.get("x-github-event"), receivedAt: Date.now() };
    let inline = body;
    if (body.byteLength > INLINE_LIMIT) {
      message.bodyKey = `body:${id}`;
      await env.KV.put(message.bodyKey, body, { expirationTtl: MARK_TTL });
      inline = new ArrayBuffer(0);
    }
    await env.QUEUE.send(frame(message, inline), { contentType: "bytes" });
    await env.KV.put(id, "1", { expirationTtl: MARK_TTL });
    return Response.json({ status: "received", id });
  },
};

async function verify(env, hex, body) {
  key ??= await crypto.subtle.importKey(
    "raw", encoder.encode(env.GITHUB_WEBHOOK_SECRET), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const mac = new Uint8Array(32);
  if (hex.length !== 64) return false;
  for (let i = 0; i < 32; i += 1) mac[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return crypto.subtle.verify("HMAC", key, mac, body);
}

/** The head as JSON, a line feed, and the body as it is. */
function frame(message, body) {
  const head = encoder.encode(JSON.stringify(message) + "\n");
  const framed = new Uint8Array(head.length + body.byteLength);
  framed.set(head);
  framed.set(new Uint8Array(body), head.length);
  return framed;
}
