// A queue that takes every message and keeps none. It speaks the HTTP of workerd's queue binding.

const counters = { sends: 0, bytes: 0 };
const taken = JSON.stringify({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 } } });

export default {
  async fetch(request) {
    if (request.method !== "POST") return Response.json(counters);
    counters.sends += 1;
    counters.bytes += (await request.arrayBuffer()).byteLength;
    return new Response(taken);
  },
};
