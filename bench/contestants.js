// Who takes part, and in what.

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {string} [peer] the file in peers/, or the folder of one that is built; Waypost itself has none
 * @property {string} [build] the folder of a build; Waypost's current one otherwise
 * @property {string[]} [classes] a peer's Durable Objects
 * @property {Record<string, unknown>} [vars] of Waypost's, laid over those that the bench gives it
 * @property {import("./lib/requests.js").Kind} [kind] the webhooks that it takes
 */

/** Who receives. @type {Contestant[]} */
export const RECEIVERS = [
  { name: "empty", peer: "empty.js", kind: "github" },
  { name: "empty+ops", peer: "empty_ops.js", kind: "github" },
  { name: "bare", peer: "bare.js", kind: "github" },
  { name: "twin", peer: "twin.js", kind: "github" },
  { name: "hono+octokit", peer: "hono_octokit.js", kind: "github" },
  { name: "hono+stripe", peer: "hono_stripe.js", kind: "stripe" },
  { name: "hono+standardwebhooks", peer: "hono_standard.js", kind: "standard" },
  { name: "hono+svix", peer: "hono_svix.js", kind: "svix" },
  { name: "worker crate", peer: "worker_crate", kind: "github" },
  { name: "waypost", kind: "github" },
  { name: "waypost logging", kind: "github", vars: { LOG: {} } },
  { name: "waypost stripe", kind: "stripe" },
  { name: "waypost standard", kind: "standard" },
];

/** Who keeps a feed. @type {Contestant[]} */
export const FEEDS = [
  { name: "empty", peer: "empty.js" },
  { name: "twin", peer: "feed_twin.js", classes: ["Feed"] },
  { name: "waypost" },
];

/** The peers that the targets speak of. */
export const SDK_PEERS = ["hono+octokit", "hono+stripe", "hono+standardwebhooks", "hono+svix"];

/** Who takes part whatever is selected: without them there is nothing to compare. */
export const ALWAYS = ["empty", "empty+ops", "waypost"];
