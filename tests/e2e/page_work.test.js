// What an operator does at the page, done: each test presses what he would press, and asks the Worker what came of it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { Busy } from "./lib/busy.js";
import { Operator, skipPage } from "./lib/operator.js";
import * as sign from "./lib/sign.js";
import { until } from "./lib/wait.js";

/** @type {Busy} */
let busy;
/** @type {Operator} */
let operator;
before(async () => {
  if (skipPage) return;
  busy = await Busy.start();
  operator = await Operator.open(busy.server);
  await operator.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await operator.signIn();
});
after(async () => {
  if (operator) assert.deepEqual(await operator.alarms(), [], "nothing strange has happened");
  await operator?.close();
  await busy?.stop();
});

const work = (/** @type {string} */ name, /** @type {() => Promise<void>} */ what) => test(name, { skip: skipPage }, what);
const push = async (/** @type {string} */ type = "push", /** @type {string} */ body = fresh()) => busy.send(await sign.github(body, { type }));
const clipboard = () => operator.page.evaluate(() => navigator.clipboard.readText());
/** Whatever stands in the dialog is done. @param {string} button */
const answer = (button) => operator.page.getByRole("dialog").getByRole("button", { name: button, exact: true }).click();

work("events show up as they come, and older ones on demand", async () => {
  const { page } = operator;
  const rows = page.locator(".rows > li");
  const sent = [];
  for (let n = 0; n < 3; n += 1) sent.push(await push(["push", "ping", "push"][n]));
  await operator.go("#/feeds/default/events");
  await until(async () => (await rows.count()) === 3);
  await page.getByText("live", { exact: true }).waitFor();
  // While the list is looked at.
  const came = await push("release");
  await page.getByRole("link", { name: new RegExp(came.webhook_id) }).waitFor();
  assert.match(await rows.first().innerText(), /release/);
  const hrefs = await rows.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.deepEqual(hrefs, [came, ...[...sent].reverse()].map(({ id }) => `#/feeds/default/events/${id}`), "newest first, each once");
  // Types of any name come, though an EventSource would have to know them.
  await push("error");
  await until(async () => (await rows.count()) === 5);

  // Stopped, nothing comes; going on, everything that was missed does.
  await operator.button("Stop the live list").click();
  const missed = await push("missed");
  await operator.button("Go on with the live list").click();
  await page.getByRole("link", { name: new RegExp(missed.webhook_id) }).waitFor();

  await page.getByLabel("Type").fill("push, ping");
  await operator.button("Filter").click();
  await page.waitForURL(/type=push/);
  await operator.settled();
  await until(async () => (await rows.count()) === 3);
  await push("hidden");
  const passes = await push("ping");
  await page.getByRole("link", { name: new RegExp(passes.webhook_id) }).waitFor();
  assert.equal(await rows.count(), 4, "what the filter hides does not come");
});

work("whoever was away for long begins anew, and is not told of everything one by one", async () => {
  const { page } = operator;
  const rows = page.locator(".rows > li");
  await page.reload();
  await operator.go("#/feeds/default/events");
  await page.getByText("live", { exact: true }).waitFor();
  const hide = (/** @type {boolean} */ hidden) => page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    // An hour that does not pass.
    const now = performance.now.bind(performance);
    if (!hidden) performance.now = () => now() + 3_600_000;
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await hide(true);
  const sent = [await push(), await push()];
  assert.ok(!(await rows.evaluateAll((all) => all.map((one) => one.textContent))).some((text) => text?.includes(sent[0].webhook_id)), "hidden it asks for nothing");
  const asked = page.waitForRequest(/\/overview$/);
  await hide(false);
  await asked;
  await page.getByRole("link", { name: new RegExp(sent[1].webhook_id) }).waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  const later = await push();
  await page.getByRole("link", { name: new RegExp(later.webhook_id) }).waitFor();
  assert.equal(await page.locator(".rows > li.fresh").count(), 1, "what was missed is there from the beginning");
  await page.reload();
});

work("older events come page by page, each once, also through a filter", async () => {
  const { page } = operator;
  const rows = page.locator(".rows > li");
  const posts = Array.from({ length: 100 }, async (_, n) => busy.waypost.post(await sign.github(fresh(), { type: n % 50 === 3 ? "rare" : "common" })));
  await Promise.all(posts);
  let all = /** @type {any[]} */ ([]);
  await until(async () => {
    all = (await busy.waypost.read({ limit: 500 })).events;
    return all.filter(({ type }) => type === "rare").length === 2 && all.filter(({ type }) => type === "common").length === 98;
  }, { what: "all are stored", every: 100 });
  const listed = () => rows.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")?.split("/").at(-1)));
  const begins = page.getByText("This is where the feed begins.");
  const whole = async () => {
    const more = operator.button("Older events");
    await until(async () => {
      if ((await more.count()) > 0) await more.click();
      return (await begins.count()) > 0;
    }, { what: "the feed's beginning" });
    return listed();
  };
  await operator.go("#/feeds/default/events");
  assert.equal(await rows.count(), 40);
  assert.deepEqual(await whole(), all.map(({ id }) => id).reverse());
  await operator.go("#/feeds/default/events?type=rare");
  assert.deepEqual(await whole(), all.filter(({ type }) => type === "rare").map(({ id }) => id).reverse());
});

