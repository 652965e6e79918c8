// schemathesis asks whatever the OpenAPI document allows, and what it does not, and finds no answer that the
// document does not describe; other validators read the document itself.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { Child } from "./lib/child.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN } from "./lib/fixtures.js";
import { skipPython } from "./lib/python.js";
import { temporaryFolder } from "./lib/temp.js";
import { PYTHON } from "./lib/tools.js";
import { until } from "./lib/wait.js";

/** What would only make it wait is left out: holds, which other tests ask for. What is against the document is
 * generated case by case, and not at random: an empty value counts as absent, whatever the parameter. */
const CONFIG = `
[parameters]
"query.wait" = 0
"query.timeout" = 0
"header.Prefer" = "return=minimal"

[phases.fuzzing]
generation.mode = "positive"

[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 410, 413, 429, "5xx"]
`;

/** A claim says in its body how long it waits; and half a character is no text, which no schema can say. */
const HOOKS = `
import schemathesis

def whole(value):
    if isinstance(value, str):
        return value.encode("utf-8", "ignore").decode()
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, dict):
        return {whole(name): whole(item) for name, item in value.items()}
    return value

@schemathesis.hook
def before_call(context, case, kwargs):
    if isinstance(case.body, dict):
        case.body = whole(case.body)
        if isinstance(case.body.get("wait"), (int, float)):
            case.body["wait"] = 0
`;

/** @type {Feeds} */
let feeds;
before(async () => {
  feeds = await Feeds.start({
    default: { tokens: ["POLL_TOKEN"], stream_seconds: 1 }, open: { public: true, tokens: ["POLL_TOKEN"], stream_seconds: 1 },
  });
  for (const feed of ["default", "open"]) await feeds.append(feed, fresh(), fresh(), fresh());
});
after(() => feeds?.stop());

/** What schemathesis says, and whether it is content. @param {string} base @param {string[]} args */
async function schemathesis(base, args, checks = "all") {
  const folder = temporaryFolder("schemathesis");
  writeFileSync(join(folder, "schemathesis.toml"), CONFIG);
  writeFileSync(join(folder, "hooks.py"), HOOKS);
  // One worker: with several, Python 3.11 takes offence at its own parser.
  const child = new Child(PYTHON ?? "python3", [
    "-m", "schemathesis.cli", "--config-file", join(folder, "schemathesis.toml"), "run", `${feeds.server.url}/openapi.json`,
    `--url=${feeds.server.url}${base}`, `--checks=${checks}`, "--workers=1", "--seed=7", "--no-color", "--generation-database=none",
    "--request-timeout=15", ...args,
  ], { cwd: folder, env: { SCHEMATHESIS_HOOKS: "hooks", PYTHONPATH: folder } });
  await until(() => child.exited, { what: "schemathesis is done", within: 150_000, every: 50 }).finally(() => child.kill());
  assert.equal(child.code, 0, `${base} ${args.join(" ")}\n${child.log.slice(-6_000)}`);
  assert.match(child.log, /[1-9]\d* generated, [1-9]\d* passed/);
}

test("every answer is as the document says", { skip: skipPython }, async () => {
  const admin = ["-H", `Authorization: Bearer ${ADMIN_TOKEN}`];
  // A refused long-poll takes a second, and a stream as long as it lives.
  const slow = ["/long-poll", "/stream"];
  // Which URLs may be pushed to no schema can say.
  const pushing = "^/webhooks($|/subscribe|/\\{id\\})";
  await Promise.all([
    schemathesis("", [...admin, "--phases=coverage,fuzzing", "--max-examples=6", ...slow.map((path) => `--exclude-path=${path}`),
      `--exclude-path-regex=${pushing}`]),
    schemathesis("", [...admin, "--phases=coverage,fuzzing", "--max-examples=4", `--include-path-regex=${pushing}`],
      "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"),
    schemathesis("", [...admin, "--phases=fuzzing", "--max-examples=4", ...slow.map((path) => `--include-path=${path}`)]),
    schemathesis("/feeds/open", ["--phases=fuzzing", "--max-examples=4", "--include-path-regex=^/(events|updates|resource)"]),
  ]);
});
