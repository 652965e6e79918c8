// The entry point: an instance of the wasm that is broken is replaced before the next request.

import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Feeds } from "./lib/feeds.js";
import { temporaryFolder } from "./lib/temp.js";
import { BUILD } from "./lib/tools.js";
import { until } from "./lib/wait.js";

const BREAK = "/__break";
/** Says what the wasm's hook says of a panic. */
const INDEX = `
import * as waypost from "./waypost.js";
export * from "./waypost.js";
export default {
  ...waypost.default,
  fetch(request, env, context) {
    if (new URL(request.url).pathname !== "${BREAK}") return waypost.default.fetch(request, env, context);
    waypost.Feed.init_state().criticalError = true;
    return new Response("broken");
  },
};
`;

function breakable() {
  const folder = temporaryFolder("breakable");
  copyFileSync(join(BUILD, "index.js"), join(folder, "waypost.js"));
  copyFileSync(join(BUILD, "index_bg.wasm"), join(folder, "index_bg.wasm"));
  writeFileSync(join(folder, "index.js"), INDEX);
  return folder;
}

/** @type {Feeds} */
let feeds;
before(async () => {
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] } }, { build: breakable() });
});
after(() => feeds?.stop());

const renewed = () => feeds.server.log.split("Reinitializing Wasm application").length - 1;

test("a broken instance is replaced, and what a feed has is still read", async () => {
  const reader = feeds.reader();
  await feeds.flood("default", 3);
  assert.equal((await reader.get("/events")).json.events.length, 3);
  assert.equal(renewed(), 0);
  assert.equal((await reader.fetch(BREAK)).text, "broken");
  for (const headers of [{}, { "cache-control": "max-age=0" }]) {
    const { status, json } = await reader.get("/events", { headers });
    assert.deepEqual([status, json.events.length], [200, 3]);
  }
  await until(() => renewed() === 1, { what: "it was replaced, once" });
});
