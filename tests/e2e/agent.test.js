// The agent: what it hands over, when it acknowledges, and what it does when something is away.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { verify as githubVerify } from "@octokit/webhooks-methods";
import Stripe from "stripe";
import { Agent, cli } from "./lib/agent.js";
import { Backend } from "./lib/backend.js";
import { fresh, jsonOfSize, stripeEvent } from "./lib/bodies.js";
import { Broker } from "./lib/broker.js";
import { Consumer } from "./lib/consumer.js";
import { expectAccepted } from "./lib/expect.js";
import { FEEDS, SECRETS, SOURCES } from "./lib/fixtures.js";
import * as sign from "./lib/sign.js";
import { silence } from "./lib/silence.js";
import { until } from "./lib/wait.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const broker = new Broker();
/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
/** @type {Backend} */
let backend;
/** @type {Agent[]} */
let agents = [];
let names = 0;
/** @type {string} */
let name;
before(async () => {
  server = await startWorkerd({ broker, sources: SOURCES, feeds: FEEDS });
  waypost = new Waypost(server);
});
after(() => server?.stop());
beforeEach(async () => {
  backend = await Backend.start();
  name = `agent-${(names += 1)}`;
  // A consumer of each test's own, which starts with what the test sends.
  await new Consumer(waypost, name).claim({ from: "latest" });
});
afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  agents = [];
  await backend.stop();
});

/** @param {string[]} args */
function listen(...args) {
  const agent = new Agent(server, ["--consumer", name, "--to", backend.url, ...args]);
  agents.push(agent);
  return agent;
}

/** Sends, and waits until it is stored. @param {(import("./lib/waypost.js").Webhook | Promise<import("./lib/waypost.js").Webhook>)[]} webhooks */
async function send(...webhooks) {
  const sent = await Promise.all(webhooks);
  for (const webhook of sent) expectAccepted(await waypost.post(webhook), "received");
  await broker.queue.drained();
  return sent;
}

/** Nothing is left to be done or held. */
const settled = () => until(async () => {
  const { lag, leases } = await new Consumer(waypost, name).shown();
  return lag === 0 && leases === 0;
}, { what: "everything is acknowledged", within: 30_000 });

test("exact bytes under the headers that they came with, and the providers' libraries still accept them", async () => {
  const binary = { ...(await sign.bare("x")), body: randomBytes(3000) };
  binary.headers["x-webhook-signature"] = sign.hmac(SECRETS.BARE_SECRET, binary.body, "hex");
  binary.headers["content-type"] = "application/octet-stream";
  const [github, stripe, spaced, ...others] = await send(
    sign.github(fresh(), { type: "issues" }),
    sign.stripe(stripeEvent()),
    sign.github(` \n${fresh()}\r\n`),
    sign.github(jsonOfSize(3_000_000)),
    sign.standard(""),
    binary,
  );
  listen();
  const given = await backend.has(6);
  await settled();
  const bodies = [github, stripe, spaced, ...others].map(({ body }) => Buffer.from(body).toString("base64"));
  assert.deepEqual(given.map(({ body }) => body.toString("base64")).sort(), bodies.sort());

  const byBody = (/** @type {string | Buffer} */ body) => given.find((one) => one.body.equals(Buffer.from(body)));
  const push = byBody(github.body);
  assert.equal(push?.headers["user-agent"], "GitHub-Hookshot/044aadd");
  assert.equal(push?.headers["x-github-event"], "issues");
  assert.equal(push?.headers["content-type"], "application/json");
  assert.equal(push?.headers["x-forwarded-host"], `127.0.0.1:${server.port}`);
  assert.equal(push?.url, "/hooks?from=waypost");
  assert.deepEqual([push?.attempt, push?.id.length], [1, 33]);
  for (const { headers, body } of given.filter(({ headers }) => "x-hub-signature-256" in headers && headers["content-length"] !== "0")) {
    assert.ok(await githubVerify(SECRETS.GITHUB_WEBHOOK_SECRET, String(body), headers["x-hub-signature-256"]));
  }
  const paid = byBody(stripe.body);
  new Stripe("sk_test_x").webhooks.constructEvent(String(paid?.body), paid?.headers["stripe-signature"] ?? "", SECRETS.STRIPE_SECRET);
});

test("only a local 2xx is an acknowledgement; anything else comes again, and in the end is a dead letter", async () => {
  const answers = [500, 302, 404, 204];
  backend.answer = () => answers.shift() ?? 200;
  const agent = listen();
  await send(sign.github(fresh()));
  const given = await backend.has(4);
  await settled();
  assert.deepEqual(given.map(({ attempt }) => attempt), [1, 2, 3, 4]);
  assert.equal(new Set(given.map(({ id }) => id)).size, 1);
  assert.deepEqual(agent.told("failed").map(({ why }) => why), ["500", "302", "404"]);

  await agent.stop();
  name = `agent-${(names += 1)}`;
  await new Consumer(waypost, name).claim({ from: "latest", max_attempts: 2 });
  backend.answer = () => 500;
  await send(sign.github(fresh()));
  const [{ event }] = await listen().says("dead_lettered");
  assert.equal(event.id, backend.given.at(-1)?.id);
  await settled();
});

