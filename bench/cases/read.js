// Reading a feed: a poll that finds nothing new, and a page of a hundred events.

import { join } from "node:path";
import { FEEDS } from "../contestants.js";
import { HEADERS, alike, ask, idAt, startFeeds, stopFeeds } from "../lib/feed.js";
import { load } from "../lib/load.js";
import { onTheWire, writeRequests } from "../lib/requests.js";
import { inTurns } from "../lib/turns.js";

const EVENTS = 1_000;
const CONNECTIONS = 16;

/** @type {[string, string, number, number, (id: string) => string, object][]} */
const ROWS = [
  ["poll", "poll, 304 at the tail", EVENTS, 2000, (id) => `/events?since_id=${id}`, { status: 304, most: 1.1 }],
  ["page", "page of 100 events of 1 KB", EVENTS / 2, 1000, (id) => `/events?limit=100&since_id=${id}`, { status: 200, most: 0.8 }],
];

export const CASES = ROWS.map(([name, title, sequence, count, path, { status, most }]) => ({
  name,
  title,
  figure: "cpu",
  zero: "empty",
  contestants: FEEDS.map(({ name }) => name),
  targets: [{ of: "twin", most }],
  measure: (options) => measure({ title, sequence, count, path, status }, options),
}));

async function measure({ title, sequence, count, path, status }, { folder, rounds, share, builds }) {
  const entries = await startFeeds(folder, { events: EVENTS, selected: () => true, builds });
  try {
    await alike(entries, sequence, path);
    for (const entry of entries) {
      const url = path(entry.messages ? await idAt(entry.server, sequence) : "0");
      const { headers } = entry.messages ? await ask(entry.server, url) : { headers: {} };
      const known = status === 304 ? { "if-none-match": headers.etag ?? '"0"' } : {};
      const request = onTheWire({ method: "GET", path: url, headers: { ...HEADERS, ...known } });
      entry.status = entry.messages ? status : 200;
      entry.pool = writeRequests(join(folder, `${entry.name}.requests`), Math.round(count * share), () => request);
    }
    await inTurns(entries, once, { rounds, title });
    return entries.map(({ name, runs, server }) => ({ name, ...runs, memory: server.peakMemory }));
  } finally {
    await stopFeeds(entries);
  }
}

async function once({ server, pool, status }) {
  const cpu = server.cpu;
  const { seconds } = await load(server.port, pool, { connections: CONNECTIONS, status });
  return { cpu: ((server.cpu - cpu) / pool.count) * 1e6, rate: pool.count / seconds };
}
