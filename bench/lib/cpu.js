// What a process has used of the processor, user and system, all of its threads.

import { readdirSync, readFileSync } from "node:fs";

/**
 * Nanosecond clocks of the threads; `/proc/PID/stat` counts in hundredths of a second.
 *
 * @param {number} pid
 * @returns {number} seconds
 */
export function cpuSeconds(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const clocks = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8"));
  return clocks.reduce((sum, clock) => sum + Number(clock.split(" ")[0]), 0) / 1e9;
}

/**
 * The most memory that it has had, in bytes.
 *
 * @param {number} pid
 */
export function peakMemory(pid) {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
