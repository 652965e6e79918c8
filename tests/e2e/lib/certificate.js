// X.509 certificates (RFC 5280), signed by themselves, for as long as a test wants.

import { createPublicKey, randomBytes, sign } from "node:crypto";

/** One element of DER. @param {number} tag @param {Buffer[]} parts */
function element(tag, ...parts) {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (/** @type {Buffer[]} */ ...parts) => element(0x30, ...parts);
const time = (/** @type {number} */ at) =>
  element(0x18, Buffer.from(new Date(at).toISOString().replace(/[-:T]|\.\d+/g, "")));

const SHA256_WITH_RSA = sequence(Buffer.from("06092a864886f70d01010b0500", "hex"));
const COMMON_NAME = Buffer.from("0603550403", "hex");

const YEAR = 365 * 86_400_000;

/**
 * A certificate as PEM.
 *
 * @param {import("node:crypto").KeyObject} key a private RSA key
 * @param {{name?: string, from?: number, until?: number}} [options] times in milliseconds
 */
export function certificate(key, { name = "sns.amazonaws.com", from = Date.now() - YEAR, until = Date.now() + YEAR } = {}) {
  const who = sequence(element(0x31, sequence(COMMON_NAME, element(0x0c, Buffer.from(name)))));
  const version = element(0xa0, Buffer.from("020102", "hex"));
  const serial = element(0x02, Buffer.from([1]), randomBytes(8));
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const signed = sequence(version, serial, SHA256_WITH_RSA, who, sequence(time(from), time(until)), who, spki);
  const signature = element(0x03, Buffer.from([0]), sign("sha256", signed, key));
  const der = sequence(signed, SHA256_WITH_RSA, signature).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}
