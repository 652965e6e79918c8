// Webhooks that must be refused, made from any scheme: a row says when the scheme gives room for it,
// how it is made, and with which codes it may be refused.

import { BODIES } from "./forged_bodies.js";
import { REST, TIMES } from "./forged_facts.js";
import { KEYS } from "./forged_keys.js";
import { requirementsOf } from "./forged_requirements.js";
import { SIGNATURES } from "./forged_signatures.js";
import { JWTS } from "./forged_jwts.js";
import { TOKENS } from "./forged_tokens.js";

/** @typedef {import("./kit.js").Kit} Kit */
/** @typedef {import("./kit.js").Webhook} Webhook */

/**
 * @typedef {object} Forgery
 * @property {string} name
 * @property {string[]} codes
 * @property {(kit: Kit) => Webhook} make
 * @property {(kit: Kit) => unknown} [when] always, without it
 */

/** All that the scheme gives room for. @param {Kit} kit */
export const forgeriesOf = (kit) =>
  [
    ...SIGNATURES,
    ...BODIES,
    ...(kit.way.timestamp ? TIMES : []),
    ...REST,
    ...(kit.token ? TOKENS : []),
    ...(kit.way.signature.jwt ? JWTS : []),
    ...(kit.way.keys?.certificate ? KEYS : []),
    ...requirementsOf(kit),
  ]
    .filter(({ when }) => !when || when(kit))
    .map(({ name, codes, make }) => ({ name, codes, webhook: make(kit) }));
