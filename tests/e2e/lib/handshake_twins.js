// The forged twin of each handshake: the same request with something in it that must not be answered.

/** @typedef {import("./handshakes.js").Handshake} Handshake */

/**
 * @typedef {object} Twin
 * @property {string} provider
 * @property {string} name
 * @property {(handshake: Handshake) => Partial<Handshake>} change
 * @property {number} status
 * @property {string} code
 * @property {boolean} [bare] at a source that is configured with nothing beside its secret
 */

const zeros = (/** @type {number} */ count) => "0".repeat(count);
const BAD = { status: 401, code: "bad_signature" };
const UNSIGNED = { status: 401, code: "missing_signature" };
const STALE = { status: 400, code: "stale_timestamp" };
const FORBIDDEN = { status: 403, code: "challenge_refused" };
const UNKNOWN = { status: 404, code: "challenge_unknown" };
const NO_METHOD = { status: 405, code: "method_not_allowed" };

/** With these headers; undefined takes one away. @param {Record<string, string | undefined>} more */
const headed = (more) => (/** @type {Handshake} */ { headers }) => {
  const all = Object.entries({ ...headers, ...more }).filter(([, value]) => value !== undefined);
  return { headers: /** @type {Record<string, string>} */ (Object.fromEntries(all)) };
};
/** With these parameters; undefined takes one away. @param {Record<string, string | undefined>} more */
const asking = (more) => (/** @type {Handshake} */ { query }) => {
  const all = new URLSearchParams(query);
  for (const [name, value] of Object.entries(more)) value === undefined ? all.delete(name) : all.set(name, value);
  return { query: String(all) };
};
const telling = (/** @type {string} */ body) => () => ({ body });
const later = (/** @type {number} */ seconds) => (/** @type {Handshake} */ { received_at }) => ({ received_at: received_at + seconds });
const by = (/** @type {string} */ method) => () => ({ method, body: undefined });
const same = () => ({});

/** Challenges that no provider sends, whatever theirs look like. @type {(name: string) => [string, Record<string, string | undefined>][]} */
const SHAPES = (name) => [
  ["no challenge", { [name]: undefined }],
  ["an empty challenge", { [name]: "" }],
  ["a challenge over 1 KB", { [name]: "a".repeat(1025) }],
  ["a challenge with a line break", { [name]: "abc\r\nset-cookie: x=1" }],
  ["a challenge with a zero byte", { [name]: "abc\0" }],
];

/** @param {string} provider @param {string} name @param {{status: number, code: string}} refusal @returns {Twin[]} */
const shapes = (provider, name, refusal) =>
  SHAPES(name).map(([what, more]) => ({ provider, name: what, change: asking(more), ...refusal }));

