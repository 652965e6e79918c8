// The bytes that bodies may take at once are bounded: a body that would be too much is refused
// before it is sent, small webhooks go on, and what a sender gave up is free again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh, jsonOfSize } from "./lib/bodies.js";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { RawRequest } from "./lib/raw.js";
import * as sign from "./lib/sign.js";
import { until } from "./lib/wait.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const LARGE = 25 * 1024 * 1024;
/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  server = await startWorkerd({ sources: SOURCES, feeds: FEEDS });
  waypost = new Waypost(server);
});
after(() => server?.stop());

test("too many bytes at once are refused, and the rest goes on", async () => {
  const { headers } = await sign.github(fresh());
  const announced = () =>
    new RawRequest(server, "/webhooks/receive/github", { ...headers, "content-length": String(LARGE) });
  /** @type {RawRequest[]} */
  const open = [];

  await leavesNothing(waypost, async () => {
    // An isolate has 128 MB; bodies announced one after the other must be refused well before.
    const refusal = await until(async () => {
      const request = announced();
      open.push(request);
      return request.answer(300).catch(() => undefined);
    }, { what: "a refusal" });
    expectProblem(refusal, 503, "too_busy");
    assert.match(refusal.headers.get("retry-after") ?? "", /^\d+$/);
    assert.ok(open.length <= 5, `refused the body number ${open.length}`);
  });

  open.forEach((request) => request.abort());
  const webhook = await sign.github(jsonOfSize(LARGE));
  await until(async () => {
    const answer = await waypost.post(webhook);
    if (answer.status !== 503) expectAccepted(answer, "received");
    return answer.status === 200;
  }, { what: "the bytes of those who went away are free" });
  const [event] = await waypost.drain({ atLeast: 1 });
  assert.equal(event.size, LARGE);
});
