// The job that every peer does after it has verified a webhook, as Waypost does it: is it known? if
// not, queue it, then mark it known. A message of a queue may have 128 KB, so that a larger body
// goes to KV, and the message says where.

export const MARK_TTL = 604_800;
export const INLINE_LIMIT = 96 * 1024;

/** @returns {Promise<"received" | "already_processed">} */
export async function take(env, id, type, body) {
  if (await env.KV.get(id)) return "already_processed";
  const message = { id, type, receivedAt: Date.now() };
  if (body.length > INLINE_LIMIT) {
    message.bodyKey = `body:${id}`;
    await env.KV.put(message.bodyKey, body, { expirationTtl: MARK_TTL });
  } else {
    message.body = body;
  }
  await env.QUEUE.send(message);
  await env.KV.put(id, "1", { expirationTtl: MARK_TTL });
  return "received";
}
