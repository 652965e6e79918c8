// The pictures of docs/screenshots, taken anew where WAYPOST_SCREENSHOTS is set. What stands in them happened, but for
// the last hour's curves: nobody waits an hour for a picture.

import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Busy } from "./lib/busy.js";
import { Operator, skipPage } from "./lib/operator.js";
import * as sign from "./lib/sign.js";
import { ROOT } from "./lib/tools.js";

const skip = skipPage || (!process.env.WAYPOST_SCREENSHOTS && "WAYPOST_SCREENSHOTS is not set");
const FOLDER = join(ROOT, "docs/screenshots");
/** A page with pictures is read over slow lines, too. */
const MOST_BYTES = 150_000;

const github = { provider: "github", secrets: ["GITHUB_WEBHOOK_SECRET"] };
const stripe = { provider: "stripe", secrets: ["STRIPE_SECRET"] };

/** @type {Busy} */
let busy;
before(async () => {
  if (skip) return;
  busy = await Busy.start({
    sources: { github, stripe, shopify: { provider: "shopify", secrets: ["SHOPIFY_SECRET"] }, paddle: { provider: "paddle", secrets: ["PADDLE_WEBHOOK_SECRET"] } },
    feeds: { default: { tokens: ["POLL_TOKEN"] } },
  });
  await busy.misfortunes();
});
after(() => busy?.stop());

/** Spreads what came over the hour. @param {Operator} operator */
const curves = (operator) => operator.context.route("**/overview", async (route) => {
  const overview = await (await route.fetch()).json();
  const hour = Array.from({ length: 60 }, (_, at) => overview.minute - at);
  const wave = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ phase) =>
    Math.max(0, Math.round(size * (1 + Math.sin(at / 7 + phase)) + ((at * 7919) % 5)));
  for (const feed of overview.feeds) {
    feed.sources = [["github", 0, 4], ["shopify", 0, 31], ["stripe", 38, 780]].map(([source, failing, heard_seconds]) => ({ source, failing, heard_seconds }));
    feed.tallies = hour.flatMap((minute, at) => [
      ["webhook", "github", "stored", minute, wave(at, 9, 0), 0], ["webhook", "shopify", "stored", minute, wave(at, 4, 2), 0],
      ["webhook", "stripe", "stored", minute, at > 12 ? wave(at, 5, 4) : 0, 0], ["webhook", "stripe", "bad_signature", minute, at <= 12 ? 2 + ((at * 7) % 3) : 0, 0],
    ]);
  }
  await route.fulfill({ json: overview });
});

const BODY = `{"ref":"refs/heads/main","size":2,"forced":false,"pusher":{"name":"ada"},"ratio":1.0e2,"commits":[
  {"id":"9f2c","message":"Bytes stay bytes"},{"id":"c41d","message":"Numbers stay text","exact":12345678901234567890}]}`;

test("the pictures", { skip }, async (t) => {
  mkdirSync(FOLDER, { recursive: true });
  const event = await busy.send(await sign.github(BODY, { type: "push" }));
  for (const [name, hash, scheme, width, height] of /** @type {[string, string, "light" | "dark", number, number][]} */ ([
    ["overview", "#/", "light", 1120, 900], ["event", `#/feeds/default/events/${event.id}`, "dark", 1120, 900], ["phone", "#/", "dark", 360, 740],
  ])) {
    await t.test(name, async () => {
      const operator = await Operator.open(busy.server, { scheme, width, height });
      try {
        await operator.signIn();
        await curves(operator);
        await operator.page.reload();
        await operator.settled();
        await operator.go(hash);
        if (hash === "#/") await operator.page.locator(".spark canvas").first().waitFor();
        else await operator.page.getByText("delivered").first().waitFor();
        const path = join(FOLDER, `${name}.png`);
        await operator.page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
        await operator.page.screenshot({ path });
        assert.ok(statSync(path).size < MOST_BYTES, `${statSync(path).size}`);
      } finally {
        await operator.close();
      }
    });
  }
});
