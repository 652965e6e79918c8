// Medians, and what they are medians of.

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The quartiles, which say how far the runs lie apart. */
export function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.round(part * (sorted.length - 1))];
  return [at(0.25), at(0.75)];
}

/**
 * The median of what two contestants' runs come to, pair by pair of the same round.
 *
 * @param {number[]} a
 * @param {number[]} b
 * @param {(a: number, b: number) => number} what
 */
export const ofPairs = (a, b, what) => median(a.map((value, round) => what(value, b[round])));
