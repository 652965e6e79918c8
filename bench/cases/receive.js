// Taking in a webhook: verified and queued, refused, or known already.

import { join } from "node:path";
import { ALWAYS, RECEIVERS } from "../contestants.js";
import { load } from "../lib/load.js";
import { writePool } from "../lib/requests.js";
import { Server } from "../lib/server.js";
import { inTurns } from "../lib/turns.js";

/** What one request is answered with, and which operations of the platform it costs. */
const QUEUED = { status: 200, reads: 1, sends: 1, writes: 1 };
/** Above 96 KB a body goes through KV, which is a second write. */
const QUEUED_LARGE = { ...QUEUED, writes: 2 };
const REFUSED = { status: 401, reads: 0, sends: 0, writes: 0 };
const KNOWN = { status: 200, reads: 1, sends: 0, writes: 0 };

const BEST_PEER = { of: "best peer", most: 0.8 };
const BARE = { of: "bare", most: 1.1 };

/** @type {[string, string, number, number, number, any][]} name, size, bytes, requests a run, connections, the rest */
const ROWS = [
  ["receive", "0.5 KB", 512, 3000, 16, { expect: QUEUED, targets: [BEST_PEER, BARE] }],
  ["receive", "10 KB", 10_240, 3000, 16, { expect: QUEUED, targets: [BEST_PEER, BARE] }],
  ["receive", "200 KB", 204_800, 320, 8, { expect: QUEUED_LARGE, targets: [BEST_PEER, BARE] }],
  ["receive", "2 MB", 2_097_152, 48, 4, { expect: QUEUED_LARGE, targets: [BEST_PEER, BARE] }],
  ["refused", "10 KB", 10_240, 4000, 16, { forged: true, expect: REFUSED, targets: [BEST_PEER] }],
  ["duplicate", "10 KB", 10_240, 4000, 16, { known: true, expect: KNOWN, targets: [BEST_PEER] }],
];

export const CASES = ROWS.map(([name, label, size, count, connections, more]) => ({
  name,
  title: `${name} ${label}`,
  figure: "cpu",
  zero: "empty",
  contestants: RECEIVERS.map(({ name }) => name),
  measure: (options) => measure({ title: `${name} ${label}`, size, count, connections, known: false, forged: false, ...more }, options),
  ...more,
}));

async function measure(kase, { folder, rounds, share, selected, builds }) {
  const { title, size, forged, connections } = kase;
  const count = Math.max(connections * 4, Math.round(kase.count * share));
  const pools = new Map();
  const entries = [];
  const others = builds.map((build) => ({ ...build, kind: "github" }));
  for (const contestant of [...RECEIVERS.filter(({ name }) => ALWAYS.includes(name) || selected(name)), ...others]) {
    const expect = expected(contestant, kase);
    if (!expect) continue;
    const { name, kind } = contestant;
    if (!pools.has(kind)) pools.set(kind, writePool(folder, { kind, size, count, forged }));
    const server = await Server.start(join(folder, name), contestant);
    entries.push({ name, kind, expect, server, pool: pools.get(kind), runs: {} });
  }
  try {
    await inTurns(entries, (entry) => once(entry, kase), { rounds, title });
    return entries.map(({ name, kind, runs, server }) => ({ name, kind, ...runs, memory: server.peakMemory }));
  } finally {
    await Promise.all(entries.map(({ server }) => server.stop()));
  }
}

/** @returns nothing where it takes no part */
function expected({ name }, { expect }) {
  if (name === "empty") return { status: 200, reads: 0, sends: 0, writes: 0 };
  // It can refuse nothing.
  if (name === "empty+ops" && expect === REFUSED) return undefined;
  return expect;
}

/** Sends a pool once, and holds the contestant to having done its job with each request. */
async function once({ name, expect, server, pool }, { connections, known }) {
  const before = await server.control(known);
  const cpu = server.cpu;
  const { seconds } = await load(server.port, pool, { connections, status: expect.status })
    .catch((error) => {
      throw new Error(`${name}: ${error.message}\n${server.child.log.slice(-1000)}`);
    });
  const used = server.cpu - cpu;
  const after = await server.control(known);
  for (const operation of ["reads", "sends", "writes"]) {
    const done = after[operation] - before[operation];
    if (done !== expect[operation] * pool.count) {
      throw new Error(`${name}: ${done} ${operation} of ${pool.count} requests`);
    }
  }
  return { cpu: (used / pool.count) * 1e6, rate: pool.count / seconds };
}
