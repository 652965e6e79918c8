// KV that costs as little as a worker can, and the same for everybody: it keeps nothing, and
// answers every read as the case says. It speaks the HTTP of workerd's KV binding.

const counters = { reads: 0, writes: 0 };
let known = false;

export default {
  async fetch(request) {
    switch (request.method) {
      case "GET":
        counters.reads += 1;
        return known ? new Response("1") : new Response(null, { status: 404 });
      case "PUT":
        counters.writes += 1;
        await request.arrayBuffer();
        return new Response(null);
      default:
        // The bench's own question, through control.js.
        known = request.headers.get("x-known") === "true";
        return Response.json(counters);
    }
  },
};
