// Waiting for conditions. No test sleeps for a guessed time.

import { connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/**
 * Waits until `condition` gives something truthy, and returns that.
 * An error that it throws counts as "not yet" and is shown if the time runs out.
 *
 * @template T
 * @param {() => T | Promise<T>} condition
 * @param {object} [options]
 * @param {string} [options.what] said in the error
 * @param {number} [options.within] milliseconds
 * @param {number} [options.every] milliseconds
 * @param {() => boolean} [options.unless] there is no more hope
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(
  condition,
  { what = String(condition), within = 15_000, every = 10, unless = () => false } = {},
) {
  const deadline = performance.now() + within;
  let last;
  for (;;) {
    try {
      const value = await condition();
      if (value) return /** @type {NonNullable<T>} */ (value);
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (unless()) throw new Error(`cannot be any more: ${what}`, { cause: last });
    if (performance.now() > deadline) {
      throw new Error(`not within ${within} ms: ${what}`, { cause: last });
    }
    await pause(every);
  }
}

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await new Promise((closed) => server.close(closed));
  return port;
}

/**
 * Whether something accepts connections on a port.
 *
 * @param {number} port
 * @param {string} [host]
 * @returns {Promise<boolean>}
 */
export function accepts(port, host = "127.0.0.1") {
  return new Promise((answer) => {
    const socket = connect(port, host);
    socket.once("connect", () => (socket.destroy(), answer(true)));
    socket.once("error", () => answer(false));
  });
}
