// The second zero line: what the platform's part of the job costs, with no verification and no
// parsing.

import { INLINE_LIMIT, MARK_TTL } from "./job.js";

export default {
  async fetch(request, env) {
    const id = request.headers.get("x-github-delivery");
    let body = new Uint8Array(await request.arrayBuffer());
    if (await env.KV.get(id)) return Response.json({ status: "already_processed" });
    if (body.byteLength > INLINE_LIMIT) {
      await env.KV.put(`body:${id}`, body, { expirationTtl: MARK_TTL });
      body = new Uint8Array(0);
    }
    await env.QUEUE.send(body, { contentType: "bytes" });
    await env.KV.put(id, "1", { expirationTtl: MARK_TTL });
    return Response.json({ status: "received" });
  },
};
