// An operator at the page: a real browser on a Waypost under https, so that the session's cookie is a real one.

import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { debian } from "./debian.js";
import { ADMIN_TOKEN } from "./fixtures.js";
import { startWrangler } from "./wrangler.js";

const { paths, skip } = debian({ "chromium-headless-shell": "chromium-headless-shell" });

/** Why tests of the page are skipped. */
export const skipPage = skip;

/** Waypost under https. @param {import("./project.js").Overrides} overrides */
export function startPage(overrides) {
  // The certificate is wrangler's own, and this process asks nobody else.
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  return startWrangler({ protocol: "https", ...overrides });
}

/** What axe says of it is a failure. */
const GRAVE = new Set(["serious", "critical"]);

/** Runs in the page before anything else, and keeps whatever ran or was stopped that nobody wrote. */
function tripwire() {
  const tripped = (globalThis.tripped = /** @type {string[]} */ ([]));
  Object.defineProperty(globalThis, "__xss", { set: (value) => tripped.push(`ran: ${value}`) });
  for (const name of ["alert", "confirm", "prompt", "print", "open"]) globalThis[name] = () => tripped.push(name);
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
    tripped.push(`policy: ${violatedDirective} ${blockedURI} ${sample}`));
}

export class Operator {
  /** What no page of ours does: errors, requests to elsewhere, windows. @type {string[]} */
  strange = [];

  /**
   * @param {{url: string}} server
   * @param {{scheme?: "light" | "dark", width?: number, height?: number}} [options]
   */
  static async open(server, { scheme = "light", width = 1280, height = 900 } = {}) {
    const browser = await chromium.launch({ executablePath: paths["chromium-headless-shell"], args: ["--no-sandbox", "--disable-dev-shm-usage"] });
    const context = await browser.newContext({
      ignoreHTTPSErrors: true, colorScheme: scheme, viewport: { width, height }, reducedMotion: "reduce", serviceWorkers: "block",
    });
    context.setDefaultTimeout(20_000);
    await context.addInitScript(tripwire);
    return new Operator(server, browser, context, await context.newPage());
  }

  /**
   * @param {{url: string}} server
   * @param {import("playwright-core").Browser} browser
   * @param {import("playwright-core").BrowserContext} context
   * @param {import("playwright-core").Page} page
   */
  constructor(server, browser, context, page) {
    this.server = server;
    this.browser = browser;
    this.context = context;
    this.page = page;
    page.on("pageerror", (error) => this.strange.push(`error: ${error.stack}`));
    page.on("dialog", (dialog) => (this.strange.push(`dialog: ${dialog.message()}`), void dialog.dismiss()));
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== server.url && protocol !== "data:") this.strange.push(`request: ${request.url()}`);
    });
    context.on("page", (other) => other !== page && this.strange.push(`window: ${other.url()}`));
  }

  /** Opens the page and signs in. */
  async signIn(token = ADMIN_TOKEN) {
    await this.page.goto(`${this.server.url}/`);
    await this.page.getByLabel("Admin token").fill(token);
    await this.page.keyboard.press("Enter");
    await this.page.locator("#top").waitFor();
    await this.settled();
  }

  /** Goes to a view, and waits until it shows what it has. @param {string} hash */
  async go(hash) {
    await this.page.evaluate((to) => new Promise((over) => {
      // After the page's own listener, which takes the old view away.
      addEventListener("hashchange", () => over(undefined), { once: true });
      if (new URL(to, location.href).hash === location.hash) dispatchEvent(new HashChangeEvent("hashchange"));
      location.hash = to;
    }), hash);
    await this.settled();
  }

  /** Waits until a view is there that something else leads to. @param {string} title */
  async arrived(title) {
    await this.page.getByRole("heading", { name: title, level: 1 }).waitFor();
    await this.settled();
  }

  /** Waits until a view is there and loads nothing more. */
  async settled() {
    await this.page.waitForFunction(() => document.querySelector("main h1") && !document.querySelector('main [aria-busy="true"]'));
  }

  /** A button by its words. @param {string | RegExp} name */
  button(name) {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  /** The text that somebody sees. */
  text() {
    return this.page.locator("main").innerText();
  }

  /** What axe finds grave here. Its legacy mode opens no window of its own. */
  async violations() {
    const { violations } = await new AxeBuilder({ page: this.page }).setLegacyMode().analyze();
    return violations.filter(({ impact }) => GRAVE.has(String(impact))).map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }

  /** How many pixels stand out at the side. */
  overflow() {
    return this.page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));
  }

  /** Everything strange so far, in the page and around it. @returns {Promise<string[]>} */
  async alarms() {
    return [...this.strange, ...(await this.page.evaluate(() => globalThis.tripped))];
  }

  close() {
    return this.browser.close();
  }
}