test("a backend that asks for patience is given it", async () => {
  backend.answer = ({ attempt }) => (attempt === 1 ? [429, { "retry-after": "3" }] : 200);
  listen();
  await send(sign.github(fresh()));
  const [first, second] = await backend.has(2);
  assert.ok(second.at - first.at >= 2_990, `${second.at - first.at} ms`);
});

test("sources go where their routes say", async (t) => {
  const other = await Backend.start();
  t.after(() => other.stop());
  listen("--route", `stripe=${other.url}`, "--concurrency", "2");
  await send(sign.stripe(stripeEvent()), ...Array.from({ length: 20 }, () => sign.github(fresh())));
  await backend.has(20);
  await other.has(1);
  await settled();
  assert.ok(backend.mostBusy <= 2);
  // What has no route is not taken.
  await Promise.all(agents.map((agent) => agent.stop()));
  name = `agent-${(names += 1)}`;
  agents.push(new Agent(server, ["--consumer", name, "--start", "latest", "--route", `stripe=${other.url}`]));
  await agents.at(-1)?.says("listening");
  await until(() => new Consumer(waypost, name).shown());
  await send(sign.github(fresh()), sign.stripe(stripeEvent()));
  await other.has(2);
  await settled();
  assert.equal(backend.given.length, 20);
});

for (const order of ["feed", "source"]) {
  test(`--order-by ${order} keeps it, whatever fails`, async () => {
    name = `agent-${(names += 1)}`;
    await new Consumer(waypost, name).claim({ from: "latest", mode: order === "feed" ? "ordered" : "shared" });
    let number = 0;
    backend.answer = ({ attempt }) => ((number += 1) % 5 === 0 && attempt < 3 ? 500 : 200);
    const sent = await send(...Array.from({ length: 24 }, (_, at) => (at % 3 === 0 ? sign.stripe(stripeEvent()) : sign.github(fresh()))));
    const taken = () => {
      const last = new Map(backend.given.map((given, at) => [given.id, at]));
      return backend.given.filter(({ id }, at) => last.get(id) === at);
    };
    listen("--order-by", order, "--concurrency", "4");
    await until(() => taken().length === 24, { within: 60_000, what: "24 events" });
    await settled();
    const all = order === "feed" ? [() => true] : [(/** @type {string} */ body) => body.includes("evt_"), (/** @type {string} */ body) => !body.includes("evt_")];
    for (const which of all) {
      const bodies = taken().map(({ body }) => String(body)).filter(which);
      assert.deepEqual(bodies, sent.map(({ body }) => String(body)).filter(which));
    }
  });
}

test("a backend that is away loses nothing, and no attempt counts", async () => {
  await backend.stop();
  const agent = listen();
  await send(...Array.from({ length: 10 }, () => sign.github(fresh())));
  await agent.says("backend_away");
  await backend.start();
  const given = await backend.has(10);
  await agent.says("backend_back");
  await settled();
  assert.deepEqual(given.map(({ attempt }) => attempt), Array(10).fill(1));
});

test("Waypost's restart ends no agent, whether it waits or works", async () => {
  const agent = listen();
  await send(sign.github(fresh()));
  await backend.has(1);
  await settled();
  await server.restart();
  await agent.says("edge_back");
  await send(sign.github(fresh()));
  await backend.has(2);
  // Between the backend's answer and the acknowledgement.
  /** @type {Promise<void> | undefined} */
  let killed;
  backend.answer = async () => (await (killed ??= server.kill()), 200);
  const [webhook] = await Promise.all([sign.github(fresh())]);
  expectAccepted(await waypost.post(webhook), "received");
  await until(() => killed !== undefined);
  await killed;
  await server.start();
  await settled();
  assert.equal(backend.given.length, 3);
});

test("a socket whose other end is gone without a word is given up", async (t) => {
  const line = await silence(server.port);
  t.after(() => line.close());
  const agent = new Agent(line, ["--consumer", name, "--to", backend.url, "--wait", "1"]);
  agents.push(agent);
  await agent.says("listening");
  await until(() => line.connections > 0);
  line.hush();
  await send(sign.github(fresh()));
  const hushed = performance.now();
  await backend.has(1);
  // The hold of a second and ten more.
  assert.ok(performance.now() - hushed < 20_000);
  await settled();
});

