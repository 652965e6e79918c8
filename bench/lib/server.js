// One contestant in a workerd of its own, with KV and queue in the same process: no wrangler, no
// network but the load's.

import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { configFile, embed } from "../../tests/e2e/lib/capnp.js";
import { Child } from "../../tests/e2e/lib/child.js";
import { project } from "../../tests/e2e/lib/project.js";
import { BUILD, ROOT, workerdProgram } from "../../tests/e2e/lib/tools.js";
import { until } from "../../tests/e2e/lib/wait.js";
import { cpuSeconds, peakMemory } from "./cpu.js";
import { SECRETS, SOURCES } from "./requests.js";

const PEERS = fileURLToPath(new URL("../peers", import.meta.url));
const STUBS = fileURLToPath(new URL("./stubs", import.meta.url));
const MODULES = process.env.WAYPOST_NODE_MODULES ?? join(ROOT, "node_modules");

/** @typedef {{reads: number, writes: number, sends: number, bytes: number}} Counters */

export class Server {
  #ports = { worker: 0, control: 0 };

  /**
   * @param {string} folder
   * @param {import("../contestants.js").Contestant} contestant
   */
  static async start(folder, contestant) {
    const server = new Server();
    mkdirSync(folder, { recursive: true });
    const { peer, build = BUILD } = contestant;
    await (peer ? bundle(peer, folder) : cpSync(build, folder, { recursive: true }));
    cpSync(STUBS, folder, { recursive: true });
    const file = join(folder, "workerd.capnp");
    writeFileSync(file, configFile(config(contestant, folder)));
    await server.#serve(file);
    return server;
  }

  async #serve(file) {
    let said = "";
    const names = Object.keys(this.#ports);
    const addresses = names.map((name) => `--socket-addr=${name}=127.0.0.1:0`);
    const inspector = process.env.BENCH_INSPECTOR ? [`--inspector-addr=${process.env.BENCH_INSPECTOR}`] : [];
    const child = new Child(
      workerdProgram(),
      ["serve", "--experimental", "--control-fd=3", ...inspector, ...addresses, file],
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
    const answer = await fetch(`http://127.0.0.1:${this.#ports.control}/`, { headers: { "x-known": String(known) } });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}\n${this.child.log}`);
    return /** @type {any} */ (answer.json());
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

function config({ peer }, folder) {
  const { config } = project({ sources: SOURCES, feeds: { default: { tokens: [] } } });
  const compatibility = {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags ?? [],
  };
  const bindings = [
    ...Object.entries(SECRETS).map(([name, text]) => ({ name, text })),
    { name: "KV", kvNamespace: { name: "kv" } },
    { name: "QUEUE", queue: { name: "queue" } },
  ];
  const objects = config.durable_objects?.bindings ?? [];
  const waypost = {
    modules: [{ name: "index.js", esModule: embed("index.js") }, { name: "index_bg.wasm", wasm: embed("index_bg.wasm") }],
    ...compatibility,
    bindings: [
      ...bindings,
      ...Object.entries(config.vars).map(([name, value]) =>
        typeof value === "string" ? { name, text: value } : { name, json: JSON.stringify(value) }),
      ...objects.map(({ name, class_name }) => ({ name, durableObjectNamespace: { className: class_name } })),
    ],
    durableObjectNamespaces: objects.map(({ class_name }) => ({
      className: class_name, uniqueKey: class_name, enableSql: true,
    })),
    durableObjectStorage: { localDisk: "objects" },
  };
  const js = (file, own = {}) => ({
    worker: { modules: [{ name: file, esModule: embed(file) }], ...compatibility, ...own },
  });
  return {
    services: [
      { name: "worker", ...(peer ? js("index.js", { bindings }) : { worker: waypost }) },
      { name: "objects", disk: { path: folder, writable: true } },
      { name: "kv", ...js("kv.js") },
      { name: "queue", ...js("queue.js") },
      { name: "control", ...js("control.js", {
        bindings: [{ name: "KV", service: "kv" }, { name: "QUEUE", service: "queue" }],
      }) },
    ],
    sockets: ["worker", "control"].map((name) => ({ name, service: name, http: {} })),
  };
}