work("an event is shown as it was signed, and copied as a command", async () => {
  const { page } = operator;
  const text = `{"n":1.0e2,"big":12345678901234567890,"u":"\\u00e4ö","it's":[1,{}],"fresh":${fresh()}}`;
  const event = await push("push", text);
  await operator.go(`#/feeds/default/events/${event.id}`);
  await page.getByText('"big": 12345678901234567890,').waitFor();
  const body = page.getByRole("group", { name: "Body", exact: true });
  assert.match(await body.innerText(), /^\{\n  "n": 1\.0e2,\n  "big": 12345678901234567890,\n  "u": "\\u00e4ö",\n  "it's": \[\n    1,\n    \{\}\n  \],/);
  await operator.button("as sent").click();
  assert.equal(await body.innerText(), text);
  await operator.button("hex").click();
  assert.match(await body.innerText(), /^000000 {2}7b 22 6e 22 3a 31/);
  assert.match(await operator.text(), /x-hub-signature-256/);

  // The command is the webhook once more, to wherever it is sent.
  await page.getByLabel("Send to").fill(busy.receiver.url("/copied"));
  await operator.button("Copy").last().click();
  const command = await clipboard();
  // Not waited for here: the receiver is in this process.
  const shell = spawn("sh", [], { timeout: 20_000, stdio: ["pipe", "ignore", "ignore"] });
  shell.stdin.end(command);
  const [copied] = await busy.receiver.received("/copied", 1);
  assert.equal(copied.body.toString(), text);
  assert.equal(copied.headers["x-hub-signature-256"], event.headers["x-hub-signature-256"]);

  // The exact bytes.
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).click();
  assert.equal(readFileSync(await (await download).path(), "utf8"), text);

  const binary = await busy.send({ ...(await sign.github("\x00\x01 no text")), source: "github" });
  await operator.go(`#/feeds/default/events/${binary.id}`);
  await page.getByText("000000  00 01 20 6e").waitFor();
});

