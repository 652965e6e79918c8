// The load generator: wrk, with keep-alive, sending ready-made requests.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const SCRIPT = fileURLToPath(new URL("./load.lua", import.meta.url));
const run = promisify(execFile);

/** Fails with advice where wrk is not installed. */
export async function checkLoadGenerator() {
  await run("wrk", ["--version"]).catch((error) => {
    if (error.code === "ENOENT") throw new Error("the bench drives its load with wrk: install the package `wrk`");
  });
}

/**
 * Sends every request of a pool once.
 *
 * @param {number} port
 * @param {import("./requests.js").Pool} pool
 * @param {{connections: number, status: number, meanwhile?: () => Promise<void>}} options `status`: what every answer
 *   is to be; `meanwhile`: what is done while they are on their way
 * @returns {Promise<{seconds: number, first: number, last: number}>} from the first request to the last answer; when
 *   the first answer and the last one came, on the clock of `process.hrtime`, in milliseconds
 */
export async function load(port, pool, { connections, status, meanwhile }) {
  const wrk = spawn("wrk", [
    "--threads=1", `--connections=${connections}`, "--duration=60s", "--timeout=60s", "--script", SCRIPT,
    `http://127.0.0.1:${port}`, "--", pool.file, String(status),
  ], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [wrk.stdout, wrk.stderr]) stream.on("data", (chunk) => (said += chunk));
  const ended = once(wrk, "close");
  try {
    await meanwhile?.();
    await ended;
  } finally {
    wrk.kill("SIGKILL");
  }
  const result = /^\{"answers".*$/m.exec(said);
  if (!result) throw new Error(`wrk did not come to its end:\n${said}`);
  const { unexpected, seconds, first, last } = JSON.parse(result[0]);
  if (unexpected > 0) throw new Error(`${unexpected} answers of ${pool.count} were not ${status}`);
  return { seconds, first: first * 1000, last: last * 1000 };
}
