// Waypost is killed (SIGKILL) between a cause and its alert, and between the mend and its end: each is told all the
// same, and once.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { after, before, test } from "node:test";
import { Consumer } from "./lib/consumer.js";
import { Feeds } from "./lib/feeds.js";
import { Pager } from "./lib/pager.js";
import { Receiver } from "./lib/receiver.js";
import { until } from "./lib/wait.js";

/** From a cause until the kill, in milliseconds: around the next look, which comes every second, and right after it. */
const MOMENTS = [0, 1_000, 200, 1_100, 400, 1_200, 600, 1_300, 800, 900, 50, 1_050, 300, 1_150, 500, 950];

const EPISODES = process.env.WAYPOST_HEAVY ? 20 : 4;

/** @type {Feeds} */
let feeds;
/** @type {Receiver} */
let receiver;
before(async () => {
  receiver = await Receiver.start();
  const alerts = { every_seconds: 1, consumer_lag: 1 };
  const vars = { ALLOW_TARGETS: ["127.0.0.1"], RETRY_SCHEDULE_SECONDS: [1, 1, 1, 1, 1] };
  feeds = await Feeds.start({ default: { tokens: ["POLL_TOKEN"], alerts } }, { vars });
});
after(async () => {
  await feeds?.stop();
  await receiver?.close();
});

test("killed at any moment, it is told once", async () => {
  const pager = await Pager.start(feeds, receiver, "default");
  const worker = new Consumer(feeds.reader(), "worker");
  await worker.claim();
  const expected = [];
  /** @type {number[]} */
  const killed = [];
  const kill = async () => {
    const moment = MOMENTS[killed.length % MOMENTS.length];
    killed.push(moment);
    await pause(moment);
    await feeds.server.restart();
  };
  for (let episode = 1; episode <= EPISODES; episode += 1) {
    await feeds.fill("default", 1);
    await kill();
    await kill();
    expected.push("consumer_behind worker firing");
    await pager.next("consumer_behind", "worker", "firing", episode);
    for (;;) {
      const { events } = await worker.claim({ max: 500 });
      if (!events.length) break;
      await worker.finish(events);
    }
    await kill();
    await kill();
    expected.push("consumer_behind worker resolved");
    await pager.next("consumer_behind", "worker", "resolved", episode);
  }
  assert.deepEqual(await pager.told(), expected, `killed after ${killed.join(", ")} ms`);
  await until(() => pager.heard.length === expected.length, { what: "all of it is heard" });
});
