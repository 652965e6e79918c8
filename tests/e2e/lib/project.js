// The project's configuration with a test's own sources, feeds and secrets put into it: the base
// of both ways of running Waypost (wrangler.js and workerd.js).

import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { SECRETS } from "./fixtures.js";
import { spread } from "./spread.js";
import { WRANGLER_TOML } from "./tools.js";

/**
 * @typedef {object} Overrides
 * @property {Record<string, object>} [sources] replace `vars.SOURCES` (as a whole)
 * @property {Record<string, object>} [feeds] replace `vars.FEEDS` (as a whole)
 * @property {Record<string, unknown>} [vars] further variables, laid over the config's
 * @property {Record<string, string>} [secrets] laid over the secrets of fixtures.js
 * @property {string} [config] another wrangler.toml to start from
 * @property {Record<string, unknown>} [wrangler] further top-level keys of the wrangler config
 */

/**
 * @param {Overrides} [overrides]
 * @returns {{config: any, secrets: Record<string, string>}}
 */
export function project({ sources, feeds, vars, secrets, config: path = WRANGLER_TOML, wrangler } = {}) {
  /** @type {any} */
  const config = { ...parse(readFileSync(path, "utf8")), ...wrangler };
  // The build under test is ready made; nothing here may rebuild it.
  delete config.build;
  config.vars = { ...config.vars };
  if (sources) replaceAll(config.vars, "SOURCES", sources);
  if (feeds) replaceAll(config.vars, "FEEDS", feeds);
  Object.assign(config.vars, vars);
  return { config, secrets: { ...SECRETS, ...secrets } };
}

/** Also takes away `SOURCES_2` and so on, which Waypost would merge. */
function replaceAll(vars, name, value) {
  for (const key of Object.keys(vars)) {
    if (key === name || key.startsWith(`${name}_`)) delete vars[key];
  }
  Object.assign(vars, spread(name, value));
}