test("asked to stop, it sees what goes to its end and gives back the rest", async () => {
  /** @type {(status: number) => void} */
  let finish = () => {};
  backend.answer = () => new Promise((status) => (finish = status));
  const agent = listen("--concurrency", "1");
  await send(...Array.from({ length: 5 }, () => sign.github(fresh())));
  await backend.has(1);
  agent.child.signal("SIGTERM");
  await agent.says("draining");
  finish(200);
  assert.equal(await agent.ended(), 0);
  const { lag, leases } = await new Consumer(waypost, name).shown();
  assert.deepEqual([lag, leases], [4, 0]);
  assert.equal(backend.given.length, 1);
  // Nothing was tried but the one that went.
  backend.answer = () => 200;
  listen();
  assert.deepEqual((await backend.has(5)).map(({ attempt }) => attempt), Array(5).fill(1));
});

test("an idle agent that is stopped holds nothing, and ends at once", async () => {
  const agent = listen();
  await agent.says("listening");
  await until(async () => (await new Consumer(waypost, name).shown()) !== undefined);
  const asked = performance.now();
  agent.child.signal("SIGTERM");
  assert.equal(await agent.ended(), 0);
  assert.ok(performance.now() - asked < 5_000);
});

test("--once ends when there is nothing left, and says by its code how it went", async () => {
  const once = (/** @type {string[]} */ ...args) =>
    cli(["listen", "--from", server.url, "--once", "--consumer", name, "--to", backend.url, ...args]);
  await send(...Array.from({ length: 30 }, () => sign.github(fresh())));
  assert.equal((await once()).code, 0);
  assert.equal(backend.given.length, 30);
  assert.equal((await once()).code, 0);
  backend.answer = () => 500;
  await send(sign.github(fresh()));
  assert.equal((await once()).code, 6);
  await backend.stop();
  await send(sign.github(fresh()));
  const away = await once();
  assert.equal(away.code, 3);
  assert.match(away.stderr, /does not answer/);
  const nowhere = await cli(["listen", "--from", "http://127.0.0.1:1", "--once", "--to", backend.url]);
  assert.equal(nowhere.code, 3, nowhere.stderr);
  const stranger = await cli(["listen", "--from", server.url, "--once", "--to", backend.url], { env: { WAYPOST_TOKEN: "wrong" } });
  assert.equal(stranger.code, 4);
  assert.match(stranger.stderr, /unauthorised/);
  assert.equal((await cli(["listen", "--from", server.url])).code, 2);
  assert.equal((await cli(["listen", "--to", backend.url], { env: { WAYPOST_URL: "" } })).code, 2);
});

test("in a terminal it says what arrived, where it went, and how it goes", async () => {
  let answered = 0;
  backend.answer = () => ((answered += 1) === 1 ? 500 : 200);
  await send(sign.github(fresh(), { type: "issues" }), sign.github(fresh(), { type: "push" }));
  const args = ["listen", "--from", server.url, "--once", "--output", "live", "--consumer", name, "--to", backend.url, "--concurrency", "1"];
  const { stdout } = await cli(args, { env: { NO_COLOR: "1" } });
  // Each time that the last line is drawn anew, it is taken away first.
  const lines = stdout.split(/\r\x1b\[2K|\n/).filter(Boolean);
  assert.match(lines[0], /^\d\d:\d\d:\d\d  listening to http:.* as agent-/);
  assert.ok(lines.some((line) => /github +issues +→ http:.* 500; attempt 1, again in/.test(line)), stdout);
  assert.ok(lines.some((line) => /github +push +→ http:.* 200  .*, lag /.test(line)), stdout);
  assert.ok(lines.some((line) => /0 in hand · 1 delivered · 1 failed · 0 dead · lag /.test(line)), stdout);
  const coloured = await cli(args, { env: { NO_COLOR: undefined } });
  assert.match(coloured.stdout, /\x1b\[2m/);
});

test("an agent that was stopped for longer than its leases loses nothing", async () => {
  const agent = listen("--lease", "5", "--concurrency", "2");
  const sent = 40;
  backend.answer = ({ body }) => new Promise((status) => setTimeout(() => status(200), body.length % 7));
  await send(...Array.from({ length: sent }, () => sign.github(fresh())));
  await backend.has(3);
  agent.child.signal("SIGSTOP");
  await until(async () => (await new Consumer(waypost, name).shown()).leases === 0, { within: 20_000, what: "leases run out" });
  agent.child.signal("SIGCONT");
  await settled();
  assert.equal(new Set(backend.given.map(({ id }) => id)).size, sent);
});

test("two agents share the work of one consumer", async () => {
  listen();
  listen();
  await send(...Array.from({ length: 60 }, () => sign.github(fresh())));
  await backend.has(60);
  await settled();
  assert.equal(new Set(backend.given.map(({ id }) => id)).size, 60);
  assert.equal(backend.given.length, 60);
});
