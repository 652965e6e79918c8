// Sources of some providers with new secrets, and what webhooks of theirs are made with.

import { Outside } from "./outside.js";
import { PUBLIC_URL } from "./scheme.js";
import { Kit } from "./scheme/kit.js";
import { outsideOf, secretsOf, settingsOf } from "./scheme/sources.js";
import { SCHEMES, variantsOf } from "./scheme/ways.js";

/**
 * One kit for each provider, of the first of its variants.
 *
 * @param {string[]} names
 * @returns {{kits: {name: string, scheme: import("./scheme/ways.js").Scheme, kit: Kit}[],
 *   sources: Record<string, object>, secrets: Record<string, string>, outside: () => Promise<Outside>}}
 */
export function kitsOf(names) {
  /** @type {Record<string, object>} */
  const sources = {};
  /** @type {Record<string, string>} */
  const secrets = {};
  const served = {};
  const kits = names.map((name, at) => {
    const scheme = SCHEMES[name];
    const settings = settingsOf(name, scheme);
    const [variant] = variantsOf(scheme);
    const [secret] = secretsOf(scheme)(variant.way);
    if (secret) secrets[`KIT_${at}`] = secret;
    sources[name] = { provider: name, ...(secret && { secrets: [`KIT_${at}`] }), public_url: PUBLIC_URL, ...settings };
    Object.assign(served, outsideOf(variant.way, settings));
    return { name, scheme, kit: new Kit(variant, name, secret, scheme, settings) };
  });
  return { kits, sources, secrets, outside: () => Outside.start(served) };
}
