// A feed of a thousand events beside one of a million: the same question to both, in one server.
//
// The large feed is written into its object's database, row by row as appends would have, while nothing runs.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HEADERS, ask } from "../lib/feed.js";
import { load } from "../lib/load.js";
import { Messages, deliver } from "../lib/messages.js";
import { onTheWire, writeRequests } from "../lib/requests.js";
import { Server } from "../lib/server.js";
import { inTurns } from "../lib/turns.js";

const SIZES = { small: 1_000, large: 1_000_000 };
const EVENT_BYTES = 300;
const CONNECTIONS = 4;
const CLAIM = JSON.stringify({ max: 10 });
/** A feed has 100 consumers at most. */
const CLAIMS_EACH = 40;
const MESSAGES = 10;
const WITHIN = 1.2;

/** What is asked of both, and how often a run. @type {[string, number, (feed: any, number: number) => Buffer, string][]} */
const ASKED = [
  ["read", 400, ({ name, middle }) => get(name, `/events?limit=100&since_id=${middle}`), "port"],
  ["claim", 200, ({ name, run }, number) => claim(name, `${run}-${Math.floor(number / CLAIMS_EACH)}`), "port"],
  ["append", 90, (feed) => batch(feed), "feeder"],
];

const labelled = (size) => `${size.toLocaleString("en")} events`;

let filled;

export const CASES = ASKED.map(([verb, count, request, port]) => ({
  name: "growth",
  title: `growth: ${verb}`,
  figure: "cpu",
  contestants: Object.values(SIZES).map(labelled),
  waypost: labelled(SIZES.large),
  targets: [{ of: labelled(SIZES.small), most: WITHIN }],
  measure: (options) => measure({ verb, count, request, port }, options),
  done: async () => {
    const { server } = (await filled) ?? {};
    filled = undefined;
    await server?.stop();
  },
}));

async function measure({ verb, count, request, port }, { folder, rounds, share }) {
  filled ??= fill(folder);
  const { server, feeds } = await filled;
  const entries = feeds.map((feed) => ({ name: feed.events, feed, runs: {} }));
  const once = async ({ feed }, round) => {
    feed.run = `${verb}${round + 10}`;
    const pool = writeRequests(join(folder, `${feed.name}.requests`), Math.round(count * share), (number) => request(feed, number));
    const cpu = server.cpu;
    const { seconds } = await load(server[port], pool, { connections: port === "port" ? CONNECTIONS : 1, status: 200 });
    return { cpu: ((server.cpu - cpu) / pool.count) * 1e6, rate: pool.count / seconds };
  };
  await inTurns(entries, once, { rounds, title: `growth: ${verb}` });
  return entries.map(({ name, runs }) => ({ name, ...runs, memory: server.peakMemory }));
}

/** Two feeds of Waypost's in one server. */
async function fill(folder) {
  const contestant = { name: "waypost" };
  const server = await Server.start(join(folder, "growth"), contestant);
  const messages = await Messages.of(server, contestant, { size: EVENT_BYTES });
  const feeds = Object.entries(SIZES).map(([name, size]) => ({ name, size, messages, events: labelled(size) }));
  const objects = join(folder, "growth/objects/Feed");
  for (const feed of feeds) {
    const before = new Set(databases(objects));
    await deliver(server, messages.next(1, (meta) => ({ ...meta, feed: feed.name })));
    feed.database = databases(objects).find((file) => !before.has(file));
  }
  await server.stop();
  for (const feed of feeds) grow(feed);
  await server.serve();
  for (const feed of feeds) {
    const { text } = await ask(server, `/feeds/${feed.name}/events?limit=1`);
    const [generation] = JSON.parse(text).next.split("_");
    const id = (sequence) => `${generation}_${String(sequence).padStart(16, "0")}`;
    feed.middle = id(Math.floor(feed.size / 2));
    const end = await ask(server, `/feeds/${feed.name}/events?since_id=${id(feed.size)}`);
    const past = await ask(server, `/feeds/${feed.name}/events?since_id=${id(feed.size + 1)}`);
    if (end.status !== 200 || past.status !== 410) throw new Error(`${feed.name} is not of ${feed.size} events: ${end.text}`);
  }
  return { server, feeds };
}

function databases(folder) {
  return readdirSync(folder).filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite").map((name) => join(folder, name));
}

/** Copies of the feed's one event and of its identities, a second apart. */
function grow({ database, size }) {
  const db = new DatabaseSync(database);
  db.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000");
  const columns = db.prepare("SELECT name FROM pragma_table_info('events')").all().map(({ name }) => name);
  const changed = { seq: "n.seq", appended_at: "e.appended_at", end_offset: "e.end_offset * n.seq" };
  const copies = columns.map((name) => changed[name] ?? `e.${name}`).join(", ");
  const numbers = `WITH RECURSIVE n(seq) AS (VALUES (2) UNION ALL SELECT seq + 1 FROM n WHERE seq < ${size})`;
  db.exec(`
    INSERT INTO events (${columns.join(", ")}) ${numbers} SELECT ${copies} FROM n, (SELECT * FROM events WHERE seq = 1) e;
    CREATE TEMP TABLE given AS SELECT key, until FROM identities;
    INSERT INTO identities (key, until)
      ${numbers} SELECT printf('%s-%011x', substr(g.key, 1, length(g.key) - 12), n.seq), g.until + n.seq FROM given g, n ORDER BY 1;
    PRAGMA journal_mode = WAL;`);
  db.close();
}

function get(feed, path) {
  return onTheWire({ method: "GET", path: `/feeds/${feed}${path}`, headers: HEADERS });
}

function claim(feed, consumer) {
  const { authorization } = HEADERS;
  const headers = { authorization, "content-type": "application/json" };
  return onTheWire({ path: `/feeds/${feed}/consumers/${consumer}/claim`, headers, body: Buffer.from(CLAIM) });
}

function batch({ name, messages }) {
  const body = messages.next(MESSAGES, (meta) => ({ ...meta, feed: name }));
  return onTheWire({ path: "/", headers: {}, body });
}
