// A feed whose disk fails: the queue keeps what it cannot append, readers are told to come again,
// and nothing is lost when the disk is back.

import assert from "node:assert/strict";
import { cpSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";

/** @type {Feeds} */
let feeds;
before(async () => (feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] } })));
after(() => feeds?.stop());

test("without its database a feed loses nothing", async () => {
  const { broker: { queue }, server } = feeds;
  const reader = feeds.reader();
  const before = await feeds.append("default", fresh(), fresh());

  const folder = join(String(server.folder), "objects", "waypost-Feed");
  await server.kill();
  cpSync(folder, `${folder}.away`, { recursive: true });
  // The objects' own databases, each with its write-ahead log; workerd's about them is let be.
  for (const file of readdirSync(folder).filter((name) => !name.startsWith("metadata"))) {
    writeFileSync(join(folder, file), "this is no database. ".repeat(1_000));
  }
  await server.start();

  const sent = await Promise.all([1, 2, 3].map(() => feeds.webhook("default")));
  for (const webhook of sent) expectAccepted(await reader.post(webhook), "received");
  await queue.retried(3);
  assert.equal(queue.depth, 3, "nothing was acknowledged");
  for (const path of ["/events", "/resource", "/updates", `/events/${before[0].id}`]) {
    const answer = await reader.get(path);
    expectProblem(answer, 503, "feed_unavailable", path);
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
  }

  await server.kill();
  rmSync(folder, { recursive: true });
  renameSync(`${folder}.away`, folder);
  await server.start();
  await queue.drained();
  const events = (await reader.read({ since: before[1].id })).events;
  assert.deepEqual(events.map(({ raw }) => raw).sort(), sent.map(({ body }) => body).sort());
  assert.deepEqual((await reader.read()).events.slice(0, 2), before);
});
