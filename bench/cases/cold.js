// The first answer of a fresh isolate: a process of its own for every run, one webhook, over one socket.
//
// workerd compiles and evaluates a Worker's modules before it listens, so the time from there to the answer lacks the
// most of what a cold start is. The processor time counts from the start of the process to the answer, and has all of it.

import { once as happened } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { RECEIVERS } from "../contestants.js";
import { onTheWire, signed } from "../lib/requests.js";
import { Server } from "../lib/server.js";
import { inTurns } from "../lib/turns.js";

const TITLE = "cold start";
const STARTERS = ["empty", "bare", "hono+stripe", "worker crate", "waypost", "waypost stripe"];
/** Who takes the same webhooks. */
const COMPARED = ["hono+stripe", "waypost stripe"];
/** A start is a small thing that varies much. */
const MORE_ROUNDS = 2;
const SIZE = 1024;

export const CASES = [{
  name: "cold",
  title: TITLE,
  figure: "cpu",
  zero: "empty",
  contestants: STARTERS,
  targets: [{ of: "hono+stripe", most: 1.5 }, { of: "hono+stripe", most: 1.5, figure: "ms", zero: null }],
  waypost: "waypost stripe",
  measure,
}];

async function measure({ folder, rounds, selected, builds }) {
  const entries = [];
  const chosen = RECEIVERS.filter(({ name }) => STARTERS.includes(name) && (selected(name) || COMPARED.includes(name)));
  for (const contestant of [...chosen, ...builds.map((build) => ({ ...build, kind: "stripe" }))]) {
    const server = await Server.start(join(folder, `cold ${contestant.name}`), contestant);
    await server.stop();
    entries.push({ ...contestant, server, runs: {} });
  }
  await inTurns(entries, once, { rounds: rounds * MORE_ROUNDS, warm: 1, title: TITLE });
  return entries.map(({ name, runs }) => ({ name, ...runs }));
}

async function once({ name, kind, server }) {
  const request = onTheWire(signed(kind, SIZE));
  await server.serve();
  try {
    const listening = server.cpu;
    const socket = connect({ port: server.port, host: "127.0.0.1", noDelay: true });
    await happened(socket, "connect");
    const sent = performance.now();
    socket.write(request);
    const [answer] = await happened(socket, "data", { signal: AbortSignal.timeout(10_000) });
    const ms = performance.now() - sent;
    const cpu = server.cpu;
    socket.destroy();
    if (!String(answer).startsWith("HTTP/1.1 200 ")) throw new Error(`${name}: ${answer}`);
    return { ms, cpu: cpu * 1e6, answer: (cpu - listening) * 1e6 };
  } finally {
    await server.stop();
  }
}
