// docs/grafana.json imports as it is: Grafana's own models know all of it, Prometheus' own grammar takes its queries,
// and every metric that they ask for is there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parser } from "@prometheus-io/lezer-promql";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { Python, skipPython } from "./lib/python.js";
import { HERE } from "./lib/tools.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const FILE = join(HERE, "../../docs/grafana.json");
const dashboard = JSON.parse(readFileSync(FILE, "utf8"));
/** @type {any[]} */
const panels = dashboard.panels;
/** @type {string[]} */
const queries = panels.flatMap((panel) => (panel.targets ?? []).map((/** @type {any} */ target) => target.expr));

test("Grafana's models know all of it", { skip: skipPython }, async () => {
  const python = new Python("dashboard.py", [FILE]);
  const end = await python.until(() => python.said.find((line) => line.end), { what: "it is read", within: 30_000 });
  await python.stop();
  assert.deepEqual(python.said.filter((line) => line.lost), []);
  assert.equal(end.end, panels.length);
});

test("every query is PromQL", () => {
  assert.ok(queries.length > 20);
  for (const query of queries) {
    // Grafana puts these in.
    const text = query.replaceAll("$__rate_interval", "1m").replaceAll("$feed", ".*");
    parser.parse(text).iterate({
      enter: ({ type, from }) => assert.ok(!type.isError, `${query} at ${from}: ${text.slice(from)}`),
    });
  }
});

test("every metric is there, and every one that is there is shown", async () => {
  const server = await startWorkerd();
  try {
    const authorization = `Bearer ${ADMIN_TOKEN}`;
    const { text } = await new Waypost(server).fetch("/metrics", { headers: { authorization } });
    const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => (type === "counter" ? `${name}_total` : type === "histogram" ? `${name}_bucket` : name));
    const asked = new Set(queries.flatMap((query) => query.match(/waypost_\w+/g) ?? []));
    assert.deepEqual([...asked].sort(), families.sort());
  } finally {
    await server.stop();
  }
});

test("panels have a place and a name of their own", () => {
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const [place, { title, gridPos: { x, y, w, h } }] of panels.entries()) {
    assert.ok(title && x + w <= 24, title);
    for (const other of panels.slice(place + 1)) {
      const { x: left, y: top, w: width, h: height } = other.gridPos;
      assert.ok(x + w <= left || left + width <= x || y + h <= top || top + height <= y, `${title} covers ${other.title}`);
    }
  }
});
