// Whether a case's targets hold.

import { SDK_PEERS } from "../contestants.js";
import { median, quartiles } from "./statistics.js";

/**
 * What is asked of Waypost in a case: its figure is at most, or at least, so many times another contestant's, both
 * above the case's zero line where it has one.
 *
 * @typedef {object} Target
 * @property {string} of a contestant's name, or `best peer`
 * @property {number} [most]
 * @property {number} [least]
 * @property {string} [figure] another one than the case's
 * @property {null} [zero] without the case's zero line
 */

/**
 * @typedef {object} Verdict
 * @property {string} title the case's
 * @property {string} figure
 * @property {string} of
 * @property {number} limit
 * @property {"at most" | "at least"} bound
 * @property {number} ratio the median of the pairs
 * @property {number[]} quartiles
 * @property {boolean} met
 * @property {Record<string, number>} others the same ratio of those of {@link YARDSTICKS} that took part
 */

/**
 * What a target can be held against: a Worker that does nothing but what the platform is asked for, one that verifies by
 * hand and does no more, and one that does by hand all that Waypost does.
 */
export const YARDSTICKS = ["empty+ops", "bare", "twin"];

/** @returns {Verdict[]} of those targets whose contestants took part */
export function verdicts(kase) {
  return kase.targets.flatMap((target) => {
    const { figure = kase.figure, zero = kase.zero } = target;
    const named = (name) => kase.contestants.find((one) => one.name === name);
    const other = target.of === "best peer" ? best(kase, figure) : named(target.of);
    const [own, base] = [kase.waypost ?? "waypost", zero].map(named);
    if (!own || !other || (zero && !base)) return [];
    const pairs = ratios(own, other, base, figure);
    const ratio = median(pairs);
    const [bound, limit] = target.most === undefined ? ["at least", target.least] : ["at most", target.most];
    const met = bound === "at most" ? ratio <= limit : ratio >= limit;
    const beside = YARDSTICKS.map(named).filter((one) => one && one !== other);
    const others = Object.fromEntries(beside.map((one) => [one.name, median(ratios(one, other, base, figure))]));
    return [{ title: kase.title, figure, of: other.name, bound, limit, ratio, quartiles: quartiles(pairs), met, others }];
  });
}

/** What one's figure is of another's, pair by pair of the same round. */
export function ratios(own, other, base, figure) {
  const above = (one, round) => one[figure][round] - (base?.[figure][round] ?? 0);
  return own[figure].map((_, round) => above(own, round) / above(other, round));
}

function best({ contestants }, figure) {
  const peers = contestants.filter(({ name }) => SDK_PEERS.includes(name));
  return peers.toSorted((a, b) => median(a[figure]) - median(b[figure]))[0];
}
