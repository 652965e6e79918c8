// The build under test with something around it that counts: what the Worker is asked, how much of that at once,
// and what it asks its feeds' objects.

import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temp.js";
import { BUILD } from "./tools.js";

/** Where the counts are, since they were last asked for. */
export const COUNTS = "/__counts";

/**
 * @typedef {object} Counts
 * @property {Record<string, number>} objects requests to the objects, each with how often it was made
 * @property {number} reads GET requests to the Worker
 * @property {number} most the most of them that it had at once
 * @property {number} wasm bytes of the wasm's memory
 */

/** Must be loaded first: it notes the memory of whatever is instantiated. */
const HOOK = `
const { Instance } = WebAssembly;
export const memories = [];
WebAssembly.Instance = function (...args) {
  const instance = new Instance(...args);
  memories.push(instance.exports.memory);
  return instance;
};
`;

const INDEX = `
import { memories } from "./hook.js";
import * as waypost from "./waypost.js";
const none = () => ({ objects: {}, reads: 0, most: 0 });
let counts = none();
let now = 0;
export class Feed {
  constructor(state, env) {
    this.inner = new waypost.Feed(state, env);
  }
  fetch(request) {
    const { pathname, search } = new URL(request.url);
    const question = request.method + " " + pathname + search;
    counts.objects[question] = (counts.objects[question] ?? 0) + 1;
    return this.inner.fetch(request);
  }
  alarm(info) {
    return this.inner.alarm(info);
  }
}
const inner = waypost.default;
export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname === "${COUNTS}") {
      const wasm = memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
      const counted = Response.json({ ...counts, wasm });
      counts = none();
      return counted;
    }
    if (request.method !== "GET") return inner.fetch(request, env, context);
    counts.reads += 1;
    now += 1;
    counts.most = Math.max(counts.most, now);
    try {
      return await changed(await inner.fetch(request, env, context));
    } finally {
      now -= 1;
    }
  },
  queue: (batch, env, context) => inner.queue(batch, env, context),
};
`;

/** Answers as they are, or those to holds that end with nothing made uncacheable. */
const AS_IT_IS = "const changed = (answer) => answer;";
const UNCACHEABLE = `
async function changed(answer) {
  const text = await answer.text();
  const headers = new Headers(answer.headers);
  if (text.includes('"cursor"')) headers.set("cache-control", "no-store");
  return new Response(text, { status: answer.status, headers });
}`;

/** A folder with it, for `startWorkerd`. @param {{uncacheable?: boolean}} [options] */
export function countingBuild({ uncacheable = false } = {}) {
  const folder = temporaryFolder("counting");
  for (const file of readdirSync(BUILD)) {
    if (/\.(js|wasm)$/.test(file)) copyFileSync(join(BUILD, file), join(folder, file === "index.js" ? "waypost.js" : file));
  }
  writeFileSync(join(folder, "hook.js"), HOOK);
  writeFileSync(join(folder, "index.js"), INDEX + (uncacheable ? UNCACHEABLE : AS_IT_IS));
  return folder;
}
