// The page by and large: who gets in and how, what a stranger's site cannot do, and leaving.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:https";
import { after, before, test } from "node:test";
import { Busy } from "./lib/busy.js";
import { certificate } from "./lib/certificate.js";
import { Consumer } from "./lib/consumer.js";
import { expectProblem } from "./lib/expect.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { Operator, skipPage } from "./lib/operator.js";
import { until } from "./lib/wait.js";

/** @type {Busy} */
let busy;
/** @type {Operator} */
let operator;
before(async () => {
  if (skipPage) return;
  const feed = { tokens: ["POLL_TOKEN"], alerts: { every_seconds: 1, failing_webhooks: 3, dead_letters: 1 } };
  busy = await Busy.start({ feeds: { default: feed, orders: { tokens: ["POLL_TOKEN"] } } });
  operator = await Operator.open(busy.server);
});
after(async () => {
  await operator?.close();
  await busy?.stop();
});

const cookies = () => operator.context.cookies();

test("a wrong token is refused in the words of the problem", { skip: skipPage }, async () => {
  const { page } = operator;
  await page.goto(`${busy.server.url}/`);
  await page.getByLabel("Admin token").fill("wrong");
  await page.keyboard.press("Enter");
  const alert = page.getByRole("alert");
  await alert.waitFor();
  const answer = await busy.waypost.fetch("/session", { method: "POST", headers: { origin: busy.server.url, "content-type": "application/json" }, body: '{"token":"wrong"}' });
  expectProblem(answer, 401, "unauthorised");
  assert.ok((await alert.innerText()).includes(answer.json.detail));
  assert.deepEqual(await cookies(), []);
  assert.equal(await page.getByLabel("Admin token").getAttribute("type"), "password");
  assert.ok(!(await page.locator("#top").isVisible()), "nothing else is shown");
  assert.deepEqual(await operator.violations(), []);
});

test("the right one begins a session that no script can read", { skip: skipPage }, async () => {
  await operator.signIn();
  const [cookie, ...others] = await cookies();
  assert.deepEqual(others, []);
  const { name, secure, httpOnly, sameSite, path, domain, expires, value } = cookie;
  assert.deepEqual({ name, secure, httpOnly, sameSite, path, domain },
    { name: "__Host-waypost", secure: true, httpOnly: true, sameSite: "Strict", path: "/", domain: "127.0.0.1" });
  assert.ok(Math.abs(expires - Date.now() / 1000 - 43_200) < 120, `${expires}`);
  assert.ok(!value.includes(ADMIN_TOKEN));
  const kept = await operator.page.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, location.href, document.body.innerHTML]));
  assert.ok(!kept.includes(ADMIN_TOKEN) && !kept.includes(value), "neither the token nor the cookie");
  assert.equal(await operator.page.evaluate(() => document.cookie), "");
  // It lasts over a reload.
  await operator.page.reload();
  await operator.page.locator("#top").waitFor();
});

test("the overview says what needs attention first", { skip: skipPage }, async () => {
  const { failing } = await busy.misfortunes();
  const worker = new Consumer(busy.waypost, "billing");
  await worker.finish((await worker.claim({ max: 1 })).events);
  await operator.page.reload();
  await operator.settled();
  const text = await operator.text();
  const places = ["Needs attention", "The source broken refuses everything", "Sources", "Feeds", "Consumers", "Subscriptions"]
    .map((words) => [words, text.search(words)]);
  assert.deepEqual([...places].sort(([, a], [, b]) => Number(a) - Number(b)), places);
  const attention = text.slice(0, text.search("Sources"));
  assert.ok(attention.includes("stripe") && /dead letters/i.test(attention), attention);
  assert.ok(places.every(([, at]) => Number(at) >= 0), `${JSON.stringify(places)}\n${text}`);
  assert.match(text, /github[\s\S]*3 in the last hour/);
  assert.match(text, /3 refused: bad signature/);
  assert.match(text, /billing/);
  assert.ok(text.includes(busy.receiver.url("/failing")));
  // Everything that is counted has a line of the last hour, which is said in words as well.
  for (const [name, words] of [["billing", "1 acknowledged in the last hour"], [busy.receiver.url("/good"), /^[3-9] in the last hour$/], ["github", "3 in the last hour"]]) {
    const card = operator.page.locator(".thing").filter({ has: operator.page.getByText(String(name), { exact: true }) });
    await card.getByText(words, { exact: true }).first().waitFor();
    await card.locator(".spark canvas").first().waitFor();
  }
  // Each concern leads to where something can be done.
  await operator.page.getByRole("link", { name: /dead letters .*in default/i }).click();
  await operator.arrived("Dead letters");
  await operator.page.getByText(failing).first().waitFor();
});

test("an alert that is on is said in words, with the moment since when", { skip: skipPage }, async () => {
  const { page } = operator;
  const alerts = async () => (await busy.overview()).feeds[0].alerts;
  await until(async () => (await alerts()).length === 2, { what: "two alerts are on", within: 60_000, every: 200 });
  await operator.go("#/");
  const concerns = page.locator(".concerns li");
  await concerns.filter({ hasText: /^No webhook of stripe passes verification.* for \d+ \w+$/ }).waitFor();
  await concerns.filter({ hasText: /^Dead letters are growing in default for/ }).waitFor();
  // Once, and not again by the numbers that it stands for.
  assert.equal(await concerns.filter({ hasText: "stripe" }).count(), 1);
  assert.equal(await concerns.filter({ hasText: /dead letters/i }).count(), 1);
  // What it told is an event like any, though nobody signed it.
  await concerns.getByRole("link", { name: /No webhook of stripe/ }).click();
  await operator.arrived("Events");
  await operator.go("#/feeds/default/events?source=waypost");
  await page.locator(".rows a").first().click();
  await operator.arrived("Event");
  await page.getByText(/"status": "firing"/).waitFor();
});

