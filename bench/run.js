// Waypost beside its peers, on the same workerd, in the same run.
//
//   node bench/run.js [NAME...] [--quick] [--rounds N] [--build NAME=FOLDER]... [--docs]
//   node bench/run.js held [COUNT...]   held polls instead: see held.js
//
// A NAME selects cases (receive, refused, duplicate, own, poll, page, hold, append, cold, growth, native) or contestants
// (bare, hono+stripe, ...; the zero lines and Waypost always take part). `--quick` is for development: few rounds of
// few requests. `--build` sets another build of Waypost beside the current one. A run of everything writes docs/bench.md,
// and so does any other with `--docs`.

import { existsSync, mkdirSync, statfsSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { temporaryFolder } from "../tests/e2e/lib/temp.js";
import { CASES } from "./cases.js";
import { ALWAYS } from "./contestants.js";
import { checkLoadGenerator } from "./lib/load.js";
import { grid, rows, verdictRows } from "./lib/table.js";
import { verdicts } from "./lib/verdict.js";
import { writeReport } from "./report.js";

const RESULTS = fileURLToPath(new URL("./results", import.meta.url));
/** Where databases do not wait for a disk that others may be using. */
const MEMORY = "/dev/shm";
const ENOUGH = 4e9;

const CONTESTANTS = [...new Set(CASES.flatMap(({ contestants }) => contestants))];

if (process.argv[2] === "held") {
  await import("./held.js");
  process.exit();
}
if (existsSync(MEMORY) && free(MEMORY) > ENOUGH) process.env.TMPDIR = MEMORY;
const { cases, options, everything, docs } = plan(process.argv.slice(2));
await checkLoadGenerator();
const started = performance.now();
const results = [];
for (const [at, kase] of cases.entries()) {
  // One that fails does not take the others with it.
  await measured(kase, join(options.folder, String(at))).then((result) => results.push(result), failed);
  if (cases[at + 1]?.name !== kase.name) await kase.done?.();
}
await report();

function plan(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: "boolean" }, docs: { type: "boolean" },
      rounds: { type: "string" }, build: { type: "string", multiple: true },
    },
  });
  const names = [...new Set(CASES.map(({ name }) => name)), ...CONTESTANTS];
  const unknown = positionals.filter((word) => !names.includes(word));
  if (unknown.length) {
    console.error(`unknown: ${unknown.join(", ")}. There are: ${names.join(", ")}`);
    process.exit(2);
  }
  const named = CASES.filter(({ name }) => positionals.includes(name));
  const some = CONTESTANTS.filter((name) => positionals.includes(name));
  const builds = (values.build ?? []).map((argument) => {
    const [name, build] = argument.split("=");
    return { name, build: resolve(build) };
  });
  return {
    cases: named.length ? named : CASES,
    everything: !positionals.length && !values.quick,
    docs: values.docs,
    options: {
      folder: temporaryFolder("bench"),
      rounds: Number(values.rounds ?? (values.quick ? 3 : 7)),
      share: values.quick ? 0.5 : 1,
      selected: (name) => !some.length || some.includes(name) || ALWAYS.includes(name),
      builds,
    },
  };
}

/** Each case has a folder of its own: what a feed has kept is of its case. */
async function measured({ measure, done, ...kase }, folder) {
  const began = performance.now();
  mkdirSync(folder, { recursive: true });
  const result = { ...kase, contestants: await measure({ ...options, folder }) };
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`\n${kase.title} (${seconds} s)\n${grid(rows(result))}`);
  return result;
}

function free(folder) {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function failed(error) {
  console.error(error);
  process.exitCode = 1;
}

async function report() {
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  const judged = results.flatMap(verdicts);
  console.log(`\n${grid(verdictRows(judged))}\n`);
  mkdirSync(RESULTS, { recursive: true });
  const date = new Date().toISOString();
  const machine = { processor: cpus()[0]?.model, processors: cpus().length, load: loadavg() };
  const all = { date, minutes: Number(minutes), machine, rounds: options.rounds, verdicts: judged, cases: results };
  const file = join(RESULTS, `${date.slice(0, 19).replaceAll(":", "")}.json`);
  writeFileSync(file, JSON.stringify(all, null, 1));
  if (docs || (everything && !process.exitCode)) await writeReport(all);
  console.log(`${minutes} min; ${file}`);
}
