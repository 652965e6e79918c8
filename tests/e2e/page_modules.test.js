// The page's modules that decide something, without a browser: JSON set out, bytes in hex, command lines, addresses.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { debian } from "./lib/debian.js";
import { ROOT } from "./lib/tools.js";

const PAGE = join(ROOT, "page");
const load = (/** @type {string} */ name) => import(join(PAGE, name));

const { pretty, isJson } = await load("json.js");
const { dump, textOf } = await load("hex.js");
const { curl, quote } = await load("curl.js");
const { parse, to, ROUTES } = await load("routes.js");
const format = await load("format.js");
const { takes } = await load("targets.js");

const bytesOf = (/** @type {string} */ text) => new TextEncoder().encode(text);
const setOut = (/** @type {string} */ text) => pretty(text).map((/** @type {any} */ piece) => piece.text).join("");

/** A text with the blanks between its tokens taken out. */
const tokens = (/** @type {string} */ text) => text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string) => string ?? "");

describe("JSON set out", () => {
  const texts = [
    '{"n":1.0e2,"big":12345678901234567890,"zero":-0.0,"small":1E-7,"text":"a\\u00e4\\"}{,: b"}',
    '[[],{},[1,[2,{"a":[{}]}]],"",null,true,false]',
    '  {\r\n\t"a" : [ 1 , 2 ] }\n', '"only a string"', "12.50", "[]", '{"a":{"b":{"c":{"d":[1]}}},"a":2}', '{"":"","__proto__":{"x":1}}',
  ];
  test("changes nothing but the blanks between tokens", () => {
    for (const text of texts) {
      assert.ok(isJson(text), text);
      const set = setOut(text);
      assert.equal(tokens(set), tokens(text));
      assert.deepEqual(JSON.parse(set), JSON.parse(text));
    }
  });

  test("is as JSON.stringify would set it out, where numbers allow that", () => {
    for (const value of [{ a: [1, 2, { b: "c" }], d: {}, e: [] }, [], [[[]]], { a: null, b: [true, false] }, "x", 5]) {
      assert.equal(setOut(JSON.stringify(value)), JSON.stringify(value, null, 2));
    }
  });

  test("knows a name from a text", () => {
    const kinds = pretty('{"a":"b","c":[1]}').filter((/** @type {any} */ { kind }) => kind !== "mark").map((/** @type {any} */ { kind, text }) => `${kind} ${text}`);
    assert.deepEqual(kinds, ['key "a"', 'text "b"', 'key "c"', "word 1"]);
  });

  test("takes time with the length alone", () => {
    const deep = "[".repeat(100) + "]".repeat(100);
    assert.ok(setOut(deep).length > deep.length);
    const started = performance.now();
    setOut(`{"a":"${'\\"'.repeat(200_000)}`);
    setOut(`[${"1,".repeat(100_000)}1]`);
    assert.ok(performance.now() - started < 5_000);
  });
});

test("bytes are shown as hex and as text, and what is no text is none", () => {
  assert.equal(dump(bytesOf("Waypost\n\0 shows bytes")), [
    "000000  57 61 79 70 6f 73 74 0a 00 20 73 68 6f 77 73 20  Waypost.. shows ",
    "000010  62 79 74 65 73                                   bytes",
  ].join("\n"));
  assert.equal(textOf(bytesOf("ä\n\t")), "ä\n\t");
  assert.equal(textOf(Uint8Array.of(0xc3)), undefined);
  assert.equal(textOf(Uint8Array.of(0x61, 0xc3), true), "a", "cut in the middle of a character");
  assert.equal(textOf(Uint8Array.of(0)), undefined);
  assert.equal(textOf(bytesOf("\x1b[31m")), undefined);
});

test("addresses are read as they are written", () => {
  for (const [feed, list, id, query, view] of /** @type {any[]} */ ([
    ["default", "events", undefined, undefined, "events"], ["a/b?c", "events", "id", undefined, "event"],
    ["x", "dead-letters", undefined, undefined, "dead"], ["x", "subscriptions", "8c5e", undefined, "subscription"],
    ["try", "consumers", undefined, undefined, "consumers"], ["ä", "events", undefined, { type: "a&b", source: "c" }, "events"],
  ])) {
    const route = parse(to(feed, list, id, query));
    assert.deepEqual([route.view, route.feed, route.id, Object.fromEntries(route.query)], [view, feed, id, query ?? {}]);
  }
  assert.equal(parse("#/try/stripe").id, "stripe");
  for (const odd of ["", "#", "#/", "#/feeds", "#/feeds/x", "#/feeds/x/constructor", "#/feeds/%/events/%E0", "#/constructor", "#//"]) {
    assert.ok(Object.hasOwn(ROUTES, parse(odd).view), odd);
  }
});

test("figures are written as people read them", () => {
  assert.equal(format.before("0000000000000001_0000000000000010"), "0000000000000001_0000000000000009");
  assert.equal(format.before("0000000000000001_0000000000000001", 40), "0000000000000001_0000000000000000");
  assert.equal(format.between("1_0000000000000003", "1_0000000000000010"), 7);
  assert.deepEqual([0, 999, 1500, 25_000_000].map(format.bytes), ["0 B", "999 B", "1.5 KB", "25 MB"]);
  assert.deepEqual([0, 59, 61, 7_200, 200_000].map(format.span), ["0 seconds", "59 seconds", "1 minute", "2 hours", "2 days"]);
  assert.equal(format.ago("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:05:00Z")), "5 minutes ago");
  assert.equal(format.ago("2026-01-01T00:00:09Z", Date.parse("2026-01-01T00:00:00Z")), "0 seconds ago");
});

