// A queue that takes every message and keeps none but the last. It speaks the HTTP of workerd's queue binding.

const counters = { sends: 0, bytes: 0 };
const taken = JSON.stringify({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0, oldestMessageTimestamp: 0 } } });
let last = new ArrayBuffer(0);

export default {
  async fetch(request) {
    // The bench's own questions, through control.js.
    if (request.method === "GET") return new Response(last);
    if (request.method !== "POST") return Response.json(counters);
    counters.sends += 1;
    last = await request.arrayBuffer();
    counters.bytes += last.byteLength;
    return new Response(taken);
  },
};
