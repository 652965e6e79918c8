// Shared caches of Debian in front of an origin, configured as one would.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "./child.js";
import { debian } from "./debian.js";
import { removeFolder, temporaryFolder } from "./temp.js";
import { accepts, freePort, until } from "./wait.js";

const { paths, skip } = debian({ varnishd: "varnish", nginx: "nginx-light" });

/** Why tests that need them are skipped. */
export const skipFronts = skip;

/** @typedef {{url: string, stop: () => Promise<void>}} Front */

/** @type {Record<string, (folder: string, port: number, origin: number) => Child>} */
const KINDS = {
  // Nothing but where the origin is.
  varnish(folder, port, origin) {
    const file = join(folder, "default.vcl");
    writeFileSync(file, `vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "${origin}"; .first_byte_timeout = 60s; }\n`);
    return new Child(paths.varnishd, [
      "-F", "-j", "none", "-n", join(folder, "work"), "-a", `127.0.0.1:${port}`, "-f", file, "-s", "malloc,64m", "-T", "none",
    ]);
  },
  // One request for one thing at a time, and who waits for it may wait as long as a hold.
  nginx(folder, port, origin) {
    const file = join(folder, "nginx.conf");
    for (const name of ["cache", "body", "proxy"]) mkdirSync(join(folder, name));
    writeFileSync(file, `
      daemon off; user root; worker_processes 1; pid ${folder}/pid; error_log stderr error;
      events { worker_connections 4096; }
      http {
        access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
        proxy_cache_path ${folder}/cache keys_zone=feeds:4m;
        server {
          listen 127.0.0.1:${port};
          location / {
            proxy_pass http://127.0.0.1:${origin}; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_read_timeout 60s; proxy_cache feeds;
            proxy_cache_lock on; proxy_cache_lock_age 60s; proxy_cache_lock_timeout 60s;
          }
        }
      }`);
    return new Child(paths.nginx, ["-c", file, "-p", folder]);
  },
};

/** Starts a cache. @param {"varnish" | "nginx"} kind @param {number} origin its port @returns {Promise<Front>} */
export async function startFront(kind, origin) {
  const folder = temporaryFolder(kind);
  const port = await freePort();
  const child = KINDS[kind](folder, port, origin);
  const stop = async () => {
    await child.stop();
    removeFolder(folder);
  };
  try {
    await until(() => accepts(port), { what: `${kind} listens`, within: 20_000, unless: () => child.exited });
  } catch (error) {
    await stop();
    throw new Error(`${kind} did not start:\n${child.log}`, { cause: error });
  }
  return { url: `http://127.0.0.1:${port}`, stop };
}
