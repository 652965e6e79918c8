// What a webhook costs inside the Worker alone: the same one over and over within one isolate, with a KV and a queue
// that are resolved promises. No target speaks of it, but it is where to look first: it has little noise, and what
// lies between it and `receive` is the platform's.

import { join } from "node:path";
import { RECEIVERS } from "../contestants.js";
import { signed } from "../lib/requests.js";
import { Server } from "../lib/server.js";
import { inTurns } from "../lib/turns.js";

const TIMES = 1500;
/** The crate `worker` takes bindings of the platform's alone; and nothing is learnt from doing nothing twice. */
const ABSENT = ["worker crate", "empty+ops"];
const TAKING = RECEIVERS.filter(({ name }) => !ABSENT.includes(name));

const ROWS = [
  ["received, 0.5 KB", { size: 512, status: 200 }],
  ["received, 10 KB", { size: 10_240, status: 200 }],
  ["refused, 10 KB", { size: 10_240, status: 401, forged: true }],
  ["duplicate, 10 KB", { size: 10_240, status: 200, known: true }],
];

export const CASES = ROWS.map(([label, webhook]) => ({
  name: "own",
  title: `inside the Worker: ${label}`,
  figure: "cpu",
  zero: "empty",
  contestants: TAKING.map(({ name }) => name),
  targets: [],
  measure: (options) => measure(label, webhook, options),
}));

async function measure(title, webhook, { folder, rounds, share, selected, builds }) {
  const chosen = TAKING.filter(({ name }) => ["empty", "waypost"].includes(name) || selected(name));
  const others = builds.map((build) => ({ ...build, kind: "github" }));
  const entries = [];
  for (const contestant of [...chosen, ...others]) {
    const server = await Server.start(join(folder, contestant.name), contestant, { inside: true });
    entries.push({ ...contestant, server, runs: {} });
  }
  try {
    await inTurns(entries, (entry) => once(entry, webhook, Math.round(TIMES * share)), { rounds, title });
    return entries.map(({ name, kind, runs }) => ({ name, kind, ...runs }));
  } finally {
    await Promise.all(entries.map(({ server }) => server.stop()));
  }
}

async function once({ name, kind, server }, { size, status, forged, known }, times) {
  const { path, headers, body } = signed(kind, size, { forged });
  const own = { ...headers, "content-length": String(size), "host": "hooks.example.com" };
  const asked = { times, known, url: `https://hooks.example.com${path}`, headers: own, body: body.toString("base64") };
  const cpu = server.cpu;
  const answer = await fetch(`http://127.0.0.1:${server.port}/`, {
    method: "POST", body: JSON.stringify(asked), signal: AbortSignal.timeout(30_000),
  });
  const expected = name === "empty" ? 200 : status;
  if (answer.status !== expected) throw new Error(`${name}: ${answer.status}\n${server.child.log.slice(-1000)}`);
  return { cpu: ((server.cpu - cpu) / times) * 1e6 };
}
