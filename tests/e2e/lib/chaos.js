// Webhooks on their way through Waypost, an agent and a backend, of which one after the other is killed.

import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Agent } from "./agent.js";
import { fresh, jsonOfSize } from "./bodies.js";
import { Broker } from "./broker.js";
import { Child } from "./child.js";
import { Consumer } from "./consumer.js";
import { FEEDS, SOURCES } from "./fixtures.js";
import * as sign from "./sign.js";
import { temporaryFolder } from "./temp.js";
import { HERE } from "./tools.js";
import { accepts, freePort, until } from "./wait.js";
import { Waypost } from "./waypost.js";
import { startWorkerd } from "./workerd.js";

const PATIENCE = 120_000;
/** Short, so that what a killed agent held is soon another's. */
const LEASE_SECONDS = 5;
const SENDERS = 8;

/** Numbers of a seed (mulberry32). @param {number} seed */
function numbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A backend that can be killed. */
class BackendProcess {
  /** @type {Child | undefined} */
  #child;

  constructor(port, journal) {
    this.port = port;
    this.journal = journal;
  }

  async start() {
    this.#child = new Child(process.execPath, [join(HERE, "lib/backend_process.js"), String(this.port), this.journal]);
    await until(() => accepts(this.port), { what: "the backend listens" });
  }

  async kill() {
    await this.#child?.kill();
  }

  /** What it wrote down. @returns {{id: string, attempt: number, hash: string, at: number}[]} */
  get written() {
    // A kill may have cut the last line short.
    const whole = (/** @type {string} */ line) => line.endsWith("}");
    return readFileSync(this.journal, "utf8").split("\n").filter(whole).map((line) => JSON.parse(line));
  }
}

/**
 * One run.
 *
 * @param {{webhooks: number, seed: number}} options
 */
export async function chaos({ webhooks, seed }) {
  const random = numbers(seed);
  const broker = new Broker();
  const server = await startWorkerd({ broker, sources: SOURCES, feeds: FEEDS });
  const folder = temporaryFolder("chaos");
  const port = await freePort();
  const backend = new BackendProcess(port, join(folder, "journal"));
  await backend.start();
  const agent = new Agent(server, ["--consumer", "chaos", "--to", `http://127.0.0.1:${port}/`, "--lease", String(LEASE_SECONDS), "--max-attempts", "1000"]);
  const waypost = new Waypost(server);
  /** When, and of what. @type {{at: number, what: string}[]} */
  const kills = [];
  let over = false;

  const victims = {
    edge: async () => (await server.kill(), await pause(random() * 300), await server.start()),
    agent: async () => (await agent.kill(), await pause(random() * 300), agent.start()),
    backend: async () => (await backend.kill(), await pause(random() * 300), await backend.start()),
  };
  const killing = async () => {
    while (!over) {
      await pause(150 + random() * 700);
      if (over) return;
      const what = ["edge", "agent", "backend"][Math.floor(random() * 3)];
      kills.push({ at: Date.now(), what });
      await victims[what]();
    }
  };

  /** @type {string[]} */
  const sent = [];
  const sending = async () => {
    while (sent.length < webhooks) {
      const body = random() < 0.02 ? jsonOfSize(50_000 + Math.floor(random() * 200_000)) : fresh();
      sent.push(createHash("sha256").update(body).digest("hex"));
      const webhook = await sign.github(body);
      // A provider sends again until it is told that it need not.
      await until(async () => (await waypost.post(webhook)).status === 200, { what: "it is taken", within: PATIENCE, every: 50 });
    }
  };
  try {
    const killer = killing();
    await Promise.all(Array.from({ length: SENDERS }, sending));
    // Half of them are still on their way: so are the kills.
    await until(() => new Set(backend.written.map(({ id }) => id)).size >= webhooks * 0.9, { what: "most arrived", within: PATIENCE, every: 100 });
    over = true;
    await killer;
    await broker.queue.drained(PATIENCE);
    const consumer = new Consumer(waypost, "chaos");
    await until(async () => {
      const { lag, leases } = await consumer.shown();
      return lag === 0 && leases === 0;
    }, { what: "everything is acknowledged", within: PATIENCE, every: 100 });
    const dead = (await waypost.get("/dead-letters")).json.dead_letters.length;
    return { sent, written: backend.written, kills, dead };
  } finally {
    over = true;
    await agent.stop();
    await backend.kill();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
