// Handshakes as providers send them, each with the exact answer: handshakes.json, whose requests and answers
// are the providers' documentation's or were computed with Python.

import { readFileSync } from "node:fs";

/**
 * @typedef {object} Handshake
 * @property {string} provider
 * @property {string} name
 * @property {string} source where it is from
 * @property {string} [secret]
 * @property {Record<string, unknown>} [settings] of the source, beside its secrets
 * @property {number} received_at unix seconds
 * @property {string} method
 * @property {string} [query]
 * @property {Record<string, string>} headers
 * @property {string} [body]
 * @property {{status: number, headers?: Record<string, string>, body?: string}} answer
 */

/** @type {Handshake[]} */
export const HANDSHAKES = JSON.parse(readFileSync(new URL("handshakes.json", import.meta.url), "utf8")).handshakes;

/**
 * The sources for these, and their secrets. A secret of the settings is one too.
 *
 * @param {Handshake[]} handshakes
 */
export function configuration(handshakes) {
  /** @type {Record<string, object>} */
  const sources = {};
  /** @type {Record<string, string>} */
  const secrets = {};
  for (const { provider, secret, settings: { verify_token, ...settings } = {} } of handshakes) {
    const name = `HANDSHAKE_${provider.toUpperCase().replace(/\W/g, "_")}`;
    if (secret !== undefined) secrets[name] = secret;
    if (verify_token !== undefined) secrets[`${name}_TOKEN`] = String(verify_token);
    const source = { provider, ...(secret !== undefined && { secrets: [name] }), public_url: "https://hooks.example.com/x" };
    sources[provider] = { ...source, ...settings, ...(verify_token !== undefined && { verify_token: [`${name}_TOKEN`] }) };
    // The same without what the config has to say for it.
    sources[`bare-${provider}`] = source;
  }
  return { sources, secrets };
}
