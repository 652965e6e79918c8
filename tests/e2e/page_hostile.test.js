// Whatever a provider, a subscriber or a worker writes is text on the page: a corpus in every field that they have,
// every view visited, and a wire that trips where anything of it ran, was stopped by the policy, or left the page.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { Busy } from "./lib/busy.js";
import { BODIES, CONTENT_TYPES, OBJECTS, TEXTS } from "./lib/corpus.js";
import { SECRETS } from "./lib/fixtures.js";
import { Operator, skipPage } from "./lib/operator.js";
import * as sign from "./lib/sign.js";
import { until } from "./lib/wait.js";
import { views } from "./lib/views.js";

/** @type {Busy} */
let busy;
/** @type {Operator} */
let operator;
before(async () => {
  if (skipPage) return;
  busy = await Busy.start();
  operator = await Operator.open(busy.server);
});
after(async () => {
  await operator?.close();
  await busy?.stop();
});

/** A webhook signed as GitHub signs, of any bytes. @param {string | Buffer} body @param {Record<string, string>} headers */
const signed = (body, headers) => ({
  source: "github", body,
  headers: {
    "content-type": "application/json", "x-github-event": "push", "x-github-delivery": randomUUID(),
    "x-hub-signature-256": `sha256=${sign.hmac(SECRETS.GITHUB_WEBHOOK_SECRET, body, "hex")}`, ...headers,
  },
});

/** Nothing in the page but what the page makes. */
const foreign = () => operator.page.evaluate(() => {
  const found = [...document.querySelectorAll("body :is(script, img, iframe, object, embed, style, link, base, meta, template, math, marquee, frame, video, audio), main svg")];
  const attributes = [...document.querySelectorAll("body *")].flatMap((element) => [...element.attributes]
    .filter(({ name, value }) => /^on/i.test(name) || (name !== "value" && /^\s*(?:javascript|data|vbscript):/i.test(value)) || (name === "href" && /evil/.test(value))).map(({ name, value }) => `${name}=${value}`));
  return [...found.map(({ outerHTML }) => outerHTML), ...attributes, ...("polluted" in {} ? ["a prototype"] : [])];
});

/** What the page shows, folded or not, in one string. */
const shown = () => operator.page.evaluate(() => document.querySelector("main")?.textContent ?? "");

test("the wire trips", { skip: skipPage }, async () => {
  await operator.signIn();
  const tried = await operator.page.evaluate(() => {
    const ways = /** @type {(() => unknown)[]} */ ([
      () => (document.body.innerHTML = "<img src=x onerror='window.__xss=1'>"),
      () => document.body.insertAdjacentHTML("beforeend", "<b>"),
      () => document.write("<b>"),
      () => document.createElement("a").setAttribute("onclick", "1"),
    ]);
    return ways.map((way) => {
      try {
        way();
        return "taken";
      } catch (error) {
        return error.name;
      }
    });
  });
  assert.deepEqual(tried, ["TypeError", "TypeError", "TypeError", "TypeError"], "trusted types forbid it");
  await operator.page.evaluate(() => {
    const image = document.createElement("img");
    image.src = "https://evil.example/x";
    document.body.append(image);
    globalThis.__xss = 1;
  });
  await until(async () => (await operator.alarms()).some((alarm) => alarm.includes("evil.example")), { what: "the policy has said so" });
  const alarms = await operator.alarms();
  assert.ok(alarms.includes("ran: 1") && alarms.some((alarm) => alarm.startsWith("policy: require-trusted-types-for")), alarms.join("\n"));
  await operator.page.reload();
  operator.strange.length = 0;
  await operator.settled();
  assert.deepEqual(await operator.alarms(), []);
});

