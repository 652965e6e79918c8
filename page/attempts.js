// A delivery in full: each attempt, and the last answer.

import { badge, h, theirs } from "./dom.js";
import { count, moment, number } from "./format.js";

export const TONES = { delivered: "good", failed: "bad", pending: "warn" };

/** One attempt's end: a status, or why there was none. */
const ended = ({ status, error }) => [status != null && h("code", null, String(status)), error && theirs(error)];

export const attempts = ({ history = [], last_response: last, reason, next_attempt_at: next, attempts: made }) => [
  reason && h("p", { class: "bad" }, theirs(reason)),
  next && h("p", null, "Next attempt ", h("time", { datetime: next }, moment(next))),
  history.length > 0 && h("ol", { class: "attempts" }, history.map((one, at) => h("li", { key: at },
    h("time", { datetime: one.at }, moment(one.at)), " ", ...ended(one), " ", h("span", { class: "faint" }, `${number(one.duration_ms)} ms`)))),
  made > history.length && h("p", { class: "faint" }, `${count(made, "attempt")} in all; the oldest are no longer listed.`),
  last && h("details", null, h("summary", null, "Last answer"), h("pre", { class: "body", tabindex: 0, role: "group", "aria-label": "Last answer" }, theirs(last))),
];

export const state = (delivery) => badge(delivery.status, TONES[delivery.status]);
