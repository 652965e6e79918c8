// Who takes part, and in what.

/** @typedef {{status: number, reads: number, sends: number, writes: number}} Expected */

/**
 * @typedef {object} Contestant
 * @property {string} name
 * @property {string} [peer] the file in peers/; Waypost itself has none
 * @property {string} [build] the folder of a build of Waypost; the current one otherwise
 * @property {import("./lib/requests.js").Kind} kind the webhooks that it takes
 */

/** @type {Contestant[]} */
export const CONTESTANTS = [
  { name: "empty", peer: "empty.js", kind: "github" },
  { name: "empty+ops", peer: "empty_ops.js", kind: "github" },
  { name: "bare", peer: "bare.js", kind: "github" },
  { name: "twin", peer: "twin.js", kind: "github" },
  { name: "hono+octokit", peer: "hono_octokit.js", kind: "github" },
  { name: "hono+stripe", peer: "hono_stripe.js", kind: "stripe" },
  { name: "hono+standardwebhooks", peer: "hono_standard.js", kind: "standard" },
  { name: "hono+svix", peer: "hono_svix.js", kind: "svix" },
  { name: "waypost", kind: "github" },
  { name: "waypost stripe", kind: "stripe" },
  { name: "waypost standard", kind: "standard" },
];

/** The peers that the targets speak of. */
export const SDK_PEERS = ["hono+octokit", "hono+stripe", "hono+standardwebhooks", "hono+svix"];

/** What one request is to be answered with, and which operations of the platform it is to cost. */
const QUEUED = { status: 200, reads: 1, sends: 1, writes: 1 };
const REFUSED = { status: 401, reads: 0, sends: 0, writes: 0 };
const KNOWN = { status: 200, reads: 1, sends: 0, writes: 0 };

/**
 * @typedef {object} Case
 * @property {string} name what selects it on the command line
 * @property {string} title
 * @property {number} size of a body, in bytes
 * @property {number} count requests a run
 * @property {number} connections
 * @property {boolean} [forged]
 * @property {boolean} [known] whether KV knows every webhook
 * @property {Expected} expect of one request
 */

/** @type {Case[]} */
export const CASES = [
  { name: "receive", title: "receive 0.5 KB", size: 512, count: 2000, connections: 16, expect: QUEUED },
  { name: "receive", title: "receive 10 KB", size: 10_240, count: 2000, connections: 16, expect: QUEUED },
  // Above 96 KB a body goes through KV, which is a second write.
  { name: "receive", title: "receive 200 KB", size: 204_800, count: 320, connections: 8, expect: { ...QUEUED, writes: 2 } },
  { name: "receive", title: "receive 2 MB", size: 2_097_152, count: 48, connections: 4, expect: { ...QUEUED, writes: 2 } },
  { name: "refused", title: "refused 10 KB", size: 10_240, count: 2000, connections: 16, forged: true, expect: REFUSED },
  { name: "duplicate", title: "duplicate 10 KB", size: 10_240, count: 2000, connections: 16, known: true, expect: KNOWN },
];

/**
 * @param {Contestant} contestant
 * @param {Case} kase
 * @returns {Expected | undefined} nothing where it takes no part
 */
export function expected({ name }, { expect }) {
  if (name === "empty") return { status: 200, reads: 0, sends: 0, writes: 0 };
  // It can refuse nothing.
  if (name === "empty+ops" && expect === REFUSED) return undefined;
  return expect;
}
