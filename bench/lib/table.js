// Results as tables for people.

import { SDK_PEERS } from "../contestants.js";
import { median, ofPairs, quartiles } from "./statistics.js";

const round = (value) => (value >= 1000 ? value.toFixed(0) : value.toPrecision(3));

/** One case: a line each contestant. Costs are processor time a request, in microseconds. */
export function table({ title, contestants }) {
  const zero = contestants.find(({ name }) => name === "empty");
  const ops = contestants.find(({ name }) => name === "empty+ops");
  const waypost = contestants.find(({ name }) => name === "waypost");
  const above = (base) => (one) => base && base !== one ? ofPairs(one.cpu, base.cpu, (a, b) => a - b) : undefined;
  const rows = contestants.map((one) => [
    one.name,
    round(median(one.cpu)),
    quartiles(one.cpu).map(round).join("-"),
    above(zero)(one),
    one === zero ? undefined : above(ops)(one),
    one === waypost ? undefined : ratio(waypost, one, zero),
    Math.round(median(one.rate)),
    `${Math.round(one.memory / 2 ** 20)} MB`,
  ].map((cell) => (cell === undefined ? "" : typeof cell === "number" ? round(cell) : cell)));
  const heads = [title, "us CPU", "quartiles", "above empty", "above ops", "waypost is", "req/s", "memory"];
  return `\n${grid([heads, ...rows])}`;
}

/** What Waypost costs of what another costs, both above the zero line: the median of the pairs. */
export function ratio(waypost, other, zero) {
  if (!waypost || !zero || other === zero) return undefined;
  const pairs = waypost.cpu.map((cpu, at) => (cpu - zero.cpu[at]) / (other.cpu[at] - zero.cpu[at]));
  return median(pairs);
}

/** Against the targets: the best peer with an SDK, and the bare handler. */
export function summary(results) {
  const rows = results.map(({ title, contestants }) => {
    const named = (name) => contestants.find((one) => one.name === name);
    const peers = contestants.filter(({ name }) => SDK_PEERS.includes(name));
    const best = peers.toSorted((a, b) => median(a.cpu) - median(b.cpu))[0];
    const of = (other) => other ? ratio(named("waypost"), other, named("empty"))?.toFixed(2) ?? "" : "";
    return [title, of(best), best?.name ?? "", of(named("bare")), of(named("twin"))];
  });
  return `\n${grid([["waypost above empty", "of best SDK peer", "", "of bare", "of twin"], ...rows])}\n`;
}

function grid(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, column) => column ? cell.padStart(widths[column]) : cell.padEnd(widths[column])).join("  "))
    .join("\n");
}
