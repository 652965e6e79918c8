// Workers KV in the memory of a worker, for benches: nothing outside workerd is in the path.
// It speaks the HTTP that workerd's KV binding sends (src/workerd/api/kv.c++).

const values = new Map();
const counters = { reads: 0, writes: 0, deletes: 0 };

export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.hostname === "control") return Response.json(counters);
    const key = decodeURIComponent(url.pathname.slice(1));
    switch (request.method) {
      case "GET":
        counters.reads += 1;
        return read(key);
      case "PUT":
        counters.writes += 1;
        values.set(key, {
          body: await request.arrayBuffer(),
          metadata: request.headers.get("CF-KV-Metadata"),
          until: expiry(url.searchParams),
        });
        return new Response(null, { status: 200 });
      case "DELETE":
        counters.deletes += 1;
        values.delete(key);
        return new Response(null, { status: 200 });
      default:
        return new Response(null, { status: 405 });
    }
  },
};

function read(key) {
  const value = values.get(key);
  if (value === undefined || value.until <= Date.now()) {
    values.delete(key);
    return new Response(null, { status: 404 });
  }
  return new Response(value.body, { headers: value.metadata ? { "CF-KV-Metadata": value.metadata } : {} });
}

function expiry(query) {
  if (query.has("expiration_ttl")) return Date.now() + Number(query.get("expiration_ttl")) * 1000;
  return query.has("expiration") ? Number(query.get("expiration")) * 1000 : Infinity;
}
