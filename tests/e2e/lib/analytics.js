// A stand-in for Workers Analytics Engine, which nobody can read locally (the local binding of wrangler does nothing): what
// is written to the dataset is a line of the log.

import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temp.js";
import { BUILD } from "./tools.js";

const MARK = "DATA POINT ";

const INDEX = `
import * as waypost from "./waypost.js";
export * from "./waypost.js";
class Dataset {
  writeDataPoint(point) {
    console.log("${MARK}" + JSON.stringify(point));
  }
}
const { fetch, queue } = waypost.default;
const analysed = (env) => ({ ...env, ANALYTICS: new Dataset() });
export default {
  fetch: (request, env, context) => fetch(request, analysed(env), context),
  queue: (batch, env, context) => queue(batch, analysed(env), context),
};
`;

/** A folder with the build under test, for `startWorkerd`, that has a dataset. */
export function analysedBuild() {
  const folder = temporaryFolder("analysed");
  copyFileSync(join(BUILD, "index.js"), join(folder, "waypost.js"));
  copyFileSync(join(BUILD, "index_bg.wasm"), join(folder, "index_bg.wasm"));
  writeFileSync(join(folder, "index.js"), INDEX);
  return folder;
}

/** The data points in a log. @param {string} log @returns {{indexes: string[], blobs: string[], doubles: number[]}[]} */
export function dataPoints(log) {
  const lines = log.split("\n").filter((line) => line.includes(MARK));
  return lines.map((line) => JSON.parse(line.slice(line.indexOf(MARK) + MARK.length)));
}
