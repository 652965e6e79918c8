// The bench's way in: says what KV is to know, and answers with what both have counted.

export default {
  async fetch(request, env) {
    const ask = (service) => service.fetch("http://stub/", { method: "OPTIONS", headers: request.headers });
    const [kv, queue] = await Promise.all([ask(env.KV), ask(env.QUEUE)]);
    return Response.json({ ...(await kv.json()), ...(await queue.json()) });
  },
};
