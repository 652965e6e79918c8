// Where things are: the repository, the build under test, and the tools that run it.

import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

if (Number(process.versions.node.split(".")[0]) < 22) {
  throw new Error(`these tests need Node 22, not ${process.version}: \`cargo xtask test e2e\` brings it`);
}

/** The folder of these tests. */
export const HERE = dirname(dirname(fileURLToPath(import.meta.url)));

/** The root of the repository. */
export const ROOT = resolve(HERE, "../..");

/** The build under test: a folder with `index.js` and its wasm. */
export const BUILD = resolve(HERE, process.env.WAYPOST_BUILD ?? "../../build");

/** The project's real configuration. */
export const WRANGLER_TOML = join(ROOT, "wrangler.toml");

/** A Python with the packages of requirements.txt, for tests that drive Python clients. */
export const PYTHON = process.env.WAYPOST_PYTHON;

/** What the root's package.json installs. */
export const MODULES = process.env.WAYPOST_NODE_MODULES ?? join(ROOT, "node_modules");

/** wrangler's script, to be run with this very Node. */
export const WRANGLER = join(MODULES, "wrangler/bin/wrangler.js");

/** The workerd program itself, not its launcher: its process is what tests kill and measure. */
export const workerdProgram = () =>
  /** @type {string} */ (createRequire(join(MODULES, "anything.js"))("workerd").default);
