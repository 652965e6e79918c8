// The list of dead letters: what cannot be read, pages, and who may do what.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectAccepted, expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { ADMIN_TOKEN, POLL_TOKEN } from "./lib/fixtures.js";

/** @type {Feeds} */
let feeds;
before(async () => {
  const open = { tokens: ["POLL_TOKEN"] };
  feeds = await Feeds.start({ default: open, named: open });
});
after(() => feeds?.stop());

/** @param {string} [query] */
async function letters(query = "") {
  const answer = await feeds.reader().get(`/dead-letters${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

/** @param {string} feed @param {string} id @param {string | null} [token] */
const replay = (feed, id, token = ADMIN_TOKEN) =>
  feeds.reader(feed, { token }).get(`/dead-letters/${id}/replay`, { method: "POST" });

test("what cannot be read has its reason and cannot be replayed", async () => {
  const { queue } = feeds.broker;
  const messages = [Buffer.alloc(0), Buffer.from([9, 0, 0, 0, 0]), Buffer.from([1, 255, 255, 255, 255]), Buffer.from('\x01\x02\0\0\0{}')];
  for (const message of messages) queue.inject(message);
  await queue.drained();
  const { dead_letters: found } = await letters();
  assert.equal(found.length, messages.length);
  for (const { id, reason, ...others } of found) {
    assert.ok(reason.length > 10, reason);
    assert.deepEqual(Object.keys(others).sort(), ["at", "attempts"]);
    expectProblem(await replay("default", id), 409, "not_replayable");
  }
  assert.deepEqual((await letters()).dead_letters, found, "they are still there");
  // Good messages beside them are none the worse.
  queue.hold();
  queue.inject(Buffer.from("no message"));
  const reader = feeds.reader();
  reader.position = await feeds.end("default");
  const webhook = await feeds.webhook("default");
  expectAccepted(await reader.post(webhook), "received");
  queue.release();
  assert.deepEqual((await reader.drain({ atLeast: 1 })).map(({ raw }) => raw), [webhook.body]);
});

test("they come in pages", async () => {
  const { queue } = feeds.broker;
  const already = (await letters()).dead_letters.length;
  for (let count = 0; count < 120; count += 1) queue.inject(Buffer.from(`no message ${count}`));
  await queue.drained();
  const first = await letters();
  assert.equal(first.dead_letters.length, 100);
  assert.equal(first.next, first.dead_letters.at(-1).id);
  const second = await letters(`?since_id=${first.next}`);
  assert.equal(second.next, null);
  const ids = [...first.dead_letters, ...second.dead_letters].map(({ id }) => id);
  assert.equal(ids.length, already + 120);
  assert.deepEqual(ids, [...new Set(ids)].sort());
  expectProblem(await feeds.reader().get("/dead-letters?since_id=x"), 400, "invalid_cursor");
});

test("only the administrator replays, and only what is there", async () => {
  const [{ id }] = (await letters()).dead_letters;
  for (const token of [null, "wrong", POLL_TOKEN]) {
    expectProblem(await replay("default", id, token), 401, "unauthorised");
  }
  for (const other of ["x", id.replace(/\d{4}$/, "9999"), id.replace(/^\d{16}/, "0".repeat(16))]) {
    expectProblem(await replay("default", other), 404, "unknown_dead_letter", other);
  }
  expectProblem(await replay("named", id), 404, "unknown_dead_letter", "another feed's");
});
