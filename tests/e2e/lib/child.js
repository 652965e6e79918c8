// Child processes in process groups of their own, so that stopping one stops its whole tree
// (wrangler starts workerd and esbuild), also when a test fails or is interrupted.

import { spawn } from "node:child_process";
import { once } from "node:events";

/** @type {Set<Child>} */
const running = new Set();

process.on("exit", () => running.forEach((child) => child.signal("SIGKILL")));
for (const [signal, code] of /** @type {const} */ ([["SIGINT", 130], ["SIGTERM", 143]])) {
  process.on(signal, () => process.exit(code));
}

export class Child {
  /** @type {import("node:child_process").ChildProcess} */
  #process;
  #log = "";
  #gone;

  /**
   * @param {string} command
   * @param {string[]} args
   * @param {{cwd?: string, env?: NodeJS.ProcessEnv, control?: (text: string) => void}} [options]
   *   `control` gets what the child writes to file descriptor 3
   */
  constructor(command, args, { cwd, env, control } = {}) {
    this.#process = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe", control ? "pipe" : "ignore"],
    });
    running.add(this);
    const [, stdout, stderr, third] = this.#process.stdio;
    for (const stream of [stdout, stderr]) {
      stream?.on("data", (chunk) => (this.#log += chunk));
    }
    if (control) third?.on("data", (chunk) => control(String(chunk)));
    this.#process.on("error", (error) => (this.#log += `\n${error}\n`));
    this.#gone = once(this.#process, "close").catch(() => {}).finally(() => running.delete(this));
  }

  get pid() {
    return this.#process.pid;
  }

  get exited() {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** What it exited with; null while it runs, or where a signal ended it. */
  get code() {
    return this.#process.exitCode;
  }

  /** Everything it wrote so far, for the message of a failure. */
  get log() {
    return this.#log;
  }

  /** @param {NodeJS.Signals} name */
  signal(name) {
    try {
      if (this.pid) process.kill(-this.pid, name);
    } catch {
      // The group is gone already.
    }
  }

  /** Ends the whole tree and waits until it is gone. */
  async stop() {
    this.signal("SIGTERM");
    const stubborn = setTimeout(() => this.signal("SIGKILL"), 3_000);
    await this.#gone;
    clearTimeout(stubborn);
    this.signal("SIGKILL");
  }

  /** Ends the whole tree at once, as a crash would. */
  async kill() {
    this.signal("SIGKILL");
    await this.#gone;
  }
}
