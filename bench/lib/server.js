// One contestant in a workerd of its own, with KV and queue in the same process: no wrangler, no
// network but the load's.

import { cpSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { configFile, embed } from "../../tests/e2e/lib/capnp.js";
import { Child } from "../../tests/e2e/lib/child.js";
import { project } from "../../tests/e2e/lib/project.js";
import { BUILD, ROOT, workerdProgram } from "../../tests/e2e/lib/tools.js";
import { until } from "../../tests/e2e/lib/wait.js";
import { cpuSeconds, peakMemory } from "./cpu.js";
import { POLL_TOKEN, SECRETS, SOURCES } from "./requests.js";

const PEERS = fileURLToPath(new URL("../peers", import.meta.url));
const FEEDS = { default: { tokens: ["POLL_TOKEN"] }, small: { tokens: ["POLL_TOKEN"] }, large: { tokens: ["POLL_TOKEN"] } };
/** The peers write no log. */
const QUIET = { LOG: { level: "warn" } };
const STUBS = fileURLToPath(new URL("./stubs", import.meta.url));
const MODULES = process.env.WAYPOST_NODE_MODULES ?? join(ROOT, "node_modules");

/** @typedef {{reads: number, writes: number, sends: number, bytes: number}} Counters */

export class Server {
  #ports = { worker: 0, control: 0, feeder: 0 };

  /**
   * @param {string} folder
   * @param {import("../contestants.js").Contestant} contestant
   * @param {{inside?: boolean}} [options] `inside`: with stubs/inside.js around it
   */
  static async start(folder, contestant, { inside = false } = {}) {
    const server = new Server();
    mkdirSync(folder, { recursive: true });
    const { peer, build = peer ? join(PEERS, peer, "build") : BUILD } = contestant;
    await (peer?.endsWith(".js") ? bundle(peer, folder) : cpSync(build, folder, { recursive: true }));
    mkdirSync(join(folder, "objects"), { recursive: true });
    cpSync(STUBS, folder, { recursive: true });
    if (inside) {
      renameSync(join(folder, "index.js"), join(folder, "inner.js"));
      renameSync(join(folder, "inside.js"), join(folder, "index.js"));
    }
    server.file = join(folder, "workerd.capnp");
    writeFileSync(server.file, configFile(config(contestant, folder)));
    await server.serve();
    return server;
  }

  /** Starts the process, also after it was stopped: with what its objects have kept. */
  async serve() {
    this.#ports = { worker: 0, control: 0, feeder: 0 };
    let said = "";
    const names = Object.keys(this.#ports);
    const addresses = names.map((name) => `--socket-addr=${name}=127.0.0.1:0`);
    const inspector = process.env.BENCH_INSPECTOR ? [`--inspector-addr=${process.env.BENCH_INSPECTOR}`] : [];
    const child = new Child(
      workerdProgram(),
      ["serve", "--experimental", "--control-fd=3", ...inspector, ...addresses, this.file],
      { control: (text) => (said += text) },
    );
    this.child = child;
    await until(() => {
      if (child.exited) throw new Error(child.log);
      for (const line of said.split("\n").slice(0, -1)) {
        const { event, socket, port } = JSON.parse(line);
        if (event === "listen") this.#ports[socket] = port;
      }
      return names.every((name) => this.#ports[name]);
    }, { what: `workerd listens: ${child.log}`, within: 30_000 });
  }

  get port() {
    return this.#ports.worker;
  }

  /** Where batches go that the queue delivers. */
  get feeder() {
    return this.#ports.feeder;
  }

  get pid() {
    return /** @type {number} */ (this.child.pid);
  }

  /** Processor time used so far, in seconds. */
  get cpu() {
    return cpuSeconds(this.pid);
  }

  get peakMemory() {
    return peakMemory(this.pid);
  }

  /**
   * Says what KV answers from now on, and reads what has been counted.
   *
   * @param {boolean} known whether KV knows every key
   * @returns {Promise<Counters>}
   */
  async control(known) {
    const answer = await fetch(`http://127.0.0.1:${this.#ports.control}/`, {
      headers: { "x-known": String(known) },
      signal: AbortSignal.timeout(5_000),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}\n${this.child.log}`);
    return /** @type {any} */ (answer.json());
  }

  /** The last message that the queue was sent. */
  async lastMessage() {
    const answer = await fetch(`http://127.0.0.1:${this.#ports.control}/last`, { signal: AbortSignal.timeout(5_000) });
    return Buffer.from(await answer.arrayBuffer());
  }

  async stop() {
    await this.child.kill();
  }
}

/** A peer as its users would deploy it: bundled and minified, as wrangler does with `--minify`. */
async function bundle(peer, folder) {
  const esbuild = createRequire(join(MODULES, "anything.js"))("esbuild");
  await esbuild.build({
    entryPoints: [join(PEERS, peer)],
    outfile: join(folder, "index.js"),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "warning",
  });
}

function config(contestant, folder) {
  const { config } = project({ sources: SOURCES, feeds: FEEDS, vars: { ...QUIET, ...contestant.vars } });
  const compatibility = {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags ?? [],
  };
  const classes = config.durable_objects?.bindings.filter((object) => hasClass(contestant, object)) ?? [];
  const worker = {
    modules: [
      ...["index.js", "inner.js"].filter((name) => existsSync(join(folder, name))).map((name) => ({ name, esModule: embed(name) })),
      ...(existsSync(join(folder, "index_bg.wasm")) ? [{ name: "index_bg.wasm", wasm: embed("index_bg.wasm") }] : []),
    ],
    ...compatibility,
    bindings: [
      ...Object.entries({ ...SECRETS, POLL_TOKEN }).map(([name, text]) => ({ name, text })),
      { name: "KV", kvNamespace: { name: "kv" } },
      { name: "QUEUE", queue: { name: "queue" } },
      ...Object.entries(contestant.peer ? {} : config.vars).map(([name, value]) =>
        typeof value === "string" ? { name, text: value } : { name, json: JSON.stringify(value) }),
      ...classes.map(({ name, class_name }) => ({ name, durableObjectNamespace: { className: class_name } })),
    ],
    durableObjectNamespaces: classes.map(({ class_name }) => ({
      className: class_name, uniqueKey: class_name, enableSql: true,
    })),
    durableObjectStorage: { localDisk: "objects" },
  };
  const js = (file, bindings = [], flags = []) => ({
    worker: {
      modules: [{ name: file, esModule: embed(file) }],
      compatibilityDate: compatibility.compatibilityDate,
      compatibilityFlags: flags,
      bindings,
    },
  });
  return {
    services: [
      { name: "worker", worker },
      { name: "objects", disk: { path: join(folder, "objects"), writable: true } },
      { name: "kv", ...js("kv.js") },
      { name: "queue", ...js("queue.js") },
      { name: "control", ...js("control.js", [{ name: "KV", service: "kv" }, { name: "QUEUE", service: "queue" }]) },
      { name: "feeder", ...js("feeder.js", [{ name: "TARGET", service: "worker" }], ["service_binding_extra_handlers"]) },
    ],
    sockets: ["worker", "control", "feeder"].map((name) => ({ name, service: name, http: {} })),
  };
}

/** Waypost has all of its classes, a peer those that it says. */
function hasClass({ peer, classes = [] }, { class_name }) {
  return !peer || classes.includes(class_name);
}
