// A thousand held polls, and one append that answers them all: from the moment its batch is delivered to the last
// answer. The pollers are wrk's, so that little of what is measured is theirs.

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { FEEDS } from "../contestants.js";
import { HEADERS, ask, startFeeds, stopFeeds } from "../lib/feed.js";
import { load } from "../lib/load.js";
import { deliver } from "../lib/messages.js";
import { onTheWire, writeRequests } from "../lib/requests.js";
import { inTurns } from "../lib/turns.js";

const WAITERS = 1_000;
const TITLE = `hold: ${WAITERS} waiters`;

/** A server is at rest when it has used no processor time for so long: all polls are held. */
const REST_MS = 150;
const NOTHING_SECONDS = 0.0005;
const TURN_MS = 25;

export const CASES = [{
  name: "hold",
  title: TITLE,
  figure: "ms",
  contestants: FEEDS.map(({ name }) => name).filter((name) => name !== "empty"),
  targets: [{ of: "twin", most: 1.1 }],
  measure,
}];

async function measure({ folder, rounds, builds }) {
  const entries = await startFeeds(folder, { events: 10, selected: (name) => name !== "empty", builds });
  try {
    await inTurns(entries, (entry) => once(entry, folder), { rounds, title: TITLE });
    return entries.map(({ name, runs, server }) => ({ name, ...runs, memory: server.peakMemory }));
  } finally {
    await stopFeeds(entries);
  }
}

async function once(entry, folder) {
  const { name, server, messages } = entry;
  entry.since ??= JSON.parse((await ask(server, "/events")).text).next;
  const request = onTheWire({ method: "GET", path: `/events?since_id=${entry.since}&wait=25`, headers: HEADERS });
  const pool = writeRequests(join(folder, `${name}.polls`), WAITERS, () => request);
  let released = 0;
  let cpu = server.cpu;
  const { first, last } = await load(server.port, pool, {
    connections: WAITERS,
    status: 200,
    meanwhile: async () => {
      await rest(server, cpu);
      const batch = messages.next(1);
      cpu = server.cpu;
      released = now();
      await deliver(server, batch);
    },
  });
  const used = server.cpu - cpu;
  const { next, events } = JSON.parse((await ask(server, `/events?since_id=${entry.since}`)).text);
  if (events.length !== 1) throw new Error(`${name}: ${events.length} events for one append`);
  entry.since = next;
  if (first < released) throw new Error(`${name} answered before there was anything`);
  return { ms: last - released, first: first - released, cpu: (used / WAITERS) * 1e6 };
}

const now = () => Number(process.hrtime.bigint()) / 1e6;

/** `idle`: the processor time that it had used before the load. */
async function rest(server, idle) {
  const begun = now();
  // It has begun.
  while (server.cpu - idle < 0.02) await turn(begun);
  for (let quiet = 0; quiet < REST_MS;) {
    const before = server.cpu;
    await turn(begun);
    quiet = server.cpu - before < NOTHING_SECONDS ? quiet + TURN_MS : 0;
  }
}

async function turn(begun) {
  if (now() - begun > 20_000) throw new Error("the polls do not come to rest");
  await pause(TURN_MS);
}
