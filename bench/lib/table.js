// Results as tables for people.

import { median, ofPairs, quartiles } from "./statistics.js";
import { YARDSTICKS, ratios } from "./verdict.js";

/** What a figure is called. */
export const FIGURES = {
  cpu: "us CPU",
  rate: "a second",
  ms: "ms",
  first: "ms to the first",
  answer: "us CPU since it listens",
};

export const nameOf = ({ figure, unit }) => unit ?? FIGURES[figure];

export const round = (value) => (value >= 1000 ? value.toFixed(0) : value.toPrecision(3));

/** One case: a line each contestant, the first of them the heads. */
export function rows(kase) {
  const { contestants, figure } = kase;
  const named = (name) => contestants.find((one) => one.name === name);
  const [zero, ops, waypost] = [named(kase.zero), named("empty+ops"), named(kase.waypost ?? "waypost")];
  const above = (one, base) => base && one !== base ? round(ofPairs(one[figure], base[figure], (a, b) => a - b)) : "";
  const others = Object.keys(FIGURES).filter((name) => name !== figure && contestants.some((one) => one[name]));
  const columns = [
    ["", ({ name }) => name],
    [nameOf(kase), (one) => round(median(one[figure]))],
    ["quartiles", (one) => quartiles(one[figure]).map(round).join(" to ")],
    ...(zero ? [["above empty", (one) => above(one, zero)]] : []),
    ...(ops ? [["above ops", (one) => (one === zero ? "" : above(one, ops))]] : []),
    ["waypost is", (one) => (!waypost || one === waypost || one === zero ? "" : median(ratios(waypost, one, zero, figure)).toFixed(2))],
    ...others.map((name) => [FIGURES[name], (one) => (one[name] ? round(median(one[name])) : "")]),
    ...(contestants.some(({ memory }) => memory) ? [["memory", ({ memory }) => (memory ? `${Math.round(memory / 2 ** 20)} MB` : "")]] : []),
  ];
  return [columns.map(([head]) => head), ...contestants.map((one) => columns.map(([, cell]) => cell(one)))];
}

/** Every target, and whether it holds. @param {import("./verdict.js").Verdict[]} verdicts */
export function verdictRows(verdicts) {
  const line = ({ title, figure, of, bound, limit, ratio, quartiles, met, others }) => [
    title, FIGURES[figure], of, `${bound} ${limit}`, ratio.toFixed(2), quartiles.map((part) => part.toFixed(2)).join(" to "),
    met ? "yes" : "no", ...YARDSTICKS.map((name) => others[name]?.toFixed(2) ?? ""),
  ];
  return [["target", "figure", "beside", "", "ratio", "quartiles", "met", ...YARDSTICKS], ...verdicts.map(line)];
}

/** For a terminal. */
export function grid(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, column) => column ? cell.padStart(widths[column]) : cell.padEnd(widths[column])).join("  "))
    .join("\n");
}

/** For a page. */
export function markdown([heads, ...lines]) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...lines.map(line)].join("\n");
}