work("a body of many megabytes is not loaded whole", async () => {
  const { page } = operator;
  const event = await busy.send(await sign.github(JSON.stringify({ fresh: fresh(), large: "x".repeat(3_000_000) })));
  await operator.go(`#/feeds/default/events/${event.id}`);
  await page.getByText(/The first 262.1 KB/).waitFor();
  assert.ok((await page.getByRole("group", { name: "Body", exact: true }).innerText()).length <= 262_144);
  assert.match(await page.getByRole("group", { name: "Command" }).innerText(), /WAYPOST_TOKEN.*\/body' \|/);
});

work("an event's deliveries are shown attempt by attempt, and replayed to one, some and all", async () => {
  const { page } = operator;
  const { subscriber, receiver } = busy;
  receiver.script("/flaky", [500, {}, "not now"]);
  const flaky = await busy.subscribe("/flaky");
  const plain = await busy.subscribe("/plain");
  const picky = await busy.subscribe("/picky", undefined, { events: ["invoice.*"] });
  const event = await push();
  await subscriber.settled(flaky.id, event.id);
  const late = await busy.subscribe("/late");

  await operator.go(`#/feeds/default/events/${event.id}`);
  const card = (/** @type {string} */ path) => page.locator(".stack > li", { hasText: receiver.url(path) });
  await card("/flaky").getByText("delivered").waitFor();
  assert.deepEqual((await card("/flaky").locator(".attempts code").allInnerTexts()), ["500", "200"]);
  await card("/late").getByText("older than the subscription").waitFor();
  await card("/picky").getByText("does not take its type").waitFor();
  assert.ok(await card("/picky").getByRole("checkbox").isDisabled());

  // One.
  await card("/plain").getByRole("button", { name: `Replay to ${receiver.url("/plain")}` }).click();
  await receiver.received("/plain", 2);
  assert.equal(receiver.count("/flaky"), 2);
  // Some, one of which was made after the event.
  await card("/flaky").getByRole("checkbox").check();
  await card("/late").getByRole("checkbox").check();
  await operator.button("Replay to the selected (2)").click();
  const [sent] = await receiver.received("/late", 1);
  await receiver.received("/flaky", 3);
  assert.equal(sent.headers["webhook-id"], event.id);
  assert.equal(receiver.count("/plain"), 2);
  await card("/late").getByText("delivered").waitFor();
  // All.
  await operator.button("Replay to all (3)").click();
  await Promise.all([receiver.received("/late", 2), receiver.received("/flaky", 4), receiver.received("/plain", 3)]);
  assert.equal(receiver.count("/picky"), 0);
  for (const { id } of [flaky, plain, picky, late]) await subscriber.good("DELETE", `/${id}`);
});

work("dead letters are chosen, and replayed with their results", async () => {
  const { page } = operator;
  const { receiver, subscriber } = busy;
  const { id } = await busy.subscribe("/dead", [400, {}, "never"]);
  const events = [];
  for (let n = 0; n < 3; n += 1) {
    events.push(await push("push"));
    await subscriber.settled(id, events[n].id);
  }
  await until(async () => (await subscriber.deadLetters()).length === 3, { what: "three dead letters", every: 50 });
  await operator.go("#/feeds/default/dead-letters");
  const letters = page.locator(".stack > li");
  assert.equal(await letters.count(), 3);
  assert.match(await letters.first().innerText(), /never/);
  assert.ok(await operator.button("Replay 0 dead letters").isDisabled());

  receiver.always("/dead", 200);
  await letters.first().getByRole("checkbox").check();
  await operator.button("Replay 1 dead letter").click();
  await letters.first().getByText("replayed").waitFor();
  await page.getByText("1 of 1").waitFor();
  await receiver.received("/dead", 4);

  // Somebody else has replayed another one meanwhile: what cannot be is said, and the others are replayed.
  const [gone] = await subscriber.deadLetters();
  const elsewhere = await busy.waypost.get(`/dead-letters/${gone.id}/replay`, { method: "POST" });
  assert.equal(elsewhere.status, 200, elsewhere.text);
  await receiver.received("/dead", 5);
  await page.getByLabel("Select all 2").check();
  await operator.button("Replay 2 dead letters").click();
  await page.getByText("2 of 2").waitFor();
  await letters.nth(1).getByText("not replayed").waitFor();
  await letters.nth(2).getByText(/^replayed/).waitFor();
  await receiver.received("/dead", 6);
  await until(async () => (await page.locator("#said").innerText()) === "1 dead letter replayed, 1 not.");
  await subscriber.good("DELETE", `/${id}`);
});

work("a subscription is made, tested, paused, rotated, replayed to and deleted", async () => {
  const { page } = operator;
  const { receiver, subscriber } = busy;
  await operator.go("#/feeds/default/subscriptions");
  await page.getByLabel("URL").fill("https://10.0.0.1/");
  await operator.button("Create").click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("URL").fill(receiver.url("/made"));
  await page.getByLabel("Events").fill("push, invoice.*");
  await page.getByLabel("Format").selectOption("raw");
  await page.getByLabel(/^In order/).check();
  await operator.button("Create").click();
  const dialog = page.getByRole("dialog");
  const secret = await dialog.locator("code").innerText();
  assert.match(secret, /^whsec_\S{20,}$/);
  await dialog.getByRole("button", { name: "Copy" }).click();
  assert.equal(await clipboard(), secret);
  await answer("Done");
  await until(async () => !(await page.content()).includes(secret), { what: "it is nowhere any more" });
  const [made] = (await subscriber.good("GET", "")).subscriptions;
  assert.deepEqual([made.url, made.events, made.format, made.ordered], [receiver.url("/made"), ["push", "invoice.*"], "raw", true]);

  await page.getByRole("link", { name: receiver.url("/made") }).click();
  await operator.arrived("Subscription");
  receiver.script("/made", [503, {}, "busy"]);
  await operator.button("Send a test").click();
  await page.locator(".result").getByText("failed").waitFor();
  assert.match(await page.locator(".result").innerText(), /503[\s\S]*busy/);
  await operator.button("Send a test").click();
  await page.locator(".result").getByText("delivered").waitFor();

  const id = made.subscription_id;
  await operator.button("Pause").click();
  await operator.button("Resume").waitFor();
  assert.equal((await subscriber.show(id)).status, "paused");
  await operator.button("Resume").click();
  await operator.button("Pause").waitFor();
  assert.equal((await subscriber.show(id)).status, "active");

  // Asked before it is done, and not done without.
  await operator.button("Rotate the secret").click();
  await answer("Cancel");
  assert.equal((await subscriber.show(id)).secrets.length, 1);
  await operator.button("Rotate the secret").click();
  await answer("Rotate");
  await dialog.getByText("The new secret").waitFor();
  const rotated = await dialog.locator("code").innerText();
  assert.notEqual(rotated, secret);
  await answer("Done");
  assert.equal((await subscriber.show(id)).secrets.length, 2);

  receiver.always("/made", [400, {}, "no"]);
  const event = await push();
  await subscriber.settled(id, event.id);
  receiver.always("/made");
  const attempts = operator.button(`Attempts at ${event.id}`);
  await attempts.click();
  await page.locator(".attempts").getByText("400").waitFor();
  await operator.button("Replay all that failed").click();
  await until(async () => (await subscriber.delivery(id, event.id)).status === "delivered");
  await page.locator(".stack > li").getByText("delivered").waitFor();
  await page.getByLabel("Show").selectOption("failed");
  await page.getByText("None.").waitFor();

  await operator.button("Delete").click();
  assert.equal(await page.evaluate(() => document.activeElement?.closest("dialog") !== null), true, "the focus is in the dialog");
  await page.keyboard.press("Escape");
  await until(() => page.evaluate(() => document.activeElement?.textContent === "Delete"), { what: "the focus is back" });
  await operator.button("Delete").click();
  await answer("Delete");
  await operator.arrived("Subscriptions");
  assert.deepEqual((await subscriber.good("GET", "")).subscriptions, []);
});

work("a consumer is told where to go on, and ended", async () => {
  const { page } = operator;
  const events = [await push(), await push(), await push()];
  const claim = () => busy.waypost.get("/consumers/billing/claim", { method: "POST", body: '{"max":1}' });
  assert.equal((await claim()).status, 200);
  const position = async () => (await busy.waypost.get("/consumers")).json.consumers[0]?.position;
  await operator.go("#/feeds/default/consumers");
  await page.getByRole("heading", { name: "billing" }).waitFor();
  const seek = async (/** @type {string} */ place, /** @type {string} */ where = "") => {
    await operator.button("Seek billing").click();
    await page.getByLabel("Go on from").selectOption(place);
    if (where) await page.locator("#f-where").fill(where);
    await operator.button("Seek").click();
  };
  await seek("latest");
  await until(async () => (await position()) === events[2].id);
  await seek("id", events[0].id);
  await until(async () => (await position()) === events[0].id);
  await seek("earliest");
  await until(async () => /_0{15}\d$/.test(await position()) && (await position()) < events[0].id);
  await seek("time", "2020-01-01T00:00:00");
  await operator.button("Seek billing").waitFor();
  await seek("id", "nonsense");
  await page.getByRole("alert").waitFor();
  await operator.button("Cancel").click();
  await operator.button("Delete billing").click();
  await answer("Delete");
  await page.getByText("Nobody shares this feed yet.").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1", "the focus is not lost with the button");
  assert.deepEqual((await busy.waypost.get("/consumers")).json.consumers, []);
});

work("a feed is chosen where there are several", async () => {
  const { page } = operator;
  const event = await busy.waypost.post({ ...(await sign.github(fresh(), { type: "order" })), source: "orders" });
  assert.equal(event.status, 200);
  await operator.go("#/feeds/default/events");
  await page.getByLabel("Feed").selectOption("orders");
  await page.waitForURL(/#\/feeds\/orders\/events/);
  await page.locator(".rows").getByText("order", { exact: true }).waitFor();
  assert.equal(await page.locator(".rows > li").count(), 1);
  await page.getByRole("link", { name: "Consumers" }).click();
  await operator.arrived("Consumers");
  assert.match(page.url(), /#\/feeds\/orders\/consumers/);
});

work("a provider's endpoint, secret and config are there to be copied, and a sample arrives", async () => {
  const { page } = operator;
  await operator.go("#/try");
  await page.getByRole("searchbox", { name: "Search" }).fill("shop");
  await page.getByRole("link", { name: /^shopify/ }).click();
  await operator.arrived("Try shopify");
  const text = await operator.text();
  assert.ok(text.includes(`${busy.server.url}/webhooks/receive/shopify`));
  assert.match(text, /wrangler secret put SHOPIFY_\w+/);
  assert.match(text, /\[vars\.SOURCES\.shopify\]/);
  await operator.button("Copy: Paste into wrangler.toml").click();
  assert.match(await clipboard(), /^\[vars\.SOURCES\.shopify\]\nprovider = "shopify"\nsecrets = \["SHOPIFY_\w+"\]/);

  await operator.go("#/try");
  for (const source of ["github", "stripe", "default", "acme", "orders"]) {
    await operator.button(`Send a signed sample to ${source}`).click();
    await page.locator(".cards > li", { has: page.getByRole("heading", { name: source, exact: true }) }).getByText("arrived").waitFor();
  }
  assert.ok(await operator.button("Send a signed sample to broken").isDisabled());
  await page.getByText("wrangler secret put NOT_THERE").waitFor();
  await page.getByRole("link", { name: "Look at the event" }).first().click();
  await operator.arrived("Event");
  await page.getByText("verified", { exact: true }).waitFor();
  assert.ok((await page.locator(".steps li").count()) >= 2);
});
