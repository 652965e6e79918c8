// The page's files: what may not stand in them, how they are served, and what a first visit weighs.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { expectProblem } from "./lib/expect.js";
import { Operator, skipPage, startPage } from "./lib/operator.js";
import { BUILD, ROOT } from "./lib/tools.js";
import { Waypost } from "./lib/waypost.js";

const PAGE = join(ROOT, "page");
const files = readdirSync(PAGE);
const read = (/** @type {string} */ name) => readFileSync(join(PAGE, name), "utf8");

/** All files of a first visit together, gzipped: 22 KB of them are uPlot. */
const BUDGET = 50 * 1024;
/** Of the page's own among them. */
const OWN_BUDGET = 20 * 1024;

/** Ways from a text to markup or to code, and from the page to elsewhere. */
const FORBIDDEN = [
  /\b(?:inner|outer)HTML\b/, /insertAdjacentHTML/, /document\.write/, /dangerouslySetInnerHTML/, /\beval\b/, /new Function\b/, /\bsrcdoc\b/,
  /createContextualFragment/, /DOMParser/, /setHTML/, /\bstyle\s*[:=]/, /setAttribute\("(?:on|style|href|src)/, /javascript:/, /\bh\("(?:script|iframe|object|embed|base|meta|link|style)"/,
  /localStorage|sessionStorage|document\.cookie|indexedDB/, /trustedTypes/, /(?:https?:)?\/\/(?!backend\.example\.com|www\.w3\.org)[a-z0-9-]+\.[a-z]{2,}/i,
];

test("no file has a way from a text to markup, to code or to elsewhere", () => {
  for (const name of files) {
    const text = read(name).replace(/^\s*\/\/.*$/gm, "");
    if (!name.endsWith(".css")) for (const way of FORBIDDEN) assert.ok(!way.test(text), `${name}: ${way}`);
    if (name.endsWith(".html")) assert.doesNotMatch(text, /<script(?![^>]*\bsrc=)|\son\w+=|<style|\sstyle=/i, name);
    if (name.endsWith(".css")) assert.doesNotMatch(text, /@import|url\(|expression\(/i, name);
  }
  // The expressions find what they are for.
  assert.ok(FORBIDDEN.every((way) => way.source) && FORBIDDEN[0].test("element.innerHTML = text"));
});

test("the only links that are not written here go through what judges them", () => {
  for (const name of files.filter((file) => file.endsWith(".js") && file !== "dom.js")) {
    for (const [, value] of read(name).matchAll(/\bhref: ([^,}]+)/g)) {
      assert.match(value, /^(?:"#\/|`#\/|`\$\{(?:to|at)\(|to\(|at\(|list \? at\(|leads\(|bodyPath\(|href\b|href \}|\(Object\.hasOwn\(LEADS)/, `${name}: ${value}`);
    }
  }
});

test("files are few words long", () => {
  const sizes = files.map((name) => read(name).length).sort((a, b) => a - b);
  assert.ok(Number(sizes.at(-1)) < 20_000, `${sizes.at(-1)}`);
  assert.ok(sizes[Math.floor(sizes.length / 2)] < 6_000);
  assert.ok(files.every((name) => /^[\w.-]+\.(?:html|css|js)$/.test(name)), `flat: ${files}`);
});

test("the build has the page's own files as they are, and its packages beside them", () => {
  const built = readdirSync(join(BUILD, "page"));
  for (const name of files) assert.equal(readFileSync(join(BUILD, "page", name), "utf8"), read(name), `${name}: build it again`);
  for (const name of ["preact.js", "eventsource-parser.js", "uPlot.esm.js", "uPlot.min.css", "providers.json"]) assert.ok(built.includes(name), name);
});

test("under the real Worker", { skip: skipPage }, async (t) => {
  /** @type {import("./lib/wrangler.js").Wrangler} */
  let server;
  before(async () => {
    server = await startPage({});
  });
  after(() => server?.stop());

  await t.test("each file has its type and the policy, and needs no token", async () => {
    const anybody = new Waypost(server, { token: null });
    const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; " +
      "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
    const types = { html: "text/html", css: "text/css", js: "text/javascript", json: "application/json" };
    for (const name of ["", ...readdirSync(join(BUILD, "page")).map((name) => `page/${name}`)]) {
      const answer = await anybody.fetch(`/${name}`);
      assert.equal(answer.status, 200, name);
      const extension = /** @type {keyof typeof types} */ (/\.(\w+)$/.exec(name)?.[1] ?? "html");
      assert.ok(answer.headers.get("content-type")?.startsWith(types[extension]), `${name}: ${answer.headers.get("content-type")}`);
      assert.equal(answer.headers.get("content-security-policy"), policy, name);
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff", name);
      assert.equal(answer.headers.get("referrer-policy"), "no-referrer", name);
      assert.match(answer.headers.get("etag") ?? "", /^(?:W\/)?"/, name);
    }
    for (const path of ["/page/nothing.js", "/page/", "/page/..%2Findex.js", "/page/sub/x.js"]) expectProblem(await anybody.fetch(path), 404, "not_found", path);
  });

  await t.test("a first visit is within its budget", async () => {
    const operator = await Operator.open(server);
    /** @type {Map<string, string>} */
    const fetched = new Map();
    operator.page.on("response", async (response) => {
      const { pathname } = new URL(response.url());
      if (pathname === "/" || pathname.startsWith("/page/")) fetched.set(pathname, await response.text());
    });
    await operator.signIn();
    await operator.page.locator(".spark canvas").first().waitFor();
    const sizes = [...fetched].map(([name, text]) => /** @type {const} */ ([name, gzipSync(text, { level: 9 }).length]));
    const sum = (/** @type {(readonly [string, number])[]} */ list) => list.reduce((all, [, size]) => all + size, 0);
    const own = sizes.filter(([name]) => name === "/" || files.includes(name.replace("/page/", "")));
    t.diagnostic(`${sizes.length} files, ${sum(sizes)} bytes gzipped, ${sum(own)} of them the page's own`);
    assert.ok(sum(sizes) <= BUDGET, `${sum(sizes)} bytes: ${JSON.stringify(sizes)}`);
    assert.ok(sum(own) <= OWN_BUDGET, `${sum(own)} bytes: ${JSON.stringify(own)}`);
    assert.deepEqual(await operator.alarms(), []);
    await operator.close();
  });
});
