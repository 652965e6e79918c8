// Signed webhooks, ready to be sent: one file a pool, every request of it a webhook of its own.

import { createHash, createHmac, randomUUID } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

export const SECRETS = {
  GITHUB_WEBHOOK_SECRET: "It's a secret of the bench",
  STRIPE_SECRET: "whsec_5WjuGmHzaw2VZrWqJTDgaLJMSHe0Ks3G",
  STANDARD_SECRET: "whsec_mA4wb3VXnTPHTGyJkPvk9hbZDRtCqXLs",
  SVIX_SECRET: "whsec_Z0R2cU5hTkxhVXBRZkV3WWRZbWxQZz09",
};

/** Opens the feeds. */
export const POLL_TOKEN = "bench-poll-token-5b1f0c";

/** What Waypost is configured with; the peers know their own. */
export const SOURCES = {
  github: { provider: "github", secrets: ["GITHUB_WEBHOOK_SECRET"] },
  stripe: { provider: "stripe", secrets: ["STRIPE_SECRET"] },
  standard: { provider: "standard-webhooks", secrets: ["STANDARD_SECRET"] },
  svix: { provider: "standard-webhooks", secrets: ["SVIX_SECRET"] },
};

/** @typedef {keyof typeof SOURCES} Kind */
/** @typedef {{file: string, count: number}} Pool */

const hmac = (key, encoding, ...parts) =>
  parts.reduce((mac, part) => mac.update(part), createHmac("sha256", key)).digest(encoding);

const standardKey = (secret) => Buffer.from(secret.slice("whsec_".length), "base64");

/** The headers of a webhook, as its provider sends them. */
const HEADERS = {
  github: (body) => ({
    "Accept": "*/*",
    "User-Agent": "GitHub-Hookshot/044aadd",
    "Content-Type": "application/json",
    "X-GitHub-Delivery": randomUUID(),
    "X-GitHub-Event": "push",
    "X-GitHub-Hook-ID": "292430182",
    "X-GitHub-Hook-Installation-Target-ID": "79929171",
    "X-GitHub-Hook-Installation-Target-Type": "repository",
    "X-Hub-Signature-256": `sha256=${hmac(SECRETS.GITHUB_WEBHOOK_SECRET, "hex", body)}`,
  }),
  stripe: (body, _id, at) => ({
    "Accept": "*/*; q=0.5, application/xml",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-cache",
    "Stripe-Signature": `t=${at},v1=${hmac(SECRETS.STRIPE_SECRET, "hex", `${at}.`, body)}`,
  }),
  standard: (body, id, at) => ({
    "Accept": "*/*",
    "User-Agent": "Standard-Webhooks/1.0",
    "Content-Type": "application/json",
    "Webhook-Id": id,
    "Webhook-Timestamp": String(at),
    "Webhook-Signature": `v1,${hmac(standardKey(SECRETS.STANDARD_SECRET), "base64", `${id}.${at}.`, body)}`,
  }),
  svix: (body, id, at) => ({
    "Accept": "*/*",
    "User-Agent": "Svix-Webhooks/1.84 (sender-9YMgn; +https://www.svix.com/http-sender/)",
    "Content-Type": "application/json",
    "Svix-Id": id,
    "Svix-Timestamp": String(at),
    "Svix-Signature": `v1,${hmac(standardKey(SECRETS.SVIX_SECRET), "base64", `${id}.${at}.`, body)}`,
  }),
};

/**
 * One webhook, signed now.
 *
 * @param {Kind} kind
 * @param {number} size of its body
 * @param {{id?: string, at?: number, forged?: boolean, filler?: Buffer}} [options] `id`: of the body; `at`: unix seconds
 */
export function signed(kind, size, { id = messageId(0), at = seconds(), forged = false, filler = payload(size) } = {}) {
  const head = `{"id":"${id}","object":"event","type":"push","created":${at},`;
  const body = Buffer.concat([Buffer.from(head), filler.subarray(0, size - head.length - 2), Buffer.from('"}')]);
  const headers = HEADERS[kind](body, id, at);
  // One that was signed by somebody else, or altered on its way.
  if (forged) body[size - 3] ^= 1;
  return { path: `/webhooks/receive/${kind}`, headers, body };
}

/** A request as it goes over the wire. */
export function onTheWire({ method = "POST", path, headers, body = Buffer.alloc(0) }) {
  const lines = Object.entries({ Host: "hooks.example.com", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  if (method === "POST") lines.push(`Content-Length: ${body.length}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`), body]);
}

/**
 * Writes a pool of webhooks. Signatures are of this moment, so it is good for five minutes.
 *
 * @param {string} folder
 * @param {{kind: Kind, size: number, count: number, forged: boolean}} options
 * @returns {Pool}
 */
export function writePool(folder, { kind, size, count, forged }) {
  const file = join(folder, `${kind}-${size}-${forged ? "forged" : "signed"}`);
  const at = seconds();
  const filler = payload(size);
  const webhook = (number) => onTheWire(signed(kind, size, { id: messageId(number, at), at, forged, filler }));
  return writeRequests(file, count, webhook);
}

/**
 * Writes a pool of any requests.
 *
 * @param {string} file
 * @param {number} count
 * @param {(number: number) => Buffer} request
 * @returns {Pool}
 */
export function writeRequests(file, count, request) {
  const out = openSync(file, "w");
  for (let number = 0; number < count; number += 1) {
    const bytes = request(number);
    writeSync(out, `${bytes.length}\n`);
    writeSync(out, bytes);
  }
  closeSync(out);
  return { file, count };
}

const seconds = () => Math.floor(Date.now() / 1000);

function messageId(number, at = seconds()) {
  return `msg_${createHash("sha1").update(`${at} ${number}`).digest("hex").slice(0, 24)}`;
}

/** More than `size` bytes of members of a JSON object, ending inside a string. */
function payload(size) {
  const commits = [];
  let left = size - 1000;
  for (let number = 0; left > 0; number += 1) {
    const sha = createHash("sha1").update(String(number)).digest("hex");
    commits.push(JSON.stringify({
      id: sha,
      message: `Fix the "${sha.slice(0, 6)}" case\n\nIt failed where the list was empty.`,
      timestamp: "2026-11-24T05:44:00+00:00",
      url: `https://github.com/example/repository/commit/${sha}`,
      author: { name: "Zoë Example", email: "zoe@example.com", username: "zoe" },
      distinct: true,
      added: [], removed: [], modified: [`src/${sha.slice(0, 8)}.rs`],
    }));
    left -= Buffer.byteLength(commits.at(-1)) + 1;
  }
  const whole = Buffer.from(`"commits":[${commits.join(",")}],"padding":"`);
  return Buffer.concat([whole, Buffer.alloc(size, "x")]);
}
