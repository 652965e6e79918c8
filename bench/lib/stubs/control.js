// The bench's way in: says what KV is to know, and answers with what both have counted; `/last` is the last
// message of the queue.

export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === "/last") return env.QUEUE.fetch("http://stub/");
    const ask = (service) => service.fetch("http://stub/", { method: "OPTIONS", headers: request.headers });
    const [kv, queue] = await Promise.all([ask(env.KV), ask(env.QUEUE)]);
    return Response.json({ ...(await kv.json()), ...(await queue.json()) });
  },
};
