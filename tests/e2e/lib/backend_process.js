// A backend as a process of its own, to be killed: what it answers 2xx it has written down before.
//
//   node backend_process.js PORT JOURNAL

import { createHash } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { createServer } from "node:http";

const [port, journal] = process.argv.slice(2);
const file = openSync(journal, "a");

const server = createServer(async (request, response) => {
  const hash = createHash("sha256");
  try {
    for await (const chunk of request) hash.update(chunk);
  } catch {
    // The agent was killed in the middle: a request that is not whole is none.
    return;
  }
  const { "x-waypost-event-id": id, "x-waypost-attempt": attempt } = request.headers;
  const line = { id, attempt: Number(attempt), hash: hash.digest("hex"), at: Date.now() };
  writeSync(file, `${JSON.stringify(line)}\n`);
  response.writeHead(200).end();
});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
