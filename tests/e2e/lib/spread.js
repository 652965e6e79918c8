// The platform takes 5 KB a variable, so Waypost merges SOURCES, SOURCES_2 and so on.

/** What the platform takes. */
const MOST = 5 * 1024;

/**
 * Entries of one kind in as many variables as they need.
 *
 * @param {string} name such as SOURCES
 * @param {Record<string, object>} entries
 * @returns {Record<string, Record<string, object>>}
 */
export function spread(name, entries) {
  /** @type {Record<string, object>[]} */
  const variables = [{}];
  for (const [key, entry] of Object.entries(entries)) {
    const longer = { ...variables.at(-1), [key]: entry };
    if (JSON.stringify(longer).length <= MOST) variables[variables.length - 1] = longer;
    else variables.push({ [key]: entry });
  }
  return Object.fromEntries(variables.map((variable, at) => [at === 0 ? name : `${name}_${at + 1}`, variable]));
}
