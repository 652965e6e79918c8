// The command-line program as it is built, and its agent as a child process.

import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { Child } from "./child.js";
import { POLL_TOKEN } from "./fixtures.js";
import { ROOT } from "./tools.js";
import { until } from "./wait.js";

/** The program under test. */
export const CLI = resolve(process.env.WAYPOST_CLI ?? `${ROOT}/target/debug/waypost`);

/** What the program is told by its environment; nothing of the machine's own settings. */
const ENV = { WAYPOST_TOKEN: POLL_TOKEN, XDG_CONFIG_HOME: "/nonexistent", WAYPOST_SETTINGS: undefined };

/**
 * Runs the program to its end.
 *
 * @param {string[]} args
 * @param {{env?: NodeJS.ProcessEnv, input?: string | Buffer, cwd?: string}} [options]
 * @returns {Promise<{code: number | null, stdout: string, stderr: string, bytes: Buffer}>}
 */
export function cli(args, { env, input, cwd } = {}) {
  return new Promise((ended, failed) => {
    const child = spawn(CLI, args, { env: { ...process.env, ...ENV, ...env }, cwd, timeout: 60_000 });
    /** @type {Buffer[]} */
    const out = [];
    let stderr = "";
    child.stdout.on("data", (chunk) => out.push(chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.on("error", failed);
    child.on("close", (code) => {
      const bytes = Buffer.concat(out);
      ended({ code, stdout: bytes.toString(), stderr, bytes });
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
  });
}

export class Agent {
  /** @type {Child} */
  child;

  /**
   * @param {{url: string}} server
   * @param {string[]} args
   * @param {string[]} [before] the command that runs it, such as `ip netns exec NAME`
   */
  constructor(server, args, before = []) {
    this.command = [...before, CLI, "listen", "--from", server.url, "--output", "json", ...args];
    this.start();
  }

  start() {
    const [program, ...args] = this.command;
    this.child = new Child(program, args, { env: ENV });
  }

  /** What it said so far. @returns {any[]} */
  get said() {
    return this.child.log.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  }

  /** What of a kind it said. @param {string} what */
  told(what) {
    return this.said.filter((line) => line.what === what);
  }

  /** Until it says so. @param {string} what @param {number} [times] */
  says(what, times = 1) {
    return until(() => this.told(what).length >= times && this.told(what), {
      what: `the agent says ${what}`,
      within: 40_000,
      unless: () => this.child.exited && this.told(what).length < times,
    }).catch((error) => {
      throw new Error(`${error.message}\n${this.child.log}`);
    });
  }

  async kill() {
    await this.child.kill();
  }

  async restart() {
    await this.kill();
    this.start();
  }

  /** Until it has ended by itself. @returns {Promise<number | null>} */
  async ended() {
    await until(() => this.child.exited, { what: "the agent ends", within: 40_000 });
    return this.child.code;
  }

  async stop() {
    await this.child.stop();
  }
}
