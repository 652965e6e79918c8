// The payloads of @octokit/webhooks-examples as bodies: no two with the same bytes, because two
// GitHub webhooks with equal bytes are one to Waypost, whatever their unsigned ids say.

import { createRequire } from "node:module";

/** @returns {{type: string, body: string}[]} */
export function githubExamples() {
  /** @type {{name: string, examples: object[]}[]} */
  const events = createRequire(import.meta.url)("@octokit/webhooks-examples");
  const bodies = new Set();
  return events.flatMap(({ name, examples }) => examples.map((payload) => {
    // A payload that is in the collection twice is written differently the second time.
    const compact = JSON.stringify(payload);
    const body = bodies.has(compact) ? JSON.stringify(payload, null, 2) : compact;
    bodies.add(body);
    return { type: name, body };
  }));
}
