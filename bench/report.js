// docs/bench.md, its plots and its results, all from the results of one run.
//
//   node bench/report.js FILE   of a run that is over (results/*.json)

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../tests/e2e/lib/tools.js";
import { markdown, rows, verdictRows } from "./lib/table.js";
import { verdicts } from "./lib/verdict.js";
import { casePlot, targetsPlot } from "./report/plots.js";

const TEMPLATE = fileURLToPath(new URL("./report/template.md", import.meta.url));
const PAGE = join(ROOT, "docs/bench.md");
const FOLDER = join(ROOT, "docs/bench");

/** @param {{cases: any[], date: string, machine: any, rounds: number, minutes: number}} given */
export async function writeReport(given) {
  const { cases } = given;
  const judged = cases.flatMap(verdicts);
  const results = { ...given, verdicts: judged };
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "results.json"), `${JSON.stringify(results, short)}\n`);
  writeFileSync(join(FOLDER, "targets.svg"), targetsPlot(judged));
  for (const kase of cases) writeFileSync(join(FOLDER, `${slug(kase.title)}.svg`), casePlot(kase));
  const parts = {
    run: described(results),
    targets: markdown(verdictRows(judged)),
    cases: cases.map(section).join("\n\n"),
  };
  const page = readFileSync(TEMPLATE, "utf8").replaceAll(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
  writeFileSync(PAGE, page);
  console.log(`${PAGE} and ${cases.length + 1} plots`);
}

/** Six digits say more than a noisy machine knows. */
const short = (_, value) => (typeof value === "number" ? Number(value.toPrecision(6)) : value);

function described({ date, machine, rounds, minutes }) {
  const { processor, processors, load } = machine;
  const [busy] = load.map((value) => value.toFixed(1));
  return `The run of ${date.slice(0, 10)}: ${rounds} rounds, ${minutes} minutes, on ${processors} processors (${processor}), load ${busy} at its end.`;
}

function section(kase) {
  return `## ${kase.title}\n\n![${kase.title}](bench/${slug(kase.title)}.svg)\n\n${markdown(rows(kase))}`;
}

const slug = (title) => title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

if (resolve(process.argv[1] ?? "") === fileURLToPath(import.meta.url)) {
  await writeReport(JSON.parse(readFileSync(process.argv[2], "utf8")));
}
