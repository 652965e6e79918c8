// The load generator: wrk, with keep-alive, sending ready-made requests.

import { execFile } from "node:child_process";
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
 * @param {{connections: number, status: number}} options `status`: what every answer is to be
 * @returns {Promise<{seconds: number}>} from the first request to the last answer
 */
export async function load(port, pool, { connections, status }) {
  const { stdout } = await run("wrk", [
    "--threads=1", `--connections=${connections}`, "--duration=60s", "--timeout=60s", "--script", SCRIPT,
    `http://127.0.0.1:${port}`, "--", pool.file, String(status),
  ]);
  const result = /^\{"answers".*$/m.exec(stdout);
  if (!result) throw new Error(`wrk did not come to its end:\n${stdout}`);
  const { unexpected, seconds } = JSON.parse(result[0]);
  if (unexpected > 0) throw new Error(`${unexpected} answers of ${pool.count} were not ${status}`);
  return { seconds };
}
