// How soon a webhook is at the backend behind the agent, and what an idle agent costs.
//
//   node bench/agent.js [COUNT] [IDLE_SECONDS]
//
// WAYPOST_CLI is the agent, as it is shipped. With WAYPOST_SMEE, a folder in which `server` is a clone of
// probot/smee.io with its modules and smee-client is installed, smee does the same job in the same run,
// webhook by webhook in turn.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Agent } from "../tests/e2e/lib/agent.js";
import { Backend } from "../tests/e2e/lib/backend.js";
import { fresh } from "../tests/e2e/lib/bodies.js";
import { Child } from "../tests/e2e/lib/child.js";
import { FEEDS, SOURCES } from "../tests/e2e/lib/fixtures.js";
import * as sign from "../tests/e2e/lib/sign.js";
import { silence } from "../tests/e2e/lib/silence.js";
import { accepts, freePort, until } from "../tests/e2e/lib/wait.js";
import { Waypost } from "../tests/e2e/lib/waypost.js";
import { startWorkerd } from "../tests/e2e/lib/workerd.js";
import { cpuSeconds, peakMemory } from "./lib/cpu.js";

const COUNT = Number(process.argv[2] ?? 400);
const IDLE = Number(process.argv[3] ?? 60);
const WARM_UP = 20;

/** @typedef {{name: string, post: (webhook: import("../tests/e2e/lib/waypost.js").Webhook) => Promise<unknown>, backend: Backend}} Contestant */

const server = await startWorkerd({ sources: SOURCES, feeds: FEEDS });
const waypost = new Waypost(server);
const backend = await Backend.start();
const agent = new Agent(server, ["--to", backend.url]);
await agent.says("listening");

/** @type {Contestant[]} */
const contestants = [{ name: "waypost", backend, post: (webhook) => waypost.post(webhook) }];
/** @type {Child[]} */
const others = [];
if (process.env.WAYPOST_SMEE) contestants.push(await smee(process.env.WAYPOST_SMEE));

async function smee(/** @type {string} */ folder) {
  const [port, backend] = [await freePort(), await Backend.start()];
  const server = new Child(process.execPath, ["index.js"], { cwd: join(folder, "server"), env: { PORT: String(port) } });
  others.push(server);
  await until(() => accepts(port), { what: "smee's server listens" });
  const channel = `http://127.0.0.1:${port}/of-the-bench`;
  const client = new Child(process.execPath, [join(folder, "node_modules/smee-client/bin/smee.js"), "--url", channel, "--target", backend.url]);
  others.push(client);
  await until(() => /connected/i.test(client.log), { what: "smee-client is connected" });
  const post = (/** @type {import("../tests/e2e/lib/waypost.js").Webhook} */ { body, headers }) =>
    fetch(channel, { method: "POST", body, headers, signal: AbortSignal.timeout(30_000) }).then((answer) => answer.arrayBuffer());
  return { name: "smee", backend, post };
}

/** Milliseconds from the post to the local post. @param {Contestant} contestant */
async function delay({ post, backend }) {
  const webhook = await sign.github(fresh());
  const arrived = new Promise((arrived) => (backend.answer = () => (arrived(performance.now()), 200)));
  const sent = performance.now();
  const posted = post(webhook);
  const took = (await arrived) - sent;
  await posted;
  return took;
}

/** @type {Record<string, number[]>} */
const delays = Object.fromEntries(contestants.map(({ name }) => [name, []]));
for (let at = 0; at < COUNT + WARM_UP; at += 1) {
  for (const contestant of contestants) {
    const took = await delay(contestant);
    if (at >= WARM_UP) delays[contestant.name].push(took);
    await pause(5);
  }
}

const at = (/** @type {number[]} */ values, /** @type {number} */ part) => values.toSorted((a, b) => a - b)[Math.floor(part * (values.length - 1))];
const figures = Object.entries(delays).map(([name, values]) => ({ name, p50: at(values, 0.5), p99: at(values, 0.99), count: values.length }));
console.table(figures.map(({ name, p50, p99, count }) => ({ name, "p50 ms": p50.toFixed(2), "p99 ms": p99.toFixed(2), count })));

// One of its own, over a line that is counted, with nothing in its feed.
const line = await silence(server.port);
const quiet = new Agent(line, ["--to", backend.url, "--consumer", "quiet", "--start", "latest"]);
await quiet.says("listening");
const pid = /** @type {number} */ (quiet.child.pid);
await pause(1_000);
const before = cpuSeconds(pid);
await pause(IDLE * 1_000);
const cpu = cpuSeconds(pid) - before;
const memory = peakMemory(pid);
quiet.child.signal("SIGTERM");
await quiet.ended();
const [{ claims }] = quiet.told("stopped");
await agent.stop();
const perHour = (claims / (IDLE + 1)) * 3600;
const idle = { seconds: IDLE, claims, perHour, connections: line.opened, cpuSeconds: cpu, cpuShare: cpu / IDLE, peakMemory: memory };
line.close();
console.log(`idle for ${IDLE} s: ${claims} requests over ${idle.connections} connections (${perHour.toFixed(0)} an hour)`);
console.log(`idle for ${IDLE} s: ${(cpu * 1000).toFixed(1)} ms of processor (${((cpu / IDLE) * 100).toFixed(4)} %), ${(memory / 2 ** 20).toFixed(1)} MiB at most`);

const results = join(import.meta.dirname, "results");
mkdirSync(results, { recursive: true });
writeFileSync(join(results, "agent.json"), JSON.stringify({ figures, idle }, undefined, 2));
for (const child of others) await child.kill();
for (const contestant of contestants) await contestant.backend.stop();
await server.stop();
