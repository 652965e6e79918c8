// From the queue into the feed: batches of a hundred messages, one after the other, as a queue's consumer gets them.

import { join } from "node:path";
import { FEEDS } from "../contestants.js";
import { BATCH, alike, ask, startFeeds, stopFeeds } from "../lib/feed.js";
import { load } from "../lib/load.js";
import { writeRequests } from "../lib/requests.js";
import { inTurns } from "../lib/turns.js";

const TITLE = "append in batches of 100";
const BATCHES = 30;

export const CASES = [{
  name: "append",
  title: TITLE,
  figure: "rate",
  contestants: FEEDS.map(({ name }) => name).filter((name) => name !== "empty"),
  targets: [{ of: "twin", least: 1.2 }],
  measure,
}];

async function measure({ folder, rounds, share, builds }) {
  const entries = await startFeeds(folder, { events: BATCH, selected: (name) => name !== "empty", builds });
  try {
    await alike(entries, 1, (id) => `/events?limit=50&since_id=${id}`);
    await inTurns(entries, (entry) => once(entry, folder, Math.ceil(BATCHES * share)), { rounds, title: TITLE });
    return entries.map(({ name, runs, server }) => ({ name, ...runs, memory: server.peakMemory }));
  } finally {
    await stopFeeds(entries);
  }
}

async function once(entry, folder, batches) {
  const { name, server, messages } = entry;
  const request = () => {
    const batch = messages.next(BATCH);
    return Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${batch.length}\r\n\r\n`), batch]);
  };
  const pool = writeRequests(join(folder, `${name}.batches`), batches, request);
  const cpu = server.cpu;
  const { seconds } = await load(server.feeder, pool, { connections: 1, status: 200 });
  const used = server.cpu - cpu;
  const events = batches * BATCH;
  entry.events = (entry.events ?? BATCH) + events;
  await holds(entry);
  return { cpu: (used / events) * 1e6, rate: events / seconds };
}

/** Every event is there: the end of the feed is where it must be. */
async function holds({ name, server, events }) {
  const { text } = await ask(server, "/events?limit=1");
  const [generation] = JSON.parse(text).next.split("_");
  const end = `${generation}_${String(events).padStart(16, "0")}`;
  const { status, text: page } = await ask(server, `/events?since_id=${end}`);
  const past = await ask(server, `/events?since_id=${generation}_${String(events + 1).padStart(16, "0")}`);
  if (status !== 200 || JSON.parse(page).events.length > 0 || past.status !== 410) {
    throw new Error(`${name} has not appended ${events} events: ${status} ${past.status} ${page.slice(0, 200)}`);
  }
}
