// The command-line tools, against a running Waypost: what they print and what they end with.

import assert from "node:assert/strict";
import { generateKeyPairSync, sign as signEd25519 } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { verify as githubVerify } from "@octokit/webhooks-methods";
import Stripe from "stripe";
import { cli } from "./lib/agent.js";
import { Backend } from "./lib/backend.js";
import { fresh, ownEvent, slackEvent, stripeEvent } from "./lib/bodies.js";
import { Consumer, leases } from "./lib/consumer.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, SECRETS, SOURCES } from "./lib/fixtures.js";
import * as sign from "./lib/sign.js";
import { temporaryFolder } from "./lib/temp.js";
import { until } from "./lib/wait.js";

const folder = temporaryFolder("cli");
/** @type {Feeds} */
let feeds;
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  feeds = await Feeds.start({ default: open, tools: open }, { sources: { ...SOURCES, tools: { ...SOURCES.github, feed: "tools" } } });
});
after(() => feeds?.stop());

/** @param {string} name @param {string | Buffer} text */
function file(name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Of the feed `tools`. @param {string[]} args */
const tool = (...args) =>
  cli([...args, "--from", feeds.server.url, "--feed", "tools"], { env: { WAYPOST_ADMIN_TOKEN: ADMIN_TOKEN } });

/** @param {string[]} args */
async function done(...args) {
  const ended = await tool(...args);
  assert.equal(ended.code, 0, ended.stderr);
  return ended.stdout;
}

/** Provider, source, secret and a body with what it needs. @type {[string, string, string, string][]} */
const senders = [
  ["github", "github", SECRETS.GITHUB_WEBHOOK_SECRET, fresh()],
  ["stripe", "stripe", SECRETS.STRIPE_SECRET, stripeEvent()],
  ["standard-webhooks", "standard", SECRETS.STANDARD_SECRET, fresh()],
  ["slack", "slack", SECRETS.SLACK_SECRET, slackEvent()],
  ["shopify", "shopify", SECRETS.SHOPIFY_SECRET, fresh()],
  ["waypost", "default", SECRETS.WAYPOST_SECRET, ownEvent()],
  ["waypost-body", "bare", SECRETS.BARE_SECRET, ownEvent()],
];
for (const [provider, source, secret, body] of senders) {
  test(`send signs as ${provider} does`, async () => {
    const to = `${feeds.server.url}/webhooks/receive/${source}`;
    const args = ["send", "--provider", provider, "--to", to, "--file", "-", "--type", "made.up"];
    const ended = await cli(args, { input: body, env: { WAYPOST_SECRET: secret } });
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /^200 .*received/);
    const wrong = await cli(args, { input: body, env: { WAYPOST_SECRET: provider.startsWith("standard") ? SECRETS.SVIX_SECRET : `${secret}x` } });
    assert.deepEqual([wrong.code, wrong.stdout.slice(0, 3)], [4, "401"]);
  });
}

test("what it signs, the providers' libraries accept", async () => {
  const dry = async (/** @type {string} */ provider, /** @type {string} */ body, /** @type {string} */ secret) => {
    const path = file("secret", `${secret}\n`);
    const ended = await cli(["send", "--provider", provider, "--to", "http://localhost/", "--file", "-", "--dry-run", "--secret-file", path], { input: body });
    assert.equal(ended.code, 0, ended.stderr);
    return Object.fromEntries(ended.stdout.split("\n\n")[0].split("\n").slice(1).map((line) => line.split(": ")));
  };
  const push = fresh();
  const github = await dry("github", push, SECRETS.GITHUB_WEBHOOK_SECRET);
  assert.ok(await githubVerify(SECRETS.GITHUB_WEBHOOK_SECRET, push, github["x-hub-signature-256"]));
  const paid = stripeEvent();
  const stripe = await dry("stripe", paid, SECRETS.STRIPE_SECRET);
  new Stripe("sk_test_x").webhooks.constructEvent(paid, stripe["stripe-signature"], SECRETS.STRIPE_SECRET);
});

test("a scheme that only a config knows is signed from it, its secret from .dev.vars", async () => {
  const wrangler = file("wrangler.toml", `[vars.SOURCES.acme]
secrets = ["ACME_SECRET"]
scheme = { algorithm = "hmac-sha256", encoding = "hex", signature = { header = "x-acme-signature", prefix = "v1=" }, timestamp = { header = "x-acme-time", unit = "s" }, signed = "{timestamp}.{body}", id = { header = "x-acme-id" } }
`);
  file(".dev.vars", `# secrets\nOTHER=x\nACME_SECRET="${SECRETS.ACME_SECRET}"\n`);
  const to = `${feeds.server.url}/webhooks/receive/acme`;
  const ended = await cli(["send", "--source", "acme", "--wrangler", wrangler, "--to", to, "--file", file("body", fresh())]);
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  assert.equal((await cli(["send", "--source", "other", "--wrangler", wrangler, "--to", to, "--file", file("body", fresh())])).code, 2);
});

