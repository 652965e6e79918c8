// A backend that nothing can reach, in a network of its own: it listens on that network's loopback, and
// the one way between the networks is the one that the agent takes, out to Waypost.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Agent } from "./lib/agent.js";
import { fresh } from "./lib/bodies.js";
import { Child } from "./lib/child.js";
import { Feeds } from "./lib/feeds.js";
import { silence } from "./lib/silence.js";
import { temporaryFolder } from "./lib/temp.js";
import { HERE } from "./lib/tools.js";
import { accepts, freePort, until } from "./lib/wait.js";

/** @param {string[]} args */
const ip = (...args) => spawnSync("ip", args, { encoding: "utf8" });

const name = `waypost-${randomInt(1e6)}`;
const net = `10.${randomInt(200, 255)}.${randomInt(255)}`;
const [near, far] = [`${net}.1`, `${net}.2`];

const made = ip("netns", "add", name).status === 0;
process.on("exit", () => made && ip("netns", "del", name));

/** A command inside that network. @param {string[]} command */
const inside = (...command) => ["netns", "exec", name, ...command];

test("a backend with no way in gets its events", { skip: made ? false : "this machine makes no network namespaces" }, async (t) => {
  for (const command of [
    ["link", "add", "wp-near", "type", "veth", "peer", "name", "wp-far", "netns", name],
    ["addr", "add", `${near}/30`, "dev", "wp-near"],
    ["link", "set", "wp-near", "up"],
    inside("ip", "addr", "add", `${far}/30`, "dev", "wp-far"),
    inside("ip", "link", "set", "wp-far", "up"),
    inside("ip", "link", "set", "lo", "up"),
  ]) {
    const { status, stderr } = ip(...command);
    assert.equal(status, 0, `ip ${command.join(" ")}: ${stderr}`);
  }
  const feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] } });
  t.after(() => feeds.stop());
  const way = await silence(feeds.server.port, near);
  t.after(() => way.close());
  const [port, journal] = [await freePort(), join(temporaryFolder("namespace"), "journal")];
  const backend = new Child("ip", inside(process.execPath, join(HERE, "lib/backend_process.js"), String(port), journal));
  t.after(() => backend.kill());
  await until(() => backend.log.includes("ready"));
  // From here, it cannot be reached.
  for (const host of ["127.0.0.1", far]) assert.equal(await accepts(port, host), false, host);

  const agent = new Agent(way, ["--to", `http://127.0.0.1:${port}/`], ["ip", ...inside()]);
  t.after(() => agent.stop());
  await feeds.append("default", ...Array.from({ length: 50 }, () => fresh()));
  await until(() => readFileSync(journal, "utf8").split("\n").length === 51, { what: "50 events arrive" });
});