test("it refreshes by itself, and not while nobody looks", { skip: skipPage }, async () => {
  const { page } = operator;
  await page.clock.install();
  await operator.go("#/");
  let asked = 0;
  page.on("request", (request) => (asked += Number(request.url().endsWith("/overview"))));
  for (const times of [1, 2]) {
    await until(async () => {
      await page.clock.runFor(11_000);
      return asked >= times;
    }, { what: "it has asked anew" });
  }
  const hide = (/** @type {boolean} */ hidden) => page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await hide(true);
  const before = asked;
  await page.clock.runFor(60_000);
  assert.equal(asked, before, "hidden it asks for nothing");
  const answered = page.waitForResponse((response) => response.url().endsWith("/overview"));
  await hide(false);
  await answered;
  await page.clock.resume();
});

test("a page of another origin can do nothing with the session", { skip: skipPage }, async () => {
  // The same site on another port: the browser sends the cookie along, so only the check of the origin is left.
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = privateKey.export({ type: "pkcs8", format: "pem" });
  const target = `${busy.server.url}/webhooks/subscribe`;
  const body = JSON.stringify({ url: busy.receiver.url("/stolen") });
  const form = `<!doctype html><title>elsewhere</title><form method="post" enctype="text/plain" action="${target}">
    <input name='${body.slice(0, -1)},"x":"' value='"}'></form>`;
  const evil = createServer({ key, cert: certificate(privateKey, { name: "127.0.0.1" }) }, (_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(form);
  });
  await new Promise((ready) => evil.listen(0, "127.0.0.1", () => ready(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (evil.address());
  const page = await operator.context.newPage();
  operator.strange.length = 0;
  const list = async () => (await busy.subscriber.good("GET", "")).subscriptions.map((/** @type {any} */ { url }) => url);
  const there = await list();
  try {
    await page.goto(`https://127.0.0.1:${port}/`);
    // The cookie does go along.
    const sent = page.waitForRequest(target);
    const answered = page.waitForResponse(target);
    await page.evaluate(() => document.querySelector("form")?.submit());
    assert.match((await (await sent).allHeaders()).cookie ?? "", /__Host-waypost=/);
    assert.equal((await answered).status(), 403);
    assert.equal((await (await answered).json()).code, "cross_origin");
    await page.goto(`https://127.0.0.1:${port}/`);
    const tried = await page.evaluate(async ([target, body]) => {
      const results = [];
      for (const mode of /** @type {RequestMode[]} */ (["no-cors", "cors"])) {
        results.push(await fetch(target, { method: "POST", mode, credentials: "include", body }).then(({ type, status }) => `${type} ${status}`, () => "refused"));
      }
      // Reading is stopped by the browser.
      const { origin } = new URL(target);
      results.push(await fetch(`${origin}/overview`, { credentials: "include" }).then((answer) => answer.text(), () => "refused"));
      results.push(await fetch(target, { method: "DELETE", credentials: "include" }).then(() => "taken", () => "refused"));
      return results;
    }, [target, body]);
    assert.deepEqual(tried, ["opaque 0", "refused", "refused", "refused"]);
    // Nor is the page shown inside of another one.
    const framed = await page.evaluate((url) => new Promise((over) => {
      const frame = document.createElement("iframe");
      frame.onload = () => over(frame.contentDocument === null ? "closed" : "open");
      frame.src = url;
      document.body.append(frame);
    }), `${busy.server.url}/`);
    assert.equal(framed, "closed");
    assert.ok(!page.frames().some((frame) => frame.url() === `${busy.server.url}/`), "the policy keeps it out");
    assert.deepEqual(await list(), there);
    assert.equal(busy.receiver.verifications.filter(({ path }) => path === "/stolen").length, 0);
  } finally {
    await page.close();
    operator.strange.length = 0;
    evil.close();
    evil.closeAllConnections();
  }
});

test("signing out ends the session, here and in another tab", { skip: skipPage }, async () => {
  const { page } = operator;
  const other = await operator.context.newPage();
  await other.goto(`${busy.server.url}/#/feeds/default/consumers`);
  await other.getByRole("heading", { name: "Consumers" }).waitFor();
  await page.goto(`${busy.server.url}/`);
  await operator.button("Sign out").click();
  await page.getByLabel("Admin token").waitFor();
  assert.deepEqual(await cookies(), []);
  await page.reload();
  await page.getByLabel("Admin token").waitFor();
  // The other one asks for something, and is told.
  await other.getByLabel("Admin token").waitFor();
  await other.close();
  operator.strange.length = 0;
  for (const path of ["/overview", "/webhooks", "/dead-letters"]) expectProblem(await busy.waypost.fetch(path), 401, "unauthorised", path);
});

test("nothing strange has happened all along", { skip: skipPage }, async () => {
  assert.deepEqual(await operator.alarms(), []);
});
