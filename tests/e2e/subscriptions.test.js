// Subscriptions of SNS's, which Waypost confirms itself: once AWS has signed that they are ours, by one GET, and
// nowhere else.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { expectAccepted, expectAnswer, expectProblem, leavesNothing } from "./lib/expect.js";
import { FEEDS, SOURCES } from "./lib/fixtures.js";
import { Outside } from "./lib/outside.js";
import { Kit } from "./lib/scheme/kit.js";
import { outsideOf, settingsOf } from "./lib/scheme/sources.js";
import { SCHEMES, variantsOf } from "./lib/scheme/ways.js";
import { Waypost } from "./lib/waypost.js";
import { startWorkerd } from "./lib/workerd.js";

const SCHEME = SCHEMES["aws-sns"];
const SETTINGS = settingsOf("aws-sns", SCHEME);

/** @type {import("./lib/workerd.js").Workerd} */
let server;
/** @type {Outside} */
let outside;
/** @type {Waypost} */
let waypost;
before(async () => {
  outside = await Outside.start();
  for (const { way } of variantsOf(SCHEME)) outside.serve(outsideOf(way, SETTINGS));
  const sources = { default: SOURCES.default, "aws-sns": { provider: "aws-sns", ...SETTINGS } };
  server = await startWorkerd({ sources, feeds: FEEDS, outside });
  waypost = new Waypost(server);
});
after(() => server?.stop());

const variants = variantsOf(SCHEME);

/** @param {import("./lib/scheme/ways.js").Variant} variant @param {string} url @param {Record<string, string>} [members] */
function confirmation(variant, url, members = {}) {
  const kit = new Kit(variant, "aws-sns", "", SCHEME, SETTINGS);
  const draft = kit.signed({
    change({ json }) {
      delete json.Subject;
      Object.assign(json, { Type: "SubscriptionConfirmation", Token: randomUUID(), SubscribeURL: url, ...members });
    },
  });
  return { kit, draft, webhook: kit.sent(draft) };
}
const newUrl = () =>
  `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:1:orders&Token=${randomUUID()}`;

for (const [number, variant] of variants.entries()) {
  test(`a subscription is confirmed by one GET, way ${number + 1}`, async () => {
    const url = newUrl();
    outside.serve({ [url]: "<ConfirmSubscriptionResponse/>" });
    expectAnswer(await leavesNothing(waypost, () => waypost.post(confirmation(variant, url).webhook)), { status: 200 });
    assert.deepEqual(outside.of(url).map(({ method, body }) => [method, body]), [["GET", ""]]);
  });
}

test("a subscription is not confirmed while AWS does not take it, and then is", async () => {
  const url = newUrl();
  const { webhook } = confirmation(variants[0], url);
  for (const refusal of [{ status: 500 }, { status: 403 }, { status: 302, headers: { location: "https://example.com/" } }]) {
    outside.serve({ [url]: refusal });
    const answer = await leavesNothing(waypost, () => waypost.post(webhook));
    expectProblem(answer, 503, "not_confirmed");
    assert.equal(answer.headers.get("retry-after"), "5");
  }
  outside.serve({ [url]: "<ok/>" });
  expectAnswer(await waypost.post(webhook), { status: 200 });
  assert.deepEqual(outside.of("https://example.com/"), []);
});

test("what is not signed, or not ours, is not confirmed", async () => {
  const url = newUrl();
  const { kit, draft } = confirmation(variants[0], url);
  const stale = kit.signed({ at: Date.now() - 2 * 3_600_000, change: ({ json }) => Object.assign(json, { Type: "SubscriptionConfirmation", Token: "t", SubscribeURL: url }) });
  const other = String(SETTINGS.topic_arns[0]).slice(0, -1);
  const forged = [
    ["another signature", kit.sent({ ...draft, signatures: kit.signed().signatures }), 401, "bad_signature"],
    ["another key", kit.sent(kit.signed({ change: ({ json }) => Object.assign(json, draft.json) }, { key: kit.strange })), 401, "bad_signature"],
    ["another URL", kit.sent({ ...draft, json: { ...draft.json, SubscribeURL: `${url}x` } }), 401, "bad_signature"],
    ["another topic", confirmation(variants[0], url, { TopicArn: other }).webhook, 401, "unexpected_sender"],
    ["no signature", kit.sent({ ...draft, unsigned: true }), 401, "missing_signature"],
    ["an old one", kit.sent(stale), 400, "stale_timestamp"],
  ];
  await leavesNothing(waypost, async () => {
    for (const [what, webhook, status, code] of forged) expectProblem(await waypost.post(webhook), status, code, what);
  });
  assert.deepEqual([url, `${url}x`].flatMap((each) => outside.of(each)), []);
});

test("nothing is confirmed at other places, and no end is undone", async () => {
  const places = ["https://example.com/?x", "http://sns.eu-west-1.amazonaws.com/?x", "https://sns.s3.amazonaws.com/?x", "https://sns.eu-west-1.amazonaws.com/other?x",
    "https://sns.eu-west-1.amazonaws.com@example.com/?x", "https://sns.eu-west-1.amazonaws.com:8443/?x"];
  for (const url of places) await waypost.post(confirmation(variants[0], url).webhook);
  const url = newUrl();
  expectAccepted(await waypost.post(confirmation(variants[0], url, { Type: "UnsubscribeConfirmation" }).webhook), "received");
  const known = variants.flatMap(({ way }) => Object.keys(outsideOf(way, SETTINGS)));
  const strange = outside.asked.filter((asked) => !known.includes(asked.url) && !/^https:\/\/sns\.eu-west-1\.amazonaws\.com\/\?Action=/.test(asked.url));
  assert.deepEqual([...strange, ...outside.of(url)], []);
});
