// A line to a server that can go dead: nothing passes any more, and neither end is told.

import { connect, createServer } from "node:net";

/** @param {number} port of the server @param {string} [host] where the line begins */
export async function silence(port, host = "127.0.0.1") {
  /** @type {Set<import("node:net").Socket>} */
  const sockets = new Set();
  let opened = 0;
  const server = createServer((near) => {
    opened += 1;
    const far = connect(port, "127.0.0.1");
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => (sockets.delete(one), other.destroy()));
      one.pipe(other);
    }
  });
  await new Promise((ready) => server.listen(0, host, () => ready(undefined)));
  const { port: own } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://${host}:${own}`,
    /** How many lines are open. */
    get connections() {
      return sockets.size / 2;
    },
    /** How many ever were. */
    get opened() {
      return opened;
    },
    /** The lines that are open now go dead; later ones work. */
    hush() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