test("verify says which step fails, and what would have matched", async () => {
  const body = fresh();
  const { headers } = await sign.github(body);
  const lines = (/** @type {Record<string, string>} */ headers) => Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`).join("");
  /** @param {string} provider @param {string} headers @param {string | Buffer} body @param {string} secret @param {string[]} more */
  const verify = (provider, headers, body, secret, ...more) =>
    cli(["verify", "--provider", provider, "--headers", file("headers", headers), "--body", file("body", body), ...more], { env: { WAYPOST_SECRET: secret } });

  const good = await verify("github", lines(headers), body, SECRETS.GITHUB_WEBHOOK_SECRET);
  assert.equal(good.code, 0, good.stdout + good.stderr);
  assert.match(good.stdout, /^ok .*\n\s+id .*\n\s+type push\n$/);
  const old = await sign.stripe(stripeEvent("evt_1"), { at: 1_700_000_000 });
  /** @type {[string, Record<string, string>, string | Buffer, string, RegExp, string[]?][]} */
  const cases = [
    ["github", {}, body, SECRETS.GITHUB_WEBHOOK_SECRET, /fails the signature's header: .*missing_signature[^]*x-hub-signature-256/],
    ["github", headers, body, "another secret", new RegExp(`fails the signature:[^]*another[^]*sent +x-hub-signature-256: ${headers["x-hub-signature-256"]}[^]*expected +x-hub-signature-256: sha256=[0-9a-f]{64}`)],
    ["github", headers, `${body}\n`, SECRETS.GITHUB_WEBHOOK_SECRET, /match the body without the space around it/],
    ["github", headers, JSON.stringify(JSON.parse(body), null, 2), SECRETS.GITHUB_WEBHOOK_SECRET, /match the body as compact JSON/],
    ["github", headers, body, `${SECRETS.GITHUB_WEBHOOK_SECRET} `, /match the secret without the space around it/],
    ["stripe", old.headers, old.body, SECRETS.STRIPE_SECRET, /fails the time of signing:[^]*the signature is right: try --at 2023-11-14T22:13:20Z/],
  ];
  for (const [provider, headers, body, secret, said] of cases) {
    const ended = await verify(provider, lines(headers), body, secret);
    assert.equal(ended.code, 5, ended.stdout + ended.stderr);
    assert.match(ended.stdout, said);
    assert.ok(!ended.stdout.includes(secret.trim()), "no secret is told");
  }
  assert.equal((await verify("stripe", lines(old.headers), old.body, SECRETS.STRIPE_SECRET, "--at", "2023-11-14T22:13:20Z")).code, 0);
  assert.equal((await verify("nobody", "", "", "x")).code, 2);
});

test("verify checks public keys, and says which ones Waypost fetches", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const secret = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  const [body, at] = [JSON.stringify({ id: "1", type: 1, event: { type: "MADE" } }), String(sign.now())];
  const signature = signEd25519(null, Buffer.from(at + body), privateKey).toString("hex");
  const headers = file("headers", `x-signature-ed25519: ${signature}\nx-signature-timestamp: ${at}\n`);
  const verify = (/** @type {string} */ provider, /** @type {string} */ body, /** @type {string} */ secret) =>
    cli(["verify", "--provider", provider, "--headers", headers, "--body", "-"], { input: body, env: { WAYPOST_SECRET: secret } });
  const good = await verify("discord", body, secret);
  assert.equal(good.code, 0, good.stdout + good.stderr);
  assert.equal((await verify("discord", `${body} `, secret)).code, 5);
  const fetched = await verify("paypal", body, "x");
  assert.deepEqual([fetched.code, /fetches this provider's key/.test(fetched.stderr)], [2, true], fetched.stderr);
  assert.match((await verify("github", body, "")).stderr, /the secret is missing/);
  const sent = await cli(["send", "--provider", "discord", "--to", feeds.server.url, "--file", "-"], { input: body, env: { WAYPOST_SECRET: secret } });
  assert.equal(sent.code, 2);
  assert.match(sent.stderr, /only its provider can sign/);
});

test("events are listed, shown, and tailed", async () => {
  const [first, second] = await feeds.append("tools", fresh({ at: 1 }), `  ${fresh({ at: 2 })}\n`);
  const table = await done("events", "list");
  assert.match(table, /^id +received at +source +type +webhook id +size\n/);
  assert.match(table, new RegExp(`${first.id} .*tools +push`));
  assert.equal(JSON.parse(await done("events", "show", first.id)).id, first.id);
  assert.equal((await tool("events", "show", second.id, "--body")).bytes.toString(), String(await feeds.reader("tools").body(second.id)));
  const lines = (await done("tail", "--once", "--json")).trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ id }) => id), [first.id, second.id]);
  assert.equal((await done("tail", "--once", "--since", first.id)).split("\n").length, 2);
  const unknown = await tool("events", "show", "0000000000000001_0000000000009999");
  assert.equal(unknown.code, 4);
  assert.match(unknown.stderr, /unknown_event/);
});

test("consumers are listed, shown, sought and deleted", async () => {
  const [first, second] = await feeds.append("tools", fresh(), fresh());
  const consumer = new Consumer(feeds.reader("tools"), "worker");
  await consumer.claim({ max: 1, from: first.id });
  assert.match(await done("consumers", "list"), /name +mode[^]*worker +shared/);
  assert.equal(JSON.parse(await done("consumers", "show", "worker")).leases, 1);
  assert.equal(JSON.parse(await done("consumers", "seek", "worker", second.id)).position, second.id);
  assert.equal((await consumer.claim()).events.length, 0);
  await done("consumers", "delete", "worker");
  assert.equal((await tool("consumers", "show", "worker")).code, 4);
});

test("dead letters are listed and replayed", async () => {
  await feeds.append("tools", fresh());
  const consumer = new Consumer(feeds.reader("tools"), "fails");
  const { events } = await consumer.claim({ max: 500, max_attempts: 1 });
  await consumer.done("nack", { leases: leases(events.slice(-1)) });
  const table = await done("dead-letters", "list");
  assert.match(table, /fails/);
  const [id] = table.split("\n")[1].split(" ");
  assert.deepEqual(JSON.parse(await done("dead-letters", "replay", id)), { status: "replayed", outcome: "redelivered" });
  assert.equal((await consumer.claim()).events[0].id, events.at(-1)?.id);
});

test("the doctor finds what is wrong", async () => {
  const backend = await Backend.start();
  const well = await tool("doctor", "--to", backend.url);
  assert.equal(well.code, 0, well.stdout);
  assert.deepEqual(well.stdout.split("\n").filter(Boolean).map((line) => line.split(/ +/)[0]), Array(6).fill("ok"));
  await backend.stop();
  const ill = await tool("doctor", "--to", backend.url);
  assert.equal(ill.code, 7);
  assert.match(ill.stdout, /bad +backend/);
  const stranger = await cli(["doctor", "--from", feeds.server.url], { env: { WAYPOST_TOKEN: "x" } });
  assert.equal(stranger.code, 7);
  assert.match(stranger.stdout, /bad +feed .*\n +the token is none of this feed's/);
  const nowhere = await cli(["doctor", "--from", "http://127.0.0.1:1"]);
  assert.equal(nowhere.code, 7);
  assert.match(nowhere.stdout, /bad +Waypost: .*refused/);
});

test("init writes a config that Waypost runs with", async (t) => {
  const path = join(folder, "made.toml");
  const ended = await cli(["init", "github", "stripe", "--file", path]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /wrangler secret put GITHUB_SECRET/);
  assert.equal((await cli(["init", "github", "--file", path])).code, 2, "it overwrites nothing");
  assert.match(readFileSync(path, "utf8"), /# POST \/webhooks\/receive\/stripe/);
  const { startWorkerd } = await import("./lib/workerd.js");
  const server = await startWorkerd({ config: path, secrets: { GITHUB_SECRET: "made up" } });
  t.after(() => server.stop());
  const sent = await cli(["send", "--provider", "github", "--to", `${server.url}/webhooks/receive/github`, "--file", "-"], { input: fresh(), env: { WAYPOST_SECRET: "made up" } });
  assert.equal(sent.code, 0, sent.stdout);
  await until(async () => (await cli(["tail", "--once", "--from", server.url])).stdout.includes("github"), { every: 100 });
});

test("settings come from flags, the environment and a file, in this order", async () => {
  const settings = file("agent.toml", `from = "http://127.0.0.1:1"\ntoken_file = "${file("token", `${SECRETS.POLL_TOKEN}\n`)}"\n`);
  const list = (/** @type {string[]} */ args, /** @type {NodeJS.ProcessEnv} */ env) => cli(["events", "list", ...args], { env: { WAYPOST_TOKEN: "", ...env } });
  const { url } = feeds.server;
  assert.equal((await list(["--settings", settings], {})).code, 3);
  assert.equal((await list(["--settings", settings], { WAYPOST_URL: url })).code, 0);
  assert.equal((await list(["--settings", settings, "--from", url], { WAYPOST_URL: "http://127.0.0.1:1" })).code, 0);
  assert.equal((await list(["--from", url.replace("//", `//x:${SECRETS.POLL_TOKEN}@`)], {})).code, 0);
  assert.equal((await list(["--from", url], {})).code, 4);
  const wrong = await list(["--settings", file("wrong.toml", "form = 1\n")], {});
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /unknown field `form`/);
});

test("completions and man page are made from the arguments", async () => {
  for (const shell of ["bash", "zsh", "fish", "powershell", "elvish"]) {
    assert.match((await cli(["completions", shell])).stdout, /dead-letters/);
  }
  const man = await cli(["man"]);
  for (const said of [".TH waypost", "concurrency", "order\\-by", "Exit codes", "WAYPOST LISTEN"]) {
    assert.ok(man.stdout.includes(said), said);
  }
  const help = await cli(["--help"]);
  assert.match(help.stdout, /Exit codes:\n +0 +done/);
  assert.equal((await cli(["nothing"])).code, 2);
});
