// The feed's tallies as series of the last hour.

/** Minutes that are shown. */
export const MINUTES = 60;

/** What becomes of a webhook that was taken; anything else is the code of a refusal, but for what the queue brought again. */
const TAKEN = new Set(["stored", "duplicate", "already_processed", "answered"]);

/** Tallies of one kind, as objects. @param {any} feed @param {string} kind */
const of = (feed, kind) => feed.tallies.filter(([one]) => one === kind).map(([, a, b, minute, n]) => ({ a, b, minute, n }));

/** So many in each minute of the last hour, the oldest first. @param {{minute: number, n: number}[]} tallies @param {number} now */
function byMinute(tallies, now) {
  const series = new Array(MINUTES).fill(0);
  for (const { minute, n } of tallies) {
    const at = MINUTES - 1 - (now - minute);
    if (at >= 0 && at < MINUTES) series[at] += n;
  }
  return series;
}

const sum = (series) => series.reduce((all, n) => all + n, 0);

/**
 * What a source, or every source of a feed, received and refused in the last hour.
 *
 * @param {any} feed @param {number} now a unix minute @param {string} [source]
 */
export function received(feed, now, source) {
  const webhooks = of(feed, "webhook").filter(({ a, b }) => b !== "redelivered" && (source === undefined || a === source));
  const taken = byMinute(webhooks.filter(({ b }) => TAKEN.has(b)), now);
  const refusals = webhooks.filter(({ b, minute }) => !TAKEN.has(b) && now - minute < MINUTES);
  const refused = byMinute(refusals, now);
  const codes = new Map();
  for (const { b, n } of refusals) codes.set(b, (codes.get(b) ?? 0) + n);
  return { series: [taken, refused], taken: sum(taken), refused: sum(refused), codes: [...codes].sort(([, a], [, b]) => b - a) };
}

/** What a subscription delivered in the last hour, and the attempts that failed. @param {any} feed @param {number} now @param {string} id */
export function delivered(feed, now, id) {
  const mine = of(feed, "delivery").filter(({ a }) => a === id);
  const [well, failed] = ["delivered", "failed"].map((what) => byMinute(mine.filter(({ b }) => b === what), now));
  return { series: [well, failed], taken: sum(well) };
}

/** What a consumer acknowledged in the last hour. @param {any} feed @param {number} now @param {string} name */
export function acknowledged(feed, now, name) {
  const series = byMinute(of(feed, "ack").filter(({ a }) => a === name), now);
  return { series: [series, byMinute([], now)], taken: sum(series) };
}
