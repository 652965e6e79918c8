// Numbers and times as people read them.

const NUMBER = new Intl.NumberFormat("en");
const DAY = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium", hour12: false });
const CLOCK = new Intl.DateTimeFormat("en", { timeStyle: "medium", hour12: false });

/** The units of a span, each with so many seconds, the longest first. */
const SPANS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

export const number = (n) => NUMBER.format(n);

/** `1 event`, `2 events`. */
export const count = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

/** `5 minutes`. */
export function span(seconds) {
  const [unit, long] = SPANS.find(([, long]) => seconds >= long) ?? ["second", 1];
  return count(Math.floor(seconds / long), unit);
}

/** How long something has lasted. What is ahead by a clock that goes wrong has just begun. */
export const lasting = (since, now = Date.now()) => span(Math.max(0, now - Date.parse(since)) / 1000);

/** `5 minutes ago`. */
export const ago = (time, now = Date.now()) => `${lasting(time, now)} ago`;

/** A day and a time; nothing of what is none. */
export const moment = (time) => (Number.isNaN(Date.parse(time)) ? String(time ?? "") : DAY.format(new Date(time)));

/** A time of today alone, else with its day. */
export function clock(time, now = new Date()) {
  const at = new Date(time);
  return at.toDateString() === now.toDateString() ? CLOCK.format(at) : moment(time);
}

/** `1.5 KB`. */
export function bytes(n) {
  const unit = ["B", "KB", "MB", "GB"].findIndex((_, at) => n < 1000 ** (at + 1) || at === 3);
  return `${new Intl.NumberFormat("en", { maximumFractionDigits: 1 }).format(n / 1000 ** unit)} ${["B", "KB", "MB", "GB"][unit]}`;
}

/** The id before another one in the same feed: the position from which that one comes next. */
export function before(id, by = 1) {
  const [generation, sequence] = id.split("_");
  return `${generation}_${String(Math.max(0, Number(sequence) - by)).padStart(16, "0")}`;
}

/** How many events are between two positions. */
export const between = (from, to) => Number(to.split("_")[1]) - Number(from.split("_")[1]);
