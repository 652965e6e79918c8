// The core's verification natively beside ring's, by criterion (native/).

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../tests/e2e/lib/tools.js";
import { progress } from "../lib/turns.js";

const CRATE = fileURLToPath(new URL("../native", import.meta.url));
const TARGET = join(ROOT, "target/native");
const SIZES = { "1 KB": 1 << 10, "10 KB": 10 << 10, "100 KB": 100 << 10, "1 MB": 1 << 20 };
const NAMES = ["waypost", "ring", "waypost github", "ring twice"];

let measured;

export const CASES = Object.entries(SIZES).map(([label, bytes]) => ({
  name: "native",
  title: `verify, native, ${label}`,
  figure: "rate",
  unit: "MB/s",
  contestants: NAMES,
  targets: [{ of: "ring", least: 0.9 }],
  measure: async (options) => {
    measured ??= run(options);
    return NAMES.map((name) => ({ name, rate: rates(name, bytes) }));
  },
}));

function run({ rounds, share }) {
  progress("verify, native");
  const seconds = share < 1 ? ["0.3", "0.5"] : ["0.5", "1.5"];
  const { status, stderr } = spawnSync("cargo", [
    "bench", "--bench", "verify", "--",
    "--noplot", "--sample-size", String(Math.max(10, 2 * rounds)), "--warm-up-time", seconds[0], "--measurement-time", seconds[1],
  ], { cwd: CRATE, env: { ...process.env, CARGO_TARGET_DIR: TARGET }, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  if (status !== 0) throw new Error(`the native bench: ${stderr.slice(-2000)}`);
  progress("");
  return true;
}

/** Megabytes a second, of each of criterion's samples, in the order in which they were taken. */
function rates(name, bytes) {
  const file = join(TARGET, "criterion/verify", name, String(bytes), "new/sample.json");
  const { iters, times } = JSON.parse(readFileSync(file, "utf8"));
  return iters.map((count, at) => (count * bytes * 1e3) / times[at]);
}
