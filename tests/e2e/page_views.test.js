// Every view is accessible in both colours, fits a phone, and can be used with the keyboard alone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Busy } from "./lib/busy.js";
import { Operator, skipPage } from "./lib/operator.js";
import { views } from "./lib/views.js";

/** @type {Busy} */
let busy;
/** @type {import("./lib/views.js").View[]} */
let all;
before(async () => {
  if (skipPage) return;
  busy = await Busy.start();
  const { failing } = await busy.misfortunes();
  const { events } = await busy.waypost.read();
  all = views({ events: [events[0].id], subscriptions: [failing] });
});
after(() => busy?.stop());

describe("the views", { skip: skipPage }, () => {
  for (const [scheme, width] of /** @type {["light" | "dark", number][]} */ ([["light", 1280], ["dark", 1280], ["light", 360], ["dark", 360]])) {
    test(`are accessible and fit, ${scheme} at ${width} pixels`, async () => {
      const operator = await Operator.open(busy.server, { scheme, width, height: 740 });
      try {
        await operator.page.goto(`${busy.server.url}/`);
        await operator.settled();
        assert.deepEqual(await operator.violations(), [], "sign in");
        assert.equal(await operator.overflow(), 0, "sign in");
        await operator.signIn();
        for (const { name, hash, open } of all) {
          await operator.go(hash);
          await open?.(operator);
          assert.deepEqual(await operator.violations(), [], name);
          assert.equal(await operator.overflow(), 0, name);
        }
        const ground = await operator.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const [red] = /\d+/.exec(ground) ?? [];
        assert.ok(scheme === "dark" ? Number(red) < 60 : Number(red) > 200, ground);
        assert.deepEqual(await operator.alarms(), []);
      } finally {
        await operator.close();
      }
    });
  }

  test("move the focus to their heading, and name themselves", async () => {
    const operator = await Operator.open(busy.server);
    try {
      await operator.signIn();
      const { page } = operator;
      for (const { hash } of all) {
        await operator.go(hash);
        assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1", hash);
        const heading = await page.locator("h1").innerText();
        assert.ok((await page.title()).endsWith(" · Waypost") && heading.length > 2, hash);
        assert.equal(await page.locator("h1").count(), 1);
        assert.ok((await page.locator('nav [aria-current="page"]').count()) === 1, hash);
      }
      // From the top of the page to a view with the keyboard alone.
      await operator.go("#/");
      await page.reload();
      await operator.settled();
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the content");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
      assert.equal(await page.evaluate(() => location.hash), "#/");
      await page.locator("nav a", { hasText: "Consumers" }).focus();
      await page.keyboard.press("Enter");
      await operator.arrived("Consumers");
      // Every button and field has a mark that shows where the focus is.
      await operator.go("#/feeds/default/subscriptions");
      await page.keyboard.press("Tab");
      const outline = await page.evaluate(() => getComputedStyle(/** @type {Element} */ (document.activeElement)).outlineStyle);
      assert.notEqual(outline, "none");
    } finally {
      await operator.close();
    }
  });

  test("do not shift while they load", async () => {
    const operator = await Operator.open(busy.server, { width: 360, height: 740 });
    try {
      await operator.signIn();
      await operator.page.evaluate(() => {
        globalThis.shifts = 0;
        new PerformanceObserver((list) => {
          for (const entry of /** @type {any[]} */ (list.getEntries())) if (!entry.hadRecentInput) globalThis.shifts += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
      });
      await operator.page.locator(".spark canvas").first().waitFor();
      // Two frames later everything that moves has moved.
      await operator.page.evaluate(() => new Promise((over) => requestAnimationFrame(() => requestAnimationFrame(over))));
      const shifts = await operator.page.evaluate(() => globalThis.shifts);
      assert.ok(shifts < 0.1, `${shifts}`);
    } finally {
      await operator.close();
    }
  });
});
