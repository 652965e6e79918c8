// Where nothing may be sent: the host's own reading of every URL of the table that the native tests judge.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { expectProblem } from "./lib/expect.js";
import { Feeds } from "./lib/feeds.js";
import { Subscriber } from "./lib/subscriber.js";
import { inTurns } from "./lib/turns.js";

/** @type {Feeds} */
let feeds;
before(async () => {
  feeds = await Feeds.start({ default: { verify: false } });
});
after(() => feeds?.stop());

/** @type {{url: string, refused: string | null, parts: string[] | null}[]} */
const TABLE = JSON.parse(readFileSync(new URL("../it/targets.json", import.meta.url), "utf8"));

/** What the refusal speaks of. @type {Record<string, RegExp>} */
const SENTENCES = {
  syntax: /absolute https URL/,
  protocol: /absolute https URL/,
  credentials: /no user name and no password/,
  port: /port must be 443 or 8443/,
  host: /host must be a public name or address/,
};

test("every URL of the table", async () => {
  assert.ok(TABLE.filter(({ refused }) => refused).length >= 80);
  const subscriber = new Subscriber(feeds.server);
  await inTurns(TABLE, async ({ url, refused }) => {
    const answer = await subscriber.ask("POST", "/subscribe", { url });
    if (url === "") return expectProblem(answer, 400, "invalid_body");
    if (refused) {
      expectProblem(answer, 400, "target_refused", url);
      return assert.match(answer.json.detail, SENTENCES[refused], url);
    }
    assert.equal(answer.status, 200, `${url}: ${answer.text}`);
    const { subscription_id: id } = answer.json;
    assert.equal((await subscriber.show(id)).url, new URL(url).href);
    await subscriber.good("DELETE", `/${id}`);
  });
  assert.deepEqual(await subscriber.good("GET", ""), { subscriptions: [] });
});

test("what Node makes of them is what the native tests judge", () => {
  for (const { url, parts } of TABLE) {
    const { protocol, username, password, hostname, port } = URL.canParse(url) ? new URL(url) : /** @type {any} */ ({});
    assert.deepEqual(protocol ? [protocol, username, password, hostname, port] : null, parts, url);
  }
});
