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
const MAC = "waypost mac";

let measured;

/** The whole way from the headers to the proof, the part of it that is ring's, and the part that knows no body. */
export const CASES = [
  ...Object.entries(SIZES).flatMap(([label, bytes]) => [
    rated(`verify, native, ${label}`, bytes, NAMES),
    { ...rated(`MAC and comparison, native, ${label}`, bytes, [MAC, "ring"]), waypost: MAC },
  ]),
  {
    name: "native",
    title: "screening of headers, native",
    figure: "ms",
    unit: "ns",
    contestants: ["waypost"],
    targets: [],
    measure: async (options) => {
      measured ??= run(options);
      return [{ name: "waypost", ms: samples("screen/waypost").map(({ count, time }) => time / count) }];
    },
  },
];

/** @param {string[]} names ring among them, whose figure bounds the first one's */
function rated(title, bytes, names) {
  return {
    name: "native",
    title,
    figure: "rate",
    unit: "MB/s",
    contestants: names,
    targets: [{ of: "ring", least: 0.9 }],
    measure: async (options) => {
      measured ??= run(options);
      const rate = (name) => samples(`verify/${name}/${bytes}`).map(({ count, time }) => (count * bytes * 1e3) / time);
      return names.map((name) => ({ name, rate: rate(name) }));
    },
  };
}

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

/** How often something was done in so many nanoseconds: criterion's samples, in the order in which they were taken. */
function samples(id) {
  const { iters, times } = JSON.parse(readFileSync(join(TARGET, "criterion", id, "new/sample.json"), "utf8"));
  return iters.map((count, at) => ({ count, time: times[at] }));
}
