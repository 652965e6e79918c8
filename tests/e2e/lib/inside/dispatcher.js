// A worker that hands a batch of messages to Waypost's `queue()` handler, as the platform does.
// The broker in the test process (../broker.js) has no other way to call it.

export default {
  async fetch(request, env) {
    const { queue, messages, metadata } = await request.json();
    const result = await env.TARGET.queue(queue, messages.map(received), metadata);
    return Response.json(result);
  },
};

/** Bodies travel as base64; the queue's content types say what the consumer sees. */
function received({ id, timestamp, attempts, contentType, body }) {
  const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
  const common = { id, timestamp: new Date(timestamp), attempts };
  switch (contentType) {
    case "text":
      return { ...common, body: new TextDecoder().decode(bytes) };
    case "json":
      return { ...common, body: JSON.parse(new TextDecoder().decode(bytes)) };
    case "bytes":
      return { ...common, body: bytes };
    default:
      return { ...common, serializedBody: bytes };
  }
}
