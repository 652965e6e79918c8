// The build under test with something in it that counts what has no clock: calls out of the wasm and into it,
// allocations in it, and questions to the feeds' objects.

import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { temporaryFolder } from "./temp.js";
import { BUILD, MODULES } from "./tools.js";

/** Where the counts are, since they were last asked for. */
export const METER = "/__meter";

/**
 * @typedef {object} Counts
 * @property {number} out calls of the host's functions by the wasm
 * @property {number} in calls of the wasm by the host, its own allocator's among them
 * @property {number} allocations calls of the allocator, new ones and those that grow one
 * @property {Record<string, number>} objects requests to the feeds' objects by method and path
 */

const ALLOCATIONS = "__allocations";
const GROWING = "__growing";

/** Must be loaded first: whatever is instantiated counts. */
const HOOK = `
const { Instance } = WebAssembly;
const counts = { out: 0, in: 0 };
let inside = [];
const counted = (direction, functions) => Object.fromEntries(Object.entries(functions).map(([name, value]) => [
  name,
  // Classes of the host's, such as tags and memories, stay as they are.
  typeof value !== "function" ? value : (...args) => {
    counts[direction] += 1;
    return value(...args);
  },
]));
WebAssembly.Instance = function (module, imports) {
  const bound = Object.fromEntries(Object.entries(imports).map(([name, functions]) => [name, counted("out", functions)]));
  const { exports } = new Instance(module, bound);
  inside.push(exports.${ALLOCATIONS});
  return { exports: counted("in", exports) };
};
/** What was counted since the last time. */
export function taken() {
  const allocations = inside.reduce((sum, counter) => sum + counter.value, 0);
  const now = { ...counts, allocations };
  counts.out = counts.in = 0;
  for (const counter of inside) counter.value = 0;
  return now;
}
`;

const INDEX = `
import { taken } from "./hook.js";
import * as waypost from "./waypost.js";
export * from "./waypost.js";
let objects = {};
export class Feed {
  constructor(state, env) {
    this.inner = new waypost.Feed(state, env);
  }
  fetch(request) {
    const question = request.method + " " + new URL(request.url).pathname;
    objects[question] = (objects[question] ?? 0) + 1;
    return this.inner.fetch(request);
  }
  alarm(info) {
    return this.inner.alarm(info);
  }
}
export default {
  ...waypost.default,
  fetch(request, env, context) {
    if (new URL(request.url).pathname !== "${METER}") return waypost.default.fetch(request, env, context);
    const counted = Response.json({ ...taken(), objects });
    objects = {};
    return counted;
  },
};
`;

/** A folder with it, for `startWorkerd`. */
export async function meteredBuild() {
  const binaryen = await import(createRequire(join(MODULES, "anything.js")).resolve("binaryen"));
  const folder = temporaryFolder("metered");
  for (const file of readdirSync(BUILD).filter((name) => name.endsWith(".js"))) {
    copyFileSync(join(BUILD, file), join(folder, file === "index.js" ? "waypost.js" : file));
  }
  for (const file of readdirSync(BUILD).filter((name) => name.endsWith(".wasm"))) {
    writeFileSync(join(folder, file), countingAllocations(binaryen.default, readFileSync(join(BUILD, file))));
  }
  writeFileSync(join(folder, "hook.js"), HOOK);
  writeFileSync(join(folder, "index.js"), INDEX);
  return folder;
}

/**
 * A wasm whose allocator counts its calls in an exported global. Names are stripped from what is deployed, so the
 * allocator is found from the exports that the host calls.
 *
 * @param {any} binaryen
 * @param {Buffer} wasm
 */
function countingAllocations(binaryen, wasm) {
  const module = binaryen.readBinary(wasm);
  const known = calls(binaryen, module);
  const { global, i32, local } = module;
  module.addGlobal(ALLOCATIONS, binaryen.i32, true, i32.const(0));
  module.addGlobal(GROWING, binaryen.i32, true, i32.const(0));
  module.addGlobalExport(ALLOCATIONS, ALLOCATIONS);
  const growing = () => global.get(GROWING, binaryen.i32);
  const count = (by) => global.set(ALLOCATIONS, i32.add(global.get(ALLOCATIONS, binaryen.i32), by));
  // Whether what grows can stay in its place is chance: what is allocated for that does not count again.
  wrap(binaryen, module, mostCalled(known, "__wbindgen_malloc"), (inner, result) => [count(i32.eqz(growing())), local.set(result, inner)]);
  wrap(binaryen, module, mostCalled(known, "__wbindgen_realloc"), (inner, result) => [
    count(i32.const(1)), global.set(GROWING, i32.const(1)), local.set(result, inner), global.set(GROWING, i32.const(0)),
  ]);
  return module.emitBinary();
}

/** Puts something around a function; `around` gets a call of it, and the local that takes its result. */
function wrap(binaryen, module, name, around) {
  const { params, results, vars, body } = binaryen.getFunctionInfo(module.getFunction(name));
  const inner = `inner ${name}`;
  module.addFunction(inner, params, results, vars, body);
  module.removeFunction(name);
  const types = binaryen.expandType(params);
  const given = types.map((type, at) => module.local.get(at, type));
  const steps = around(module.call(inner, given, results), types.length);
  const whole = module.block(null, [...steps, module.local.get(types.length, results)], results);
  module.addFunction(name, params, results, [results], whole);
}

/** Which functions each function calls, which call it, and which stand behind the exports. */
function calls(binaryen, module) {
  const callees = new Map();
  const callers = new Map();
  for (let at = 0; at < module.getNumFunctions(); at += 1) {
    const { name, body } = binaryen.getFunctionInfo(module.getFunctionByIndex(at));
    if (!body) continue;
    const called = new Set([...binaryen.emitText(body).matchAll(/\(call \$(\S+)/g)].map(([, callee]) => callee));
    callees.set(name, called);
    for (const callee of called) callers.set(callee, (callers.get(callee) ?? 0) + 1);
  }
  const exports = new Map();
  for (let at = 0; at < module.getNumExports(); at += 1) {
    const { name, value } = binaryen.getExportInfo(module.getExportByIndex(at));
    exports.set(name, value);
  }
  return { callees, callers, exports };
}

/**
 * What an export of the allocator's comes to: itself, what it calls or what that calls, whichever is called from most
 * places. The rest are the checks around it, and its rare ways.
 */
function mostCalled({ callees, callers, exports }, name) {
  const of = (function_) => [...(callees.get(function_) ?? [])];
  const first = of(exports.get(name));
  if (first.length !== 1) throw new Error(`${name} calls ${first.length} functions, and one was expected`);
  const candidates = name.endsWith("_malloc") ? [...first, ...first.flatMap(of)] : first;
  return candidates.toSorted((a, b) => (callers.get(b) ?? 0) - (callers.get(a) ?? 0))[0];
}
