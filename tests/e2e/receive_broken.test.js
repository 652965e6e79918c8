// Requests that no library would send: bodies that lie about their length, trickle, stop half
// way or never say how long they are. They leave nothing, and they hold nobody else up.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fresh, jsonOfSize } from "./lib/bodies.js";
import { Broker } from "./lib/broker.js";
import { expectAccepted, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { RawRequest } from "./lib/raw.js";
import * as sign from "./lib/sign.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const MIB = 1024 * 1024;
const PATH = "/webhooks/receive/github";
const broker = new Broker();
/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Waypost} */
let waypost;
before(async () => {
  server = await startWorkerd({ broker, sources: SOURCES, feeds: FEEDS });
  waypost = new Waypost(server);
});
after(() => server?.stop());

test("a body shorter than its declared length is refused and leaves nothing", async () => {
  for (const length of [100, 100_000]) {
    const { body, headers } = await sign.github(jsonOfSize(length));
    await leavesNothing(waypost, async () => {
      const request = new RawRequest(server, PATH, { ...headers, "content-length": String(length + 1) });
      await request.send(body);
      request.finish();
      expectProblem(await request.answer(), 400, "body_incomplete");
    });
  }
});

test("a body longer than its declared length is cut there, and its signature with it", async () => {
  const { body, headers } = await sign.github(fresh());
  await leavesNothing(waypost, async () => {
    const request = new RawRequest(server, PATH, { ...headers, "content-length": String(body.length - 1) });
    await request.send(body);
    expectProblem(await request.answer(), 401, "bad_signature");
  });
});

test("a body aborted half way leaves nothing, and its retry is accepted", async () => {
  for (const size of [1_000, 5_000_000]) {
    const webhook = await sign.github(jsonOfSize(size));
    await leavesNothing(waypost, async () => {
      const request = new RawRequest(server, PATH, { ...webhook.headers, "content-length": String(size) });
      await request.send(String(webhook.body).slice(0, size / 2));
      request.abort();
    });
    expectAccepted(await waypost.post(webhook), "received");
    const [event] = await waypost.drain({ atLeast: 1 });
    assert.equal(String(await waypost.body(event.id)), webhook.body);
  }
});

test("a slow body holds nobody up, and is accepted when it is whole", async () => {
  const { body, headers } = await sign.github(fresh());
  await waypost.drain();
  const slow = new RawRequest(server, PATH, { ...headers, "content-length": String(body.length) });
  for (const byte of String(body).slice(0, -1)) await slow.send(byte);
  await leavesNothing(waypost, async () => {
    const other = await waypost.get("/events?limit=1");
    assert.equal(other.status, 200);
  });
  await slow.send(String(body).slice(-1));
  expectAccepted(await slow.answer(), "received");
  const [event] = await waypost.drain({ atLeast: 1 });
  assert.equal(event.raw, body);
});

test("a body in chunks, without a length, is accepted", async () => {
  const { body, headers } = await sign.github(jsonOfSize(50_000));
  await waypost.drain();
  const request = new RawRequest(server, PATH, { ...headers, "transfer-encoding": "chunked" });
  for (let at = 0; at < body.length; at += 7_001) await request.chunk(String(body).slice(at, at + 7_001));
  await request.send("0\r\n\r\n");
  expectAccepted(await request.answer(), "received");
  const [event] = await waypost.drain({ atLeast: 1 });
  assert.equal(String(await waypost.body(event.id)), body);
});

test("a body in chunks is 413 with the first byte over the cap, without waiting for its end", async () => {
  const { headers } = await sign.github(fresh());
  await leavesNothing(waypost, async () => {
    const request = new RawRequest(server, PATH, { ...headers, "transfer-encoding": "chunked" });
    for (let sent = 0; sent < 25; sent += 1) await request.chunk(Buffer.alloc(MIB, "x"));
    await request.chunk("x");
    expectProblem(await request.answer(), 413, "body_too_large");
  });
});

test("chunks that break off leave nothing", async () => {
  const { body, headers } = await sign.github(jsonOfSize(50_000));
  await leavesNothing(waypost, async () => {
    const request = new RawRequest(server, PATH, { ...headers, "transfer-encoding": "chunked" });
    await request.chunk(body);
    request.finish();
    expectProblem(await request.answer(), 400, "body_incomplete");
  });
});
