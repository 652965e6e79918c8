// Python programs of these tests. What they have to say they write to file descriptor 3, a line of
// JSON each.

import { join } from "node:path";
import { Child } from "./child.js";
import { HERE, PYTHON } from "./tools.js";
import { until } from "./wait.js";

/** Why tests that need Python are skipped; on CI they never are. */
export const skipPython = PYTHON || process.env.CI ? false : "WAYPOST_PYTHON is not set";

export class Python {
  /** @type {any[]} what it said, parsed */
  said = [];
  #rest = "";
  #child;

  /**
   * @param {string} script a file of the folder `python`
   * @param {string[]} args
   */
  constructor(script, args) {
    this.#child = new Child(PYTHON ?? "python3", [join(HERE, "python", script), ...args], {
      env: { PYTHONDONTWRITEBYTECODE: "1" },
      control: (text) => this.#hear(text),
    });
  }

  #hear(/** @type {string} */ text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = /** @type {string} */ (lines.pop());
    this.said.push(...lines.map((line) => JSON.parse(line)));
  }

  /**
   * Waits until it said what was to be said; what it printed is shown where it never does.
   *
   * @template T
   * @param {() => T} condition
   * @param {{what: string, within?: number}} options
   */
  async until(condition, options) {
    try {
      return await until(condition, { every: 5, ...options, unless: () => this.#child.exited && !condition() });
    } catch (error) {
      throw new Error(`${/** @type {Error} */ (error).message}\n${this.#child.log}`);
    }
  }

  stop() {
    return this.#child.kill();
  }
}