describe("a command line", { skip: debian({ curl: "curl" }).skip }, () => {
  /** @type {import("node:http").Server} */
  let server;
  /** @type {{headers: string[], body: Buffer, method?: string}[]} */
  const seen = [];
  let url = "";
  before(async () => {
    server = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      if (request.url === "/body") return void response.end(LARGE);
      seen.push({ headers: request.rawHeaders, body: Buffer.concat(chunks), method: request.method });
      response.end();
    });
    await new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(undefined)));
    url = `http://127.0.0.1:${/** @type {any} */ (server.address()).port}`;
  });
  after(() => server?.close());

  const LARGE = Buffer.alloc(300_000, "large ");
  const shells = ["sh", "bash", "dash"].filter((shell) => debian({ [shell]: shell }).skip === false);
  /** Runs a command in a shell while the server answers. @param {string} shell @param {string} command */
  const run = async (shell, command) => {
    const child = spawn(shell, [], { timeout: 20_000, env: { ...process.env, WAYPOST_TOKEN: "t" } });
    let said = "";
    child.stdin.end(command);
    child.stderr.on("data", (chunk) => (said += chunk));
    const code = await new Promise((over) => child.on("close", over));
    assert.equal(code, 0, `${shell}: ${command}\n${said}`);
    return /** @type {(typeof seen)[0]} */ (seen.pop());
  };

  test("quotes every character for every shell", () => {
    const words = [
      "plain", "it's", "''", "a'b'c", '"$HOME" `id` $(id) \\ \\n !! # ~ * ? [a] {b,c} & | ; < >', "ä→𝄞", "\t", "a\x1b[201~b", "\x07", "a\u202eb", "%s %d %%", "-n",
    ];
    for (const shell of shells) {
      for (const word of words) {
        const said = execFileSync(shell, ["-c", `printf '%s.' ${quote(word)}`], { timeout: 10_000 });
        assert.equal(said.toString(), `${word}.`, `${shell} ${quote(word)}`);
      }
    }
    for (const word of words) assert.doesNotMatch(quote(word), /[\0-\x1f\x7f\u200e\u200f\u202a-\u202e]/, "a terminal shows all of it");
  });

  test("sends the same bytes under the same headers", async () => {
    const bodies = [
      '{"a":1}', "@/etc/passwd", "it's\nlines\n\nand more\n", "\n", "", "&a=b\r\n", "\x1b[201~; id", "ä→𝄞\u202e", "'; echo x; '", "-d", "\ttab", "%41",
      Buffer.from([0, 1, 2, 0xff, 0xfe, 10, 13]), Buffer.from("\ufeffmark"), Buffer.alloc(90_000, "'"),
    ].map((body) => new Uint8Array(Buffer.from(/** @type {any} */ (body))));
    const headers = { "x-one": "it's \"$HOME\" `id`", "x-empty": "", "x-'odd!": "@file", "user-agent": "Hook/1", "x-latin": "a;b: c", host: "elsewhere", "content-length": "3", "cf-ray": "x" };
    for (const [at, bytes] of bodies.entries()) {
      const command = curl({ url: `${url}/a'b?c=$d&e`, headers, contentType: null, body: { bytes, cut: false }, bodyUrl: "none" });
      const { body, headers: sent, method } = await run(shells[at % shells.length], command);
      assert.equal(method, "POST", command.slice(0, 300));
      assert.deepEqual(body, Buffer.from(bytes), command.slice(0, 300));
      const pairs = Object.fromEntries(sent.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), sent[at + 1]]] : [])));
      for (const name of ["x-one", "x-empty", "x-'odd!", "user-agent", "x-latin"]) assert.equal(pairs[name], headers[/** @type {"x-one"} */ (name)], name);
      assert.deepEqual(Object.keys(pairs).filter((name) => !(name in headers)).sort(), ["connection"].filter((name) => name in pairs));
      assert.notEqual(pairs.host, "elsewhere");
      assert.ok(!("cf-ray" in pairs));
    }
  });

  test("fetches what no line can hold", async () => {
    const command = curl({ url: `${url}/`, headers: { "content-type": "text/plain" }, body: { bytes: LARGE.subarray(0, 1000), cut: true }, bodyUrl: `${url}/body` });
    assert.ok(command.length < 1_000);
    assert.deepEqual((await run("sh", command)).body, LARGE);
    const binary = new Uint8Array(150_000).fill(0xff);
    assert.match(curl({ url, headers: {}, body: { bytes: binary, cut: false }, bodyUrl: `${url}/body` }), /^curl -sf .*\/body'/);
  });
});

test("a subscription's patterns are the API's", () => {
  for (const [patterns, type, expect] of /** @type {[string[], string, boolean][]} */ ([
    [["*"], "", true], [["push"], "push", true], [["push"], "pushed", false], [["invoice.*"], "invoice.paid", true], [["invoice.*"], "invoices", false],
    [["a", "b.*"], "b.c.d", true], [["push"], "", false],
  ])) assert.equal(takes(patterns, type), expect, `${patterns} ${type}`);
});
