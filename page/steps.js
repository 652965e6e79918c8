// How a signature was verified, step by step.

import { ask, base, part } from "./api.js";
import { badge, h, quoted, theirs } from "./dom.js";

const TONES = { passed: "good", failed: "bad", skipped: "plain" };
/** Any other verdict is the code of a refusal. */
const VERDICTS = { verified: "good", unverifiable: "plain" };

/** @returns {Promise<any>} */
export const verification = (feed, id, signal) => ask(`${base(feed)}/events/${part(id)}/verification`, { signal });

export const verified = ({ verdict, provider, steps }) => [
  h("p", null, badge(verdict, VERDICTS[verdict] ?? "bad"), provider && h("span", { class: "faint" }, ` as ${provider} signs`)),
  h("ol", { class: "steps" }, steps.map(({ step, status, detail }, at) => h("li", { key: at, class: status },
    h("span", { class: "step" }, badge(status, TONES[status]), " ", h("strong", null, theirs(step))),
    detail && quoted(detail, { class: "detail" })))),
];
