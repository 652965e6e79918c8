// Waypost beside its peers: what a webhook costs, on the same workerd, in the same run.
//
//   node bench/run.js [NAME...] [--quick] [--rounds N] [--build NAME=FOLDER]...
//   node bench/run.js held       held polls instead: see held.js
//
// A NAME selects a case (receive, refused, duplicate) or a contestant (bare, hono+stripe, ...; the
// zero lines and Waypost always take part). `--quick` is for development: few rounds of few requests.
// `--build` sets another build of Waypost beside the current one.

import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../tests/e2e/lib/temp.js";
import { CASES, CONTESTANTS, expected } from "./contestants.js";
import { checkLoadGenerator, load } from "./lib/load.js";
import { writePool } from "./lib/requests.js";
import { Server } from "./lib/server.js";
import { summary, table } from "./lib/table.js";

const RESULTS = fileURLToPath(new URL("./results", import.meta.url));

/** @typedef {import("./contestants.js").Contestant} Contestant */
/** @typedef {import("./contestants.js").Case} Case */
/** @typedef {{cpu: number[], rate: number[]}} Runs microseconds a request, requests a second */

if (process.argv[2] === "held") {
  await import("./held.js");
  process.exit();
}
const { rounds, share, cases, contestants } = plan(process.argv.slice(2));
await checkLoadGenerator();
const folder = temporaryFolder("bench");
const started = performance.now();
const results = [];
for (const kase of cases) results.push(await measure(kase));
report();

function plan(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { quick: { type: "boolean" }, rounds: { type: "string" }, build: { type: "string", multiple: true } },
  });
  const builds = (values.build ?? []).map((argument) => {
    const [name, build] = argument.split("=");
    return { name, build: resolve(build), kind: /** @type {const} */ ("github") };
  });
  const select = (all, always = () => false) => {
    const named = all.filter(({ name }) => positionals.includes(name));
    return named.length ? all.filter((one) => always(one) || named.includes(one)) : all;
  };
  const unknown = positionals.filter((word) => ![...CASES, ...CONTESTANTS].some(({ name }) => name === word));
  if (unknown.length) {
    console.error(`unknown: ${unknown.join(", ")}. There are: ${[...new Set([...CASES, ...CONTESTANTS].map(({ name }) => name))].join(", ")}`);
    process.exit(2);
  }
  return {
    rounds: Number(values.rounds ?? (values.quick ? 3 : 7)),
    share: values.quick ? 0.5 : 1,
    cases: select(CASES),
    contestants: [...select(CONTESTANTS, ({ name }) => name.startsWith("empty") || name === "waypost"), ...builds],
  };
}

/** Every contestant in turn, round after round, each round in another order. */
async function measure(kase) {
  const count = Math.max(kase.connections * 4, Math.round(kase.count * share));
  const pools = new Map();
  const entries = [];
  for (const contestant of contestants) {
    const expect = expected(contestant, kase);
    if (!expect) continue;
    const { kind } = contestant;
    if (!pools.has(kind)) pools.set(kind, writePool(folder, { ...kase, kind, count, forged: kase.forged ?? false }));
    const server = await Server.start(join(folder, contestant.name), contestant);
    entries.push({ contestant, expect, server, pool: pools.get(kind), runs: { cpu: [], rate: [] } });
  }
  try {
    // Code is optimised and heaps have grown before anything counts.
    for (const entry of entries) for (let warm = 0; warm < 2; warm += 1) await once(entry, kase);
    for (let round = 0; round < rounds; round += 1) {
      progress(`${kase.title}: round ${round + 1} of ${rounds}`);
      const from = (round * 3) % entries.length;
      for (const entry of [...entries.slice(from), ...entries.slice(0, from)]) {
        const { cpu, rate } = await once(entry, kase);
        entry.runs.cpu.push(cpu);
        entry.runs.rate.push(rate);
      }
    }
    progress("");
    const measured = entries.map(({ contestant, runs, server }) => ({
      name: contestant.name, kind: contestant.kind, ...runs, memory: server.peakMemory,
    }));
    const result = { ...kase, count, contestants: measured };
    console.log(table(result));
    return result;
  } finally {
    await Promise.all(entries.map(({ server }) => server.stop()));
  }
}

/** Sends a pool once, and holds the contestant to having done its job with each request. */
async function once({ contestant, expect, server, pool }, { connections, known = false }) {
  const before = await server.control(known);
  const cpu = server.cpu;
  const { seconds } = await load(server.port, pool, { connections, status: expect.status })
    .catch((error) => {
      throw new Error(`${contestant.name}: ${error.message}\n${server.child.log.slice(-1000)}`);
    });
  const used = server.cpu - cpu;
  const after = await server.control(known);
  for (const operation of ["reads", "sends", "writes"]) {
    const done = after[operation] - before[operation];
    if (done !== expect[operation] * pool.count) {
      throw new Error(`${contestant.name}: ${done} ${operation} of ${pool.count} requests`);
    }
  }
  return { cpu: (used / pool.count) * 1e6, rate: pool.count / seconds };
}

function report() {
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.log(summary(results));
  mkdirSync(RESULTS, { recursive: true });
  const date = new Date().toISOString();
  const machine = { processor: cpus()[0]?.model, processors: cpus().length, load: loadavg() };
  const file = join(RESULTS, `${date.slice(0, 19).replaceAll(":", "")}.json`);
  writeFileSync(file, JSON.stringify({ date, machine, rounds, cases: results }, null, 1));
  console.log(`${minutes} min; ${file}`);
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
