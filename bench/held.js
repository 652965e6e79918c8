// Held polls: what each takes of memory, and how soon one append answers them all.
//
//   node bench/run.js held [COUNT...]
//
// One feed on raw workerd. The polls are sockets of this process, which also is the queue; so the times have its
// own work in them, most of all at 10,000.

import { connect } from "node:net";
import { readFileSync } from "node:fs";
import { COUNTS, countingBuild } from "../tests/e2e/lib/counting.js";
import { Feeds } from "../tests/e2e/lib/feeds.js";
import { POLL_TOKEN } from "../tests/e2e/lib/fixtures.js";
import { freePort, until } from "../tests/e2e/lib/wait.js";
import { fresh } from "../tests/e2e/lib/bodies.js";

// workerd has two file descriptors for each connection.
const [, descriptors] = /Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8")) ?? [0, 1024];
const MOST = Math.floor(Number(descriptors) / 2) - 100;
const counts = process.argv.slice(3).map(Number);
const COUNTED = (counts.length ? counts : [1, 100, 1_000, 10_000]).map((count) => Math.min(count, MOST));
const AT_ONCE = 250;
const MB = 2 ** 20;

for (const count of COUNTED) await measure(count);

async function measure(/** @type {number} */ count) {
  const { heap, wasm, resident, each } = await remembered(count);
  const delays = await delayed(count);
  const at = (/** @type {number} */ part) => delays[Math.round(part * (delays.length - 1))].toFixed(1);
  const mb = (/** @type {number} */ bytes) => `${(bytes / MB).toFixed(1)} MB`;
  console.log(
    `${count} held: V8 ${mb(heap)} and wasm ${mb(wasm)}, ${(each / 1024).toFixed(2)} KB a poll, resident ${mb(resident)}; ` +
      `append to answer: first ${at(0)} ms, median ${at(0.5)} ms, last ${at(1)} ms`,
  );
}

/** What so many held polls take. With an inspector, under which workerd is slow to do anything else. */
async function remembered(/** @type {number} */ count) {
  const inspector = await freePort();
  const feeds = await start([`--inspector-addr=127.0.0.1:${inspector}`]);
  try {
    const before = await memory(feeds, inspector);
    const { sockets } = await hold(feeds, count);
    const holding = await memory(feeds, inspector);
    sockets.forEach((socket) => socket.resetAndDestroy());
    return { ...holding, each: (holding.heap + holding.wasm - before.heap - before.wasm) / count };
  } finally {
    await feeds.stop();
  }
}

/** How long after an append so many held polls have their answers, in order. */
async function delayed(/** @type {number} */ count) {
  const feeds = await start([]);
  try {
    // Once before, so that what is slow once has been.
    for (const some of [Math.min(count, 100), count]) {
      const { sockets, delays, answered } = await hold(feeds, some);
      feeds.broker.queue.hold();
      await feeds.reader().post(await feeds.webhook("default", fresh()));
      const released = performance.now();
      feeds.broker.queue.release();
      await answered;
      sockets.forEach((socket) => socket.destroy());
      if (some === count && delays.length === count) return delays.map((at) => at - released).sort((a, b) => a - b);
    }
    return [NaN];
  } finally {
    await feeds.stop();
  }
}

function start(/** @type {string[]} */ flags) {
  return Feeds.start({ default: { tokens: ["POLL_TOKEN"] } }, { build: countingBuild(), flags });
}

/** Holds so many polls, each a socket. */
async function hold(/** @type {Feeds} */ feeds, /** @type {number} */ count) {
  const since = await feeds.end("default");
  await counted(feeds);
  const head = `GET /events?since_id=${since}&wait=25 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${POLL_TOKEN}\r\n\r\n`;
  /** @type {number[]} */
  const delays = [];
  const sockets = [];
  let over = (/** @type {any} */ _) => {};
  const answered = new Promise((resolve) => (over = resolve));
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, () => connect({ port: feeds.server.port, host: "127.0.0.1" }));
    await Promise.all(some.map((socket) => new Promise((open, failed) => {
      socket.once("connect", open).once("error", failed);
      socket.once("data", () => delays.push(performance.now()) === count && over(undefined));
      socket.write(head);
    })));
    sockets.push(...some);
  }
  let held = 0;
  await until(async () => {
    const { objects } = await counted(feeds);
    for (const [question, times] of Object.entries(objects)) if (question.endsWith("wait=25")) held += times;
    return held >= count;
  }, { what: `${count} are held`, within: 20_000, every: 100 });
  return { sockets, delays, answered };
}

async function counted(/** @type {Feeds} */ feeds) {
  return (await feeds.reader().fetch(COUNTS)).json;
}

/** What is in use after a collection: V8's heap, the wasm's memory, and the pages of the process. */
async function memory(feeds, inspector) {
  const targets = /** @type {any[]} */ (await (await fetch(`http://127.0.0.1:${inspector}/json`)).json());
  const { webSocketDebuggerUrl } = targets.find(({ id, title }) => `${id} ${title}`.includes("waypost"));
  const socket = new WebSocket(webSocketDebuggerUrl);
  await new Promise((open, failed) => {
    socket.addEventListener("open", open);
    socket.addEventListener("error", failed);
  });
  let asked = 0;
  // The inspector is heard when the isolate has something to do.
  const poke = setInterval(() => counted(feeds), 20);
  const ask = (/** @type {string} */ method) => new Promise((answer) => {
    const id = (asked += 1);
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      if (message.id === id) answer(message.result);
    });
    socket.send(JSON.stringify({ id, method }));
  });
  await ask("HeapProfiler.enable");
  await ask("HeapProfiler.collectGarbage");
  const { usedSize } = await ask("Runtime.getHeapUsage");
  clearInterval(poke);
  socket.close();
  const { wasm } = await counted(feeds);
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${feeds.server.pid}/status`, "utf8"))?.[1]) * 1024;
  return { heap: usedSize, wasm, resident };
}
