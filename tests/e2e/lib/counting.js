// The build under test with something before its feeds' objects that counts what they are asked.

import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temp.js";
import { BUILD } from "./tools.js";

/** Where the counts are: paths of requests to the objects, each with how often it was asked. */
export const COUNTS = "/__counts";

const INDEX = `
import * as waypost from "./waypost.js";
let counts = {};
export class Feed {
  constructor(state, env) {
    this.inner = new waypost.Feed(state, env);
  }
  fetch(request) {
    const { pathname, search } = new URL(request.url);
    const question = request.method + " " + pathname + search;
    counts[question] = (counts[question] ?? 0) + 1;
    return this.inner.fetch(request);
  }
  alarm(info) {
    return this.inner.alarm(info);
  }
}
const inner = (env, context) => new waypost.default(context, env);
export default {
  fetch(request, env, context) {
    if (new URL(request.url).pathname !== "${COUNTS}") return inner(env, context).fetch(request);
    const counted = Response.json(counts);
    counts = {};
    return counted;
  },
  queue: (batch, env, context) => inner(env, context).queue(batch),
};
`;

/** A folder with it, for `startWorkerd`. */
export function countingBuild() {
  const folder = temporaryFolder("counting");
  for (const file of readdirSync(BUILD)) {
    if (/\.(js|wasm)$/.test(file)) copyFileSync(join(BUILD, file), join(folder, file === "index.js" ? "waypost.js" : file));
  }
  writeFileSync(join(folder, "index.js"), INDEX);
  return folder;
}
