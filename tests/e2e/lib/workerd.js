// Waypost on raw workerd, without wrangler: it starts in a fraction of a second, survives being
// killed with its storage intact, and takes KV and queues from wherever the test wants.
//
// Two variants:
//   startWorkerd()            KV and queue are workers inside the same workerd (for benches)
//   startWorkerd({ broker })  KV and queue are a Broker of this process (for faults and kills)

import { mkdirSync } from "node:fs";
import { Child } from "./child.js";
import { project } from "./project.js";
import { removeFolder, temporaryFolder } from "./temp.js";
import { BUILD, workerdProgram } from "./tools.js";
import { until } from "./wait.js";
import { writeConfig } from "./workerd_config.js";

/**
 * @typedef {object} Options
 * @property {import("./broker.js").Broker} [broker]
 * @property {boolean} [deliver] whether the inside queue delivers (default) or only counts
 * @property {import("./edge_cache.js").EdgeCache} [cache] the edge cache; without it nothing is kept
 * @property {string} [build] the folder of the worker's modules
 * @property {string} [state] a folder to keep; otherwise a temporary one, removed by `stop()`
 * @property {number} [port]
 * @property {import("./outside.js").Outside} [outside] where the Worker's own requests go; closed with the server
 * @property {boolean} [clocked] whether its clock can be set
 * @property {string[]} [flags] further ones of `workerd serve`
 */

/**
 * @param {Options & import("./project.js").Overrides} [options]
 * @returns {Promise<Workerd>}
 */
export async function startWorkerd(options = {}) {
  const { broker, deliver, cache, build = BUILD, state, port = 0, outside, clocked, flags, ...overrides } = options;
  const folder = state ?? temporaryFolder("workerd");
  mkdirSync(folder, { recursive: true });
  const { config, secrets } = project(overrides);
  await broker?.serve(config);
  const addresses = { broker: broker?.address, cache: cache?.address, outside: outside?.address };
  const file = writeConfig({ build, config, secrets, folder, deliver, clocked, ...addresses });
  const server = new Workerd(file, broker, state ? undefined : folder, port, { outside, flags });
  await server.start();
  return server;
}

export class Workerd {
  /** @type {Child | undefined} */
  #child;
  #before = "";
  /** @type {Record<string, number>} the ports of the sockets */
  #ports;

  /**
   * @param {string} file
   * @param {import("./broker.js").Broker | undefined} broker
   * @param {string | undefined} folder removed when it stops
   * @param {number} port
   * @param {{outside?: import("./outside.js").Outside, flags?: string[]}} more
   */
  constructor(file, broker, folder, port, { outside, flags = [] }) {
    this.flags = flags;
    this.file = file;
    this.broker = broker;
    this.folder = folder;
    this.outside = outside;
    this.#ports = { waypost: port, [this.#second]: 0 };
  }

  get #second() {
    return this.broker ? "dispatcher" : "control";
  }

  get url() {
    return `http://127.0.0.1:${this.#ports.waypost}`;
  }

  get port() {
    return this.#ports.waypost;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** What it said, also before it was killed. */
  get log() {
    return this.#before + (this.#child?.log ?? "");
  }

  /** Starts the process; after a kill, on the ports it had before. */
  async start() {
    let said = "";
    const addresses = Object.entries(this.#ports)
      .map(([name, port]) => `--socket-addr=${name}=127.0.0.1:${port}`);
    const child = new Child(
      workerdProgram(),
      ["serve", "--experimental", "--verbose", "--control-fd=3", ...this.flags, ...addresses, this.file],
      { control: (text) => (said += text) },
    );
    this.#before = this.log;
    this.#child = child;
    await until(
      () => {
        for (const line of said.split("\n").slice(0, -1)) {
          const { event, socket, port } = JSON.parse(line);
          if (event === "listen") this.#ports[socket] = port;
        }
        return said.split('"listen"').length > addresses.length;
      },
      { what: "workerd listens", within: 30_000, unless: () => child.exited },
    ).catch(async (error) => {
      await this.stop();
      throw new Error(`workerd did not start:\n${child.log}`, { cause: error });
    });
    this.broker?.dispatchTo(`http://127.0.0.1:${this.#ports.dispatcher}`);
  }

  /** SIGKILL: nothing gets a chance to finish. */
  async kill() {
    await this.#child?.kill();
  }

  async restart() {
    await this.kill();
    await this.start();
  }

  /**
   * Sets the clock of a server that was started `clocked`; without a time, right again.
   *
   * @param {number} [now] in milliseconds since 1970
   */
  async setClock(now = Date.now()) {
    const shift = Math.round(now - Date.now());
    const answer = await fetch(`${this.url}/clock?shift=${shift}`, { signal: AbortSignal.timeout(5_000) });
    if (answer.status !== 204) throw new Error(`the clock: ${answer.status}`);
  }

  /**
   * What passed through an inside stand-in.
   *
   * @param {string} binding such as KV or QUEUE
   * @returns {Promise<Record<string, number>>}
   */
  async counters(binding) {
    const answer = await fetch(`http://127.0.0.1:${this.#ports.control}/${binding}`, {
      signal: AbortSignal.timeout(5_000),
    });
    return /** @type {any} */ (answer.json());
  }

  async stop() {
    await this.#child?.kill();
    await this.broker?.close();
    await this.outside?.close();
    if (this.folder) removeFolder(this.folder);
  }
}
