// Plots of the results as SVG files that stand by themselves, on light pages and on dark ones.

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { median, quartiles } from "../lib/statistics.js";
import { FIGURES, nameOf } from "../lib/table.js";

const WIDTH = 760;
const ROW = 24;
const MARGIN_LEFT = 190;
const OWN = "#e8590c";
const OTHER = "#7c8aa0";
const MET = "#2f9e44";
const MISSED = "#e03131";

/** A page in which an image stands says by this whether it is dark. */
const STYLE = `
svg { color: #1f2328; background: transparent; font-family: system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg { color: #e6edf3; } }`;

function svg(options) {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const plot = Plot.plot({ document, width: WIDTH, marginLeft: MARGIN_LEFT, ...options });
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const style = document.createElement("style");
  style.textContent = STYLE;
  plot.prepend(style);
  return `${plot.outerHTML}\n`;
}

/** One case: a bar each contestant, what lies above the zero line, with its quartiles. */
export function casePlot(kase) {
  const { contestants, figure, zero } = kase;
  const base = contestants.find(({ name }) => name === zero);
  const bars = contestants.filter((one) => one !== base).map((one) => {
    const values = one[figure].map((value, round) => value - (base?.[figure][round] ?? 0));
    const [low, high] = quartiles(values);
    return { name: one.name, value: median(values), low, high, own: /^waypost/.test(one.name) };
  });
  return svg({
    height: 60 + ROW * bars.length,
    ariaLabel: kase.title,
    x: { label: `${nameOf(kase)}${base ? ", above empty" : ""}`, grid: true, zero: true },
    y: { label: null, domain: bars.map(({ name }) => name), tickSize: 0 },
    marks: [
      Plot.barX(bars, { x: "value", y: "name", fill: ({ own }) => (own ? OWN : OTHER), insetTop: 3, insetBottom: 3 }),
      Plot.ruleY(bars, { x1: "low", x2: "high", y: "name", stroke: "currentColor", strokeWidth: 1.5 }),
      Plot.ruleX([0]),
    ],
  });
}

/** Every target: what Waypost's ratio is of its limit, so that up to 1 is good whichever way the bound goes. */
export function targetsPlot(verdicts) {
  const dots = verdicts.map(({ title, figure, of, bound, limit, ratio, quartiles, met }) => {
    const of_limit = bound === "at most" ? (value) => value / limit : (value) => limit / value;
    const [low, high] = quartiles.map(of_limit);
    const name = `${title} · ${of}${figure === "ms" && title === "cold start" ? `, ${FIGURES[figure]}` : ""}`;
    return { name, value: of_limit(ratio), low, high, met };
  });
  const colour = ({ met }) => (met ? MET : MISSED);
  return svg({
    height: 60 + ROW * dots.length,
    marginLeft: 330,
    ariaLabel: "What Waypost is of each target's limit",
    x: { label: "of the limit (1 and less is met)", grid: true, domain: [0, Math.max(1.5, ...dots.map(({ high, low }) => Math.max(high, low)))] },
    y: { label: null, domain: dots.map(({ name }) => name), tickSize: 0 },
    marks: [
      Plot.ruleX([1], { stroke: "currentColor", strokeDasharray: "4 3" }),
      Plot.ruleY(dots, { x1: "low", x2: "high", y: "name", stroke: colour, strokeWidth: 2 }),
      Plot.dot(dots, { x: "value", y: "name", fill: colour, r: 5 }),
    ],
  });
}
