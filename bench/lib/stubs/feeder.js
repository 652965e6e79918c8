// The queue's other end: hands a batch of messages to the `queue()` handler, as the platform does. The messages
// stand one after the other, each behind its length (u32 LE). 200 only where each of them is acknowledged.

let number = 0;

export default {
  async fetch(request, env) {
    const bytes = await request.arrayBuffer();
    const view = new DataView(bytes);
    const timestamp = new Date();
    const messages = [];
    for (let at = 0; at < bytes.byteLength;) {
      const end = at + 4 + view.getUint32(at, true);
      number += 1;
      messages.push({ id: String(number), timestamp, attempts: 1, body: new Uint8Array(bytes.slice(at + 4, end)) });
      at = end;
    }
    const { outcome, ackAll, explicitAcks } = await env.TARGET.queue("waypost", messages);
    const acknowledged = ackAll ? messages.length : explicitAcks.length;
    return new Response(null, { status: outcome === "ok" && acknowledged === messages.length ? 200 : 500 });
  },
};
