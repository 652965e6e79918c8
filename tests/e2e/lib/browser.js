// A real browser without a window, by the DevTools protocol.

import { Child } from "./child.js";
import { debian } from "./debian.js";
import { removeFolder, temporaryFolder } from "./temp.js";
import { until } from "./wait.js";

const { paths, skip } = debian({ "chromium-headless-shell": "chromium-headless-shell" });

/** Why tests that need a browser are skipped. */
export const skipBrowser = skip;

export class Browser {
  #folder = temporaryFolder("browser");
  /** @type {Child} */
  #child;
  /** @type {WebSocket | undefined} */
  #socket;
  #asked = 0;
  /** @type {Map<number, (message: any) => void>} */
  #waiting = new Map();

  constructor() {
    this.#child = new Child(paths["chromium-headless-shell"], [
      "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0", `--user-data-dir=${this.#folder}`, "about:blank",
    ]);
  }

  /** Starts a browser with one page. @param {string} url */
  static async open(url) {
    const browser = new Browser();
    try {
      await browser.#connect(url);
    } catch (error) {
      await browser.close();
      throw new Error(`the browser did not open ${url}:\n${browser.#child.log}`, { cause: error });
    }
    return browser;
  }

  async #connect(/** @type {string} */ url) {
    const child = this.#child;
    const [, address] = await until(() => /DevTools listening on (ws:\S+)/.exec(child.log), { within: 30_000, unless: () => child.exited });
    const { origin } = new URL(address.replace("ws:", "http:"));
    const answer = await fetch(`${origin}/json/new?${encodeURIComponent(url)}`, { method: "PUT", signal: AbortSignal.timeout(10_000) });
    const { webSocketDebuggerUrl } = /** @type {any} */ (await answer.json());
    const socket = (this.#socket = new WebSocket(webSocketDebuggerUrl));
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      this.#waiting.get(message.id)?.(message);
      this.#waiting.delete(message.id);
    });
    await new Promise((open, failed) => {
      socket.addEventListener("open", open);
      socket.addEventListener("error", failed);
    });
    // Before that there is another page, whose globals go with it.
    await until(() => this.evaluate(`location.href === ${JSON.stringify(url)} && document.readyState === "complete"`));
  }

  /** The value of an expression in the page; promises are awaited. @param {string} expression @returns {Promise<any>} */
  async evaluate(expression) {
    const id = (this.#asked += 1);
    const params = { expression, awaitPromise: true, returnByValue: true };
    const answered = new Promise((answer, late) => {
      this.#waiting.set(id, answer);
      setTimeout(late, 20_000, new Error(`no answer to ${expression}`)).unref();
    });
    this.#socket?.send(JSON.stringify({ id, method: "Runtime.evaluate", params }));
    const { result, error } = await answered;
    if (error || result.exceptionDetails) throw new Error(JSON.stringify(error ?? result.exceptionDetails));
    return result.result.value;
  }

  async close() {
    this.#socket?.close();
    await this.#child.kill();
    removeFolder(this.#folder);
  }
}
