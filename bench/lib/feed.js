// Feeds of the bench: started, filled, read, and held to the same answers.

import assert from "node:assert/strict";
import { join } from "node:path";
import { FEEDS } from "../contestants.js";
import { Messages, deliver } from "./messages.js";
import { POLL_TOKEN } from "./requests.js";
import { Server } from "./server.js";

export const EVENT_BYTES = 1024;
/** Messages of a batch, as wrangler.toml has it. */
export const BATCH = 100;

/**
 * Past the edge cache, and past sharing one answer among those who ask at once: what is compared is what a question
 * costs that reaches the feed.
 */
export const HEADERS = { "authorization": `Bearer ${POLL_TOKEN}`, "cache-control": "max-age=0" };

/**
 * Starts those that are selected, with so many events each.
 *
 * @param {string} folder
 * @param {{events: number, selected: (name: string) => boolean, builds: import("../contestants.js").Contestant[]}} options
 */
export async function startFeeds(folder, { events, selected, builds }) {
  const entries = [];
  // The very same webhook for everybody, so that answers can be compared.
  const id = "msg_0123456789abcdef01234567";
  for (const contestant of [...FEEDS.filter(({ name }) => selected(name)), ...builds]) {
    const { name } = contestant;
    const server = await Server.start(join(folder, `feed ${name}`), contestant);
    const entry = { name, server, messages: undefined, runs: {} };
    entries.push(entry);
    if (name === "empty") continue;
    entry.messages = await Messages.of(server, contestant, { size: EVENT_BYTES, id });
    for (let left = events; left > 0; left -= BATCH) await deliver(server, entry.messages.next(Math.min(BATCH, left)));
  }
  return entries;
}

export async function stopFeeds(entries) {
  await Promise.all(entries.map(({ server }) => server.stop()));
}

/** @returns {Promise<{status: number, headers: Record<string, string>, text: string}>} */
export async function ask(server, path, headers = {}) {
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    headers: { ...HEADERS, ...headers },
    signal: AbortSignal.timeout(40_000),
  });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() };
}

/** The id of the event at a place. */
export async function idAt(server, sequence) {
  const { text } = await ask(server, "/events?limit=1");
  const [generation] = JSON.parse(text).next.split("_");
  return `${generation}_${String(sequence).padStart(16, "0")}`;
}

/** The feeds answer alike, but for their ids' generation, their times and names of requests. */
export async function alike(entries, sequence, path) {
  const answers = [];
  for (const { name, server } of entries.filter(({ messages }) => messages)) {
    const url = path(await idAt(server, sequence));
    const first = await ask(server, url);
    const again = await ask(server, url, { "if-none-match": first.headers.etag });
    assert.equal(again.status, 304, `${name} answers 304`);
    answers.push([name, plain(first), plain(again)]);
  }
  const [[, ...expected], ...others] = answers;
  for (const [name, ...answer] of others) {
    const [a, b] = [answer, expected].map((one) => JSON.stringify(one, null, 1));
    const at = [...a].findIndex((character, place) => character !== b[place]);
    const around = (text) => text.slice(Math.max(0, at - 100), at + 100);
    assert.ok(a === b, `${name} does not answer as ${answers[0][0]}: ${around(a)}\n---\n${around(b)}`);
  }
}

/** A time is shorter where its milliseconds end in a zero, and so is what holds it. */
const OWN = ["x-request-id", "last-modified", "content-length"];

function plain({ status, headers, text }) {
  const shared = Object.entries(headers).filter(([name]) => !OWN.includes(name)).map(([name, value]) => [name, timeless(value)]);
  return { status, headers: Object.fromEntries(shared), text: timeless(text) };
}

/** What is of the moment or of one life of a log. */
const timeless = (text) => text
  .replaceAll(/\d{16}_(?=\d{16})/g, "GENERATION_")
  .replaceAll(/"\d{13}\./g, '"GENERATION.')
  .replaceAll(/"received_at":"[^"]+"/g, '"received_at":""')
  .replaceAll(/"created":\d+/g, '"created":0')
  .replaceAll(/"x-github-delivery":"[^"]+"|"webhook_id":"[^"]+"|sha256=\w+|127\.0\.0\.1:\d+/g, "");
