// Waypost under `wrangler dev`: the real configuration with the real local KV, queues and SQLite
// Durable Objects. Slower to start than workerd.js, and its queue does not survive a kill.

import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "./child.js";
import { project } from "./project.js";
import { removeFolder, temporaryFolder } from "./temp.js";
import { BUILD, WRANGLER } from "./tools.js";
import { freePort, until } from "./wait.js";

/**
 * @param {{build?: string, protocol?: "http" | "https"} & import("./project.js").Overrides} [options]
 *   `https` with a certificate that wrangler makes for itself
 * @returns {Promise<Wrangler>}
 */
export async function startWrangler({ build = BUILD, protocol = "http", ...overrides } = {}) {
  const folder = temporaryFolder("wrangler");
  const { config, secrets } = project(overrides);
  cpSync(build, join(folder, "build"), { recursive: true });
  writeFileSync(join(folder, "wrangler.json"), JSON.stringify({ ...config, main: "build/index.js" }));
  const lines = Object.entries(secrets).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  writeFileSync(join(folder, ".dev.vars"), lines.join(""));

  const server = new Wrangler(folder, await freePort(), protocol);
  await server.start();
  return server;
}

export class Wrangler {
  /** @type {Child | undefined} */
  #child;

  /**
   * @param {string} folder
   * @param {number} port
   * @param {"http" | "https"} protocol
   */
  constructor(folder, port, protocol) {
    this.folder = folder;
    this.port = port;
    this.protocol = protocol;
  }

  get url() {
    return `${this.protocol}://127.0.0.1:${this.port}`;
  }

  get log() {
    return this.#child?.log ?? "";
  }

  async start() {
    const child = new Child(
      process.execPath,
      [
        WRANGLER, "dev", "--config", "wrangler.json",
        "--ip", "127.0.0.1", "--port", String(this.port), "--local-protocol", this.protocol, "--inspector-port", "0",
        "--persist-to", "state", "--show-interactive-dev-session", "false",
      ],
      {
        cwd: this.folder,
        env: {
          CI: "1",
          NO_COLOR: "1",
          // Nothing is sent, fetched or shared with another wrangler of this user.
          WRANGLER_SEND_METRICS: "false",
          WRANGLER_SEND_ERROR_REPORTS: "false",
          CLOUDFLARE_CF_FETCH_ENABLED: "false",
          WRANGLER_REGISTRY_PATH: join(this.folder, "registry"),
          WRANGLER_LOG_PATH: join(this.folder, "logs"),
          XDG_CONFIG_HOME: join(this.folder, "config"),
        },
      },
    );
    this.#child = child;
    await until(
      async () => {
        const answer = await fetch(this.url, { signal: AbortSignal.timeout(5_000) });
        await answer.arrayBuffer();
        return true;
      },
      { what: "wrangler dev answers", within: 90_000, every: 50, unless: () => child.exited },
    ).catch(async (error) => {
      await this.stop();
      throw new Error(`wrangler dev did not start:\n${child.log}`, { cause: error });
    });
  }

  async stop() {
    await this.#child?.stop();
    removeFolder(this.folder);
  }
}
