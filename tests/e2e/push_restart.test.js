// Waypost is killed (SIGKILL) at random moments while events are appended, fanned out and delivered: nothing is lost.
// What was delivered and not written down comes again under the same id.
//
// `WAYPOST_HEAVY=1` makes it twenty kills.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { after, before, test } from "node:test";
import { fresh } from "./lib/bodies.js";
import { Feeds } from "./lib/feeds.js";
import { Receiver } from "./lib/receiver.js";
import { Subscriber } from "./lib/subscriber.js";
import { until } from "./lib/wait.js";

const KILLS = process.env.WAYPOST_HEAVY ? 20 : 4;
const EVENTS = 25;
const PATHS = ["/a", "/b", "/c", "/ordered"];

/** @type {Feeds} */
let feeds;
/** @type {Receiver} */
let receiver;
before(async () => {
  receiver = await Receiver.start();
  const vars = { ALLOW_TARGETS: ["127.0.0.1"], RETRY_SCHEDULE_SECONDS: [1, 1, 1, 1, 1] };
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"] } }, { vars });
});
after(async () => {
  await feeds?.stop();
  await receiver?.close();
});

test("killed at any moment, nothing is lost", async () => {
  const subscriber = new Subscriber(feeds.server);
  const ids = new Map();
  for (const path of PATHS) ids.set(path, (await subscriber.subscribe(receiver.url(path), { ordered: path === "/ordered" })).id);
  // One of them fails now and then, so that there are retries to be lost as well.
  let turn = 0;
  receiver.always("/b", (_, response) => void response.writeHead((turn += 1) % 4 ? 200 : 503).end());
  const reader = feeds.reader();
  let repeated = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const posted = [];
    for (let n = 0; n < EVENTS; n += 1) posted.push(reader.post(await feeds.webhook("default", fresh())).catch(() => undefined));
    // Anywhere between the first append and the last delivery.
    if (kill % 4) await Promise.all(posted);
    await pause(Math.random() * 200);
    await feeds.server.restart();
    const answers = await Promise.all(posted);
    assert.ok(answers.every((answer) => answer === undefined || answer.status === 200));
  }
  await feeds.broker.queue.drained(60_000);
  const events = (await reader.drain()).map((event) => event.id);
  assert.ok(events.length >= KILLS, `${events.length} events`);
  for (const [path, id] of ids) {
    const settled = async () => {
      const shown = await subscriber.show(id);
      return shown.pending === 0 && shown.position === events.at(-1);
    };
    await until(settled, { what: `${path} is through`, within: 60_000, every: 100 });
    const sent = receiver.of(path).map((request) => /** @type {string} */ (request.headers["webhook-id"]));
    assert.deepEqual([...new Set(sent)].sort(), events, `${path} gets every event`);
    repeated += path === "/b" ? 0 : sent.length - events.length;
    if (path === "/ordered") {
      const first = sent.filter((event, at) => sent.indexOf(event) === at);
      assert.deepEqual(first, events, "and in order");
    }
  }
  console.log(`# ${events.length} events to ${PATHS.length} subscriptions, ${KILLS} kills: ${repeated} deliveries repeated, none lost`);
});
