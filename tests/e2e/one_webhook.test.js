// Real input, end to end on `wrangler dev` with its real KV, queue and SQLite Durable Object:
// every example payload that GitHub's webhook library ships, signed by that library, posted
// twice, read back by cursor exactly once, in order and byte for byte.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { flipped } from "./lib/bodies.js";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { githubExamples } from "./lib/github_examples.js";
import * as sign from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWrangler } from "./lib/wrangler.js";

/** @type {import("./lib/wrangler.js").Wrangler} */
let server;
before(async () => (server = await startWrangler()));
after(() => server?.stop());

test("every example payload of GitHub's passes exactly once, in order and unchanged", async () => {
  const waypost = new Waypost(server);
  const examples = githubExamples().map((example) => ({ ...example, id: randomUUID() }));
  assert.ok(examples.length > 300);

  for (const { type, body, id } of examples) {
    const webhook = await sign.github(body, { id, type });
    expectAccepted(await waypost.post(webhook), "received", id);
    expectAccepted(await waypost.post(webhook), "already_processed", id);
  }

  const events = await waypost.drain({ atLeast: examples.length });
  assert.equal(events.length, examples.length);
  for (const [at, { type, body, id }] of examples.entries()) {
    const event = events[at];
    assert.equal(event.webhook_id, id, `event ${at} is in its place`);
    assert.equal(event.type, type);
    assert.equal(event.source, "github");
    assert.equal(event.size, Buffer.byteLength(body));
    assert.equal(event.raw, body, `payload ${at} (${type}) is the very text that was signed`);
  }
  const ids = events.map((event) => event.id);
  assert.deepEqual(ids, [...new Set(ids)].sort(), "ids sort in log order");

  for (const at of [0, 100, 200, 300]) {
    assert.equal(String(await waypost.body(events[at].id)), examples[at].body);
  }
});

test("one flipped byte is refused and nowhere in the feed", async () => {
  const waypost = new Waypost(server);
  const genuine = await sign.github(JSON.stringify({ zen: "Keep it logically awesome.", hook: randomUUID() }));
  await leavesNothing(waypost, async () => {
    const forged = { ...genuine, body: flipped(String(genuine.body)) };
    expectProblem(await waypost.post(forged), 401, "bad_signature");
  });

  // And the refusal left no mark: the genuine webhook with the same id is accepted.
  const id = genuine.headers["x-github-delivery"];
  expectAccepted(await waypost.post(genuine), "received", id);
  const [event] = await waypost.drain({ atLeast: 1 });
  assert.equal(event.webhook_id, id);
  assert.equal(event.raw, genuine.body);
});