test("everything that somebody else writes is text", { skip: skipPage }, async () => {
  // Subscribers that answer with it, as a body of every kind.
  let answer = 0;
  busy.receiver.always("/hostile", (_, response) => {
    const text = TEXTS[(answer += 1) % TEXTS.length];
    response.writeHead(400, { "content-type": "text/html", "x-reason": encodeURIComponent(text) }).end(`${text}`);
  });
  const { id: hostile } = await busy.subscriber.subscribe(busy.receiver.url("/hostile"));

  // Providers that send it, in every field that they have.
  /** @type {any[]} */
  const events = [];
  const send = async (/** @type {string | Buffer} */ body, /** @type {Record<string, string>} */ headers = {}) => events.push(await busy.send(signed(body, headers)));
  for (const [at, text] of TEXTS.entries()) {
    await send(JSON.stringify({ n: at, [text]: text, list: [text, { deep: text }] }), {
      "x-github-event": text, "x-github-delivery": `${text} ${at}`, "user-agent": text, [`x-${at}-'!#$%&*+.^_\`|~`]: text, "x-forwarded-for": text,
      "content-type": CONTENT_TYPES[at % CONTENT_TYPES.length],
    });
  }
  for (const [at, body] of [...OBJECTS, ...BODIES].entries()) await send(body, { "content-type": CONTENT_TYPES[at % CONTENT_TYPES.length] });
  // Waypost's own signature takes the type and the id from elsewhere.
  for (const text of TEXTS.slice(0, 4)) {
    events.push(await busy.send(await sign.waypost(JSON.stringify({ event_id: `${text}${randomUUID()}`, text }), { type: text })));
  }
  // Workers that leave it behind as consumers, wherever a name may be so.
  const consumers = ["a.b-c_d", ...TEXTS].map((name) => encodeURIComponent(name));
  for (const name of consumers) {
    const path = `/consumers/${name}/claim`;
    const claimed = await busy.waypost.get(path, { method: "POST", body: JSON.stringify({ max: 1, max_attempts: 1, types: [TEXTS[0]], sources: ["github"], attempt_id: randomUUID() }) });
    const lease = claimed.status === 200 && claimed.json.events[0]?.lease;
    if (lease) await busy.waypost.get(`/consumers/${name}/nack`, { method: "POST", body: JSON.stringify({ leases: [lease] }) });
  }
  await busy.subscriber.settled(hostile, events[0].id);

  const ids = events.map(({ id }) => id);
  let seen = "";
  for (const { name, hash, open } of views({ events: ids, subscriptions: [hostile] })) {
    await operator.go(hash);
    await open?.(operator);
    const text = await shown();
    seen += `\n${text}`;
    // Its type, its id and four of its headers.
    const sent = TEXTS[ids.indexOf(hash.split("/").at(-1) ?? "")];
    if (sent) assert.ok(text.split(sent).length > 6, `${sent} is shown in every field: ${text}`);
    assert.deepEqual(await foreign(), [], name);
    assert.deepEqual(await operator.alarms(), [], name);
    // Each way of showing a body.
    for (const way of ["as sent", "hex", "pretty"]) {
      const button = operator.page.getByRole("button", { name: way, exact: true });
      if ((await button.count()) === 0) continue;
      await button.click();
      seen += `\n${await shown()}`;
      assert.deepEqual([await foreign(), await operator.alarms()], [[], []], `${name} ${way}`);
    }
  }
  // It was all there to be seen, as it was written.
  for (const text of TEXTS) {
    assert.ok(seen.includes(text), `shown: ${text}`);
    assert.ok(seen.includes(JSON.stringify(text)), `in a body: ${text}`);
  }
  for (const body of BODIES.filter((body) => typeof body === "string")) assert.ok(seen.includes(/** @type {string} */ (body)), `as sent: ${body}`);
  assert.ok(seen.includes('"dangerouslySetInnerHTML"'));
});

test("a test of a subscription, an alert and a filter are text, too", { skip: skipPage }, async () => {
  const { page } = operator;
  const { id } = await busy.subscriber.subscribe(busy.receiver.url("/hostile-test"));
  busy.receiver.always("/hostile-test", [500, { "content-type": "text/html" }, TEXTS.join("\n")]);
  await operator.go(`#/feeds/default/subscriptions/${id}`);
  await operator.button("Send a test").click();
  await page.getByText("<script>window.__xss=1</script>").first().waitFor();
  for (const text of TEXTS) {
    await operator.go(`#/feeds/default/events?${new URLSearchParams({ source: text, type: text })}`);
    assert.deepEqual([await foreign(), await operator.alarms()], [[], []], text);
    await operator.go(`#/feeds/default/events/${encodeURIComponent(text)}`);
    await operator.go(`#/try/${encodeURIComponent(text)}`);
    assert.deepEqual([await foreign(), await operator.alarms()], [[], []], text);
  }
  for (const hash of ["#/feeds/%3Cscript%3E/events", "#/feeds/__proto__/consumers", "#/constructor", "#javascript:window.__xss=1", "#/feeds/default/subscriptions/%2e%2e%2fsubscribe"]) {
    await operator.go(hash);
    assert.deepEqual([await foreign(), await operator.alarms()], [[], []], hash);
  }
});

test("what is opened by itself runs nothing", { skip: skipPage }, async () => {
  // A provider's HTML at its own address, in the browser that has the session.
  const event = await busy.send(signed(`${BODIES[0]}<!--${randomUUID()}-->`, { "content-type": "text/html" }));
  const page = await operator.context.newPage();
  const download = page.waitForEvent("download");
  await page.goto(`${busy.server.url}/events/${event.id}/body`).catch(() => {});
  await (await download).cancel();
  await page.goto(`${busy.server.url}/resource`).catch(() => {});
  assert.equal(await page.evaluate(() => globalThis.tripped.filter((/** @type {string} */ one) => one.startsWith("ran")).length), 0);
  await page.close();
});
