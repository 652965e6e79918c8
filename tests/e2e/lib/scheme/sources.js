// What a source of a scheme is configured with, and what is outside for it: its certificates, its keys.

import { createPublicKey } from "node:crypto";
import { certificate } from "../certificate.js";
import { newSecrets, sharedKey } from "./keys.js";
import { NAMELESS, OWN_HEADER, waysOf } from "./ways.js";

/** @typedef {import("./ways.js").Scheme} Scheme */
/** @typedef {Record<string, string | string[]>} Settings what a config says beside secrets */

/** The name of the provider's key. */
export const KID = "key-of-the-provider";
/** The name of a key that the provider has taken out of use. */
export const OLD_KID = "key-of-last-year";

const placeholders = (/** @type {string} */ text) => [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);

/** All that a way asks for that is neither the key's name nor the secret. @param {Scheme} way */
const asked = ({ keys = {} }) =>
  placeholders(`${keys.url}${keys.post}`).filter((name) => name !== "secret" && name !== "kid");

/** @param {string} name @param {Scheme} scheme @returns {Settings} */
export function settingsOf(name, scheme) {
  const ways = waysOf(scheme);
  const listed = ways.flatMap(({ requires = [] }) => requires.flatMap(({ one_of }) => one_of ?? []));
  return {
    ...Object.fromEntries(ways.flatMap(asked).map((key) => [key, `${key}-of-the-tests`])),
    ...Object.fromEntries(listed.map((key) => [key, [`another ${key}`, `${key} of the tests`]])),
    ...(NAMELESS.includes(name) && { header: OWN_HEADER }),
  };
}

/** Whether a way is nothing without a secret of the config's. @param {Scheme} way */
const needsSecret = ({ keys = {}, signed = [] }) =>
  keys.certificate ? signed.join().includes("{secret}") : keys.url === undefined || `${keys.url}${keys.post}`.includes("${secret}");

/**
 * New secrets for every way of a scheme; ways that take the same kind share them.
 *
 * @param {Scheme} scheme
 * @returns {(way: Scheme) => string[]} those of one of its ways; an empty text where it needs none
 */
export function secretsOf(scheme) {
  const kind = ({ key, algorithm }) => JSON.stringify([key, /^(hmac|sha|md5)/.test(algorithm) ? "" : algorithm]);
  /** @type {Map<string, string[]>} */
  const made = new Map();
  for (const way of waysOf(scheme)) {
    if (!made.has(kind(way))) made.set(kind(way), needsSecret(way) ? newSecretsOf(way) : [""]);
  }
  return (way) => made.get(kind(way)) ?? [];
}

/** A way whose keys are fetched has a text for a secret, whatever its algorithm. @param {Scheme} way */
const newSecretsOf = (way) =>
  newSecrets(way.keys?.certificate || way.keys?.url ? { ...way, algorithm: "hmac-sha256" } : way);

/** A URL like the first of these patterns. @param {string[]} urls */
export const urlLike = ([pattern]) => pattern.replace("{region}", "eu-west-1").replaceAll("*", "0123abcd");

/** The URL of a fetched set of keys. @param {Scheme} way @param {Settings} settings */
const setUrl = ({ keys }, settings) => (keys?.url ?? "").replace(/\$\{(\w+)\}/g, (_, name) => String(settings[name]));

/** A private key's public half as a JSON Web Key. @param {import("node:crypto").KeyObject} key @param {object} more */
export const jwk = (key, more) => ({ ...createPublicKey(key).export({ format: "jwk" }), ...more });

/**
 * What is outside for a way, by URL.
 *
 * @param {Scheme} way
 * @param {Settings} settings
 * @returns {Record<string, import("../outside.js").Served>}
 */
export function outsideOf(way, settings) {
  const { certificate: at, urls, url, post } = way.keys ?? {};
  if (at && urls) return certificates(way, urls);
  if (url === undefined) return {};
  const keys = [jwk(sharedKey(way), { kid: KID, use: "sig" }), jwk(sharedKey(way), { kid: OLD_KID, expired_at: 1_700_000_000 })];
  if (!post) return { [setUrl(way, settings)]: JSON.stringify({ keys }) };
  const answer = (/** @type {import("../outside.js").Asked} */ { body }) => {
    const key = keys.find(({ kid }) => kid === JSON.parse(body).key_id);
    return key ? JSON.stringify({ key: { expired_at: null, ...key }, request_id: "1" }) : { status: 400, body: "{}" };
  };
  return { [setUrl(way, settings)]: answer };
}

/** URLs of certificates that are not good; they differ from the good one at the end of a wildcard. */
export const SPOILT = { expired: "0123abc1", early: "0123abc2", strange: "0123abc3", redirected: "0123abc4" };

/** A certificate's URL with another name. @param {string[]} urls @param {string} name */
export const urlOf = (urls, name) => urlLike(urls).replaceAll("0123abcd", name);

/** @param {Scheme} way @param {string[]} urls */
function certificates(way, urls) {
  const [key, now, day] = [sharedKey(way), Date.now(), 86_400_000];
  const redirect = { status: 302, headers: { location: urlLike(urls) } };
  return {
    [urlLike(urls)]: certificate(key),
    [urlOf(urls, SPOILT.expired)]: certificate(key, { until: now - day }),
    [urlOf(urls, SPOILT.early)]: certificate(key, { from: now + day }),
    [urlOf(urls, SPOILT.strange)]: certificate(sharedKey(way, "another owner")),
    [urlOf(urls, SPOILT.redirected)]: redirect,
  };
}
