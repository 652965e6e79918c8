// Contestants in turn, round after round.

/**
 * What a contestant's runs gave: each figure's value of each round.
 *
 * @typedef {Record<string, number[]>} Runs
 */

/**
 * Every entry once a round, and each round begins with another one.
 *
 * @template {{name: string, runs: Runs}} Entry
 * @param {Entry[]} entries
 * @param {(entry: Entry, round: number) => Promise<Record<string, number>>} once
 * @param {{rounds: number, warm?: number, title: string}} options `warm`: rounds that do not count, in which code is
 *   optimised and heaps grow
 */
export async function inTurns(entries, once, { rounds, warm = 2, title }) {
  for (let round = -warm; round < rounds; round += 1) {
    progress(`${title}: round ${Math.max(0, round + 1)} of ${rounds}`);
    const from = (((round * 3) % entries.length) + entries.length) % entries.length;
    for (const entry of [...entries.slice(from), ...entries.slice(0, from)]) {
      const figures = await once(entry, round);
      if (round < 0) continue;
      for (const [name, value] of Object.entries(figures)) (entry.runs[name] ??= []).push(value);
    }
  }
  progress("");
}

export function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
