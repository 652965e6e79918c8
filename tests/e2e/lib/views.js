// Every view of the page, with what it takes to see all of it.

import { until } from "./wait.js";

/**
 * @typedef {object} View
 * @property {string} name
 * @property {string} hash
 * @property {(operator: import("./operator.js").Operator) => Promise<void>} [open] shows what is folded up
 */

/** Presses each button of this name that there is. @param {import("./operator.js").Operator} operator @param {RegExp} name */
async function press(operator, name) {
  const buttons = operator.page.getByRole("button", { name });
  for (let left = await buttons.count(); left > 0; left -= 1) await buttons.first().click();
  await operator.settled();
}

/** Everything that is folded up. @param {import("./operator.js").Operator} operator */
const unfold = (operator) => operator.page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));

/**
 * @param {{feed?: string, events: string[], subscriptions: string[]}} what ids of what there is
 * @returns {View[]}
 */
export function views({ feed = "default", events, subscriptions }) {
  const of = (/** @type {string} */ path) => `#/feeds/${feed}/${path}`;
  return [
    { name: "overview", hash: "#/", open: ({ page }) => page.locator(".spark canvas").first().waitFor() },
    { name: "events", hash: of("events"), open: ({ page }) => page.locator(".rows a").first().waitFor() },
    ...events.map((id) => ({
      name: `event ${id}`, hash: of(`events/${id}`),
      open: async (/** @type {import("./operator.js").Operator} */ operator) => {
        await until(async () => (await operator.page.locator("pre.body").count()) >= 1, { what: "the command line is there" });
        await unfold(operator);
      },
    })),
    { name: "dead letters", hash: of("dead-letters") },
    { name: "subscriptions", hash: of("subscriptions") },
    ...subscriptions.map((id) => ({
      name: `subscription ${id}`, hash: of(`subscriptions/${id}`),
      open: async (/** @type {import("./operator.js").Operator} */ operator) => {
        await press(operator, /^Attempts at/);
        await unfold(operator);
      },
    })),
    { name: "consumers", hash: of("consumers"), open: (operator) => press(operator, /^Seek /) },
    { name: "try", hash: "#/try", open: ({ page }) => page.locator(".provider").first().waitFor() },
    { name: "try a provider", hash: "#/try/github" },
  ];
}
