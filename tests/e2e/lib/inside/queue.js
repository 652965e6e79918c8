// A queue in the memory of a worker, for benches: it counts, and delivers to the worker's
// `queue()` handler unless it is told only to count. It speaks the HTTP that workerd's queue
// binding sends (src/workerd/api/queue.c++).

const counters = { sends: 0, batches: 0, acknowledged: 0, retried: 0 };
/** @type {{id: string, timestamp: Date, attempts: number, body?: unknown, serializedBody?: Uint8Array}[]} */
const waiting = [];
let delivering = false;

export default {
  async fetch(request, env, context) {
    const url = new URL(request.url);
    if (url.hostname === "control") return Response.json({ ...counters, waiting: waiting.length, delivering });
    if (url.pathname === "/message") {
      const bytes = new Uint8Array(await request.arrayBuffer());
      accept(bytes, request.headers.get("X-Msg-Fmt"), env);
    } else if (url.pathname === "/batch") {
      for (const { body, contentType } of (await request.json()).messages) {
        accept(Uint8Array.from(atob(body), (character) => character.charCodeAt(0)), contentType, env);
      }
    }
    if (waiting.length > 0 && !delivering) {
      delivering = true;
      context.waitUntil(deliver(env));
    }
    const metrics = { backlogCount: waiting.length, backlogBytes: 0, oldestMessageTimestamp: 0 };
    return Response.json(url.pathname === "/metrics" ? metrics : { metadata: { metrics } });
  },
};

function accept(bytes, contentType, env) {
  counters.sends += 1;
  if (!env.DELIVER) return;
  const message = { id: String(counters.sends).padStart(32, "0"), timestamp: new Date(), attempts: 1 };
  switch (contentType) {
    case "text":
      message.body = new TextDecoder().decode(bytes);
      break;
    case "json":
      message.body = JSON.parse(new TextDecoder().decode(bytes));
      break;
    case "bytes":
      message.body = bytes;
      break;
    default:
      message.serializedBody = bytes;
  }
  waiting.push(message);
}

async function deliver(env) {
  try {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, env.MAX_BATCH_SIZE);
      counters.batches += 1;
      const result = await env.TARGET.queue(env.QUEUE_NAME, batch);
      const retryAll = result.outcome !== "ok" || result.retryBatch.retry;
      const retried = new Set(result.retryMessages.map(({ msgId }) => msgId));
      for (const message of batch) {
        if (retryAll || retried.has(message.id)) {
          counters.retried += 1;
          waiting.push({ ...message, attempts: message.attempts + 1 });
        } else {
          counters.acknowledged += 1;
        }
      }
    }
  } finally {
    delivering = false;
  }
}