/** @type {Twin[]} */
export const TWINS = [
  { provider: "slack", name: "another signature", change: headed({ "x-slack-signature": `v0=${zeros(64)}` }), ...BAD },
  { provider: "slack", name: "no signature", change: headed({ "x-slack-signature": undefined }), ...UNSIGNED },
  { provider: "slack", name: "an old time", change: later(301), ...STALE },
  { provider: "slack", name: "another challenge", change: ({ body = "" }) => ({ body: body.replace("3eZ", "4eZ") }), ...BAD },
  ...["ssl_check=1&token=x&command=%2Fdeploy", "ssl_check=1", "ssl_check=2&token=x", "ssl_check=1&token=x&ssl_check=1&token=x&text=y"].map((body) => ({
    provider: "slack",
    name: body,
    change: () => ({ body, headers: { "content-type": "application/x-www-form-urlencoded" } }),
    ...UNSIGNED,
  })),

  { provider: "zoom", name: "another signature", change: headed({ "x-zm-signature": `v0=${zeros(64)}` }), ...BAD },
  { provider: "zoom", name: "no signature", change: headed({ "x-zm-signature": undefined }), ...UNSIGNED },
  { provider: "zoom", name: "an old time", change: later(301), ...STALE },

  { provider: "meta", name: "another token", change: asking({ "hub.verify_token": "meatyhamhoc" }), ...FORBIDDEN },
  { provider: "meta", name: "a longer token", change: asking({ "hub.verify_token": "meatyhamhocks" }), ...FORBIDDEN },
  { provider: "meta", name: "a token in capitals", change: asking({ "hub.verify_token": "MeatyHamHock" }), ...FORBIDDEN },
  { provider: "meta", name: "an empty token", change: asking({ "hub.verify_token": "" }), ...FORBIDDEN },
  { provider: "meta", name: "no token", change: asking({ "hub.verify_token": undefined }), ...FORBIDDEN },
  { provider: "meta", name: "another mode", change: asking({ "hub.mode": "unsubscribe" }), ...FORBIDDEN },
  { provider: "meta", name: "no token in the config", change: same, bare: true, ...FORBIDDEN },
  { provider: "meta", name: "no token in the config, and an empty one sent", change: asking({ "hub.verify_token": "" }), bare: true, ...FORBIDDEN },
  { provider: "meta", name: "by POST", change: () => ({ method: "POST", body: "{}" }), ...UNSIGNED },
  { provider: "meta", name: "by HEAD", change: by("HEAD"), ...NO_METHOD },
  ...shapes("meta", "hub.challenge", FORBIDDEN),

  { provider: "websub", name: "another topic", change: asking({ "hub.topic": "https://example.com/other" }), ...UNKNOWN },
  { provider: "websub", name: "a topic that goes on", change: asking({ "hub.topic": "https://example.com/feed/more" }), ...UNKNOWN },
  { provider: "websub", name: "no topic", change: asking({ "hub.topic": undefined }), ...UNKNOWN },
  { provider: "websub", name: "the end of a wanted subscription", change: asking({ "hub.mode": "unsubscribe" }), ...UNKNOWN },
  { provider: "websub", name: "another mode", change: asking({ "hub.mode": "publish" }), ...UNKNOWN },
  { provider: "websub", name: "no topics in the config", change: same, bare: true, ...UNKNOWN },
  ...shapes("websub", "hub.challenge", UNKNOWN),

  { provider: "dropbox", name: "by HEAD", change: by("HEAD"), ...NO_METHOD },
  ...shapes("dropbox", "challenge", FORBIDDEN),

  { provider: "x", name: "a token that reads like a body", change: asking({ crc_token: '{"for_user_id":"1"}' }), ...FORBIDDEN },
  { provider: "x", name: "a token of a word in quotes", change: asking({ crc_token: '"a"' }), ...FORBIDDEN },
  { provider: "x", name: "a list", change: asking({ crc_token: "[1]" }), ...FORBIDDEN },
  { provider: "x", name: "a token of 129 letters", change: asking({ crc_token: "a".repeat(129) }), ...FORBIDDEN },
  { provider: "x", name: "a token of 200 letters", change: asking({ crc_token: "a".repeat(200) }), ...FORBIDDEN },
  { provider: "x", name: "a token with a space", change: asking({ crc_token: "a b" }), ...FORBIDDEN },
  { provider: "x", name: "a token outside ASCII", change: asking({ crc_token: "ä" }), ...FORBIDDEN },
  ...shapes("x", "crc_token", FORBIDDEN),

  { provider: "braintree", name: "capitals", change: asking({ bt_challenge: "20F9F8ED05F77439FE955C977E4C8A53" }), ...FORBIDDEN },
  { provider: "braintree", name: "19 digits", change: asking({ bt_challenge: "20f9f8ed05f77439fe9" }), ...FORBIDDEN },
  { provider: "braintree", name: "33 digits", change: asking({ bt_challenge: `${zeros(32)}a` }), ...FORBIDDEN },
  { provider: "braintree", name: "base64, as a payload is", change: asking({ bt_challenge: "PG5vdGlmaWNhdGlvbj48L25vdGlmaWNhdGlvbj4=" }), ...FORBIDDEN },
  { provider: "braintree", name: "spaces", change: asking({ bt_challenge: "bad challenge with spaces" }), ...FORBIDDEN },
  { provider: "braintree", name: "no public key in the config", change: same, bare: true, ...FORBIDDEN },
  ...shapes("braintree", "bt_challenge", FORBIDDEN),

  { provider: "twitch", name: "another signature", change: headed({ "twitch-eventsub-message-signature": `sha256=${zeros(64)}` }), ...BAD },
  { provider: "twitch", name: "no signature", change: headed({ "twitch-eventsub-message-signature": undefined }), ...UNSIGNED },
  { provider: "twitch", name: "another challenge", change: ({ body = "" }) => ({ body: body.replace("pogchamp", "pogchump") }), ...BAD },
  { provider: "twitch", name: "an old time", change: later(601), ...STALE },

  { provider: "xero", name: "another signature", change: headed({ "x-xero-signature": "bZwfo4WL1ncbabEa08MMQLBc9vGefpQkxixzxqcHxqU=" }), ...BAD },
  { provider: "xero", name: "no signature", change: headed({ "x-xero-signature": undefined }), ...UNSIGNED },

  { provider: "trello", name: "by GET", change: by("GET"), ...NO_METHOD },
  { provider: "mandrill", name: "by GET", change: by("GET"), ...NO_METHOD },
  { provider: "intercom", name: "by PUT", change: by("PUT"), ...NO_METHOD },

  { provider: "okta", name: "no credential", change: headed({ authorization: undefined }), ...UNSIGNED },
  { provider: "okta", name: "another credential", change: headed({ authorization: "my-shared-secre" }), ...BAD },
  { provider: "okta", name: "no challenge", change: headed({ "x-okta-verification-challenge": undefined }), ...FORBIDDEN },
  { provider: "okta", name: "a challenge over 1 KB", change: headed({ "x-okta-verification-challenge": "a".repeat(1025) }), ...FORBIDDEN },

  ...shapes("microsoft-graph", "validationToken", UNSIGNED),
  { provider: "microsoft-graph", name: "by GET", change: by("GET"), ...NO_METHOD },

  { provider: "front", name: "another signature", change: headed({ "x-front-signature": `${zeros(43)}=` }), ...BAD },
  { provider: "front", name: "no signature", change: headed({ "x-front-signature": undefined }), ...UNSIGNED },
  { provider: "front", name: "an old time", change: later(301), ...STALE },

  ...["webhook_id=42&x=1", "webhook_id=42&webhook_id=43&id=1", '{"webhook_id":42}'].map((body) => ({
    provider: "woocommerce",
    name: body,
    change: telling(body),
    ...UNSIGNED,
  })),

  { provider: "cloudevents", name: "another origin", change: headed({ "webhook-request-origin": "evil.example" }), ...FORBIDDEN },
  { provider: "cloudevents", name: "an origin that goes on", change: headed({ "webhook-request-origin": "eventemitter.example.com.evil.example" }), ...FORBIDDEN },
  { provider: "cloudevents", name: "no origins in the config", change: same, bare: true, ...FORBIDDEN },

  { provider: "asana", name: "at a source that is not armed", change: same, status: 403, code: "not_armed" },
  { provider: "asana", name: "no secret", change: headed({ "x-hook-secret": undefined }), ...UNSIGNED },
  { provider: "asana", name: "an empty secret", change: headed({ "x-hook-secret": "" }), ...UNSIGNED },
  { provider: "notion", name: "at a source that is not armed", change: same, status: 403, code: "not_armed" },
  { provider: "notion", name: "an empty token", change: telling('{"verification_token":""}'), status: 503, code: "no_secret" },
];
