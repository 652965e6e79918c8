// Pages backwards. Lists are read forwards, so what is before a position is read in steps, each longer than the one
// before it where a filter hides most of what is there.

import { ask } from "./api.js";
import { before, between } from "./format.js";

/** So many are shown at once. */
export const PAGE = 40;
/** The longest step, and the most steps that one press of a button takes. */
const LONGEST = 8_000;
const MOST_STEPS = 8;
const MOST_AT_ONCE = 500;

/**
 * @typedef {object} Where
 * @property {string} path of the list
 * @property {"events" | "deliveries"} list its member
 * @property {URLSearchParams} filters
 * @property {AbortSignal} signal
 */

/** Everything in (from, to], oldest first. @param {Where} where @param {string} from @param {string} to */
async function range({ path, list, filters, signal }, from, to) {
  const found = [];
  for (let position = from; position && between(position, to) > 0;) {
    const query = new URLSearchParams(filters);
    query.set("since_id", position);
    query.set("limit", String(Math.min(MOST_AT_ONCE, between(position, to))));
    const { [list]: page, next } = await ask(`${path}?${query}`, { signal });
    found.push(...page.filter(({ id }) => id <= to));
    if (next === position) break;
    position = next;
  }
  return found;
}

/**
 * What is before and at a position, newest first.
 *
 * @param {Where & {to: string, earliest: string}} options `earliest` is the first that there can be
 * @returns {Promise<{found: any[], position: string, end: boolean}>} and the position before them
 */
export async function older({ to, earliest, ...where }) {
  let start = before(earliest);
  let position = to;
  let step = PAGE;
  const found = [];
  for (let steps = 0; steps < MOST_STEPS && found.length < PAGE && position > start; steps += 1) {
    const from = before(position, Math.min(step, between(start, position)));
    try {
      found.push(...(await range(where, from, position)).reverse());
      position = from;
    } catch (error) {
      // Retention went on meanwhile.
      if (error.status !== 410 || !error.problem.earliest || before(error.problem.earliest) <= start) throw error;
      start = before(error.problem.earliest);
      continue;
    }
    step = Math.min(LONGEST, step * 4);
  }
  return { found, position, end: position <= start };
}
