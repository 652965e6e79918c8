// The edge cache as a worker that has nothing: every look-up is a miss, every put is accepted.
// workerd asks for such a service as soon as a worker touches `caches.default`.

export default {
  fetch(request) {
    return request.method === "GET"
      ? new Response(null, { status: 504, headers: { "CF-Cache-Status": "MISS" } })
      : new Response(null, { status: 204 });
  },
};
