// What one row of the table of provider_sdks.test.js says: a vendor's package, and a webhook as
// that vendor sends it.

/**
 * @typedef {object} Sent a genuine webhook, signed at the time that `Date` tells
 * @property {string} body with a UUID of version 4 in what is signed
 * @property {Record<string, string>} headers
 * @property {string} [query] with its question mark
 * @property {string} [id] the provider's id of the webhook
 * @property {string} [type]
 */

/**
 * @typedef {object} Sdk
 * @property {string} package
 * @property {boolean} [signs] whether the package makes the signature too
 * @property {string} provider the row
 * @property {string} [form] which of the provider's, where there are several
 * @property {string} [secret] the public key, where that is what a source is told; none where keys are fetched
 * @property {Record<string, unknown>} [settings] of the source, beside its secrets
 * @property {Record<string, string>} [served] what is outside, by URL
 * @property {boolean} [signsUrl]
 * @property {"checked" | "ignored"} [window] what the package does about the time that is signed
 * @property {number} [late] milliseconds that are too late; two hours, if nothing is said
 * @property {(url: string) => Sent | Promise<Sent>} send `url` is the source's `public_url`
 * @property {(sent: Sent, url: string) => unknown} accepts what the package says of a webhook that
 *   came to `url`, which has the query; it refuses by `false` or an error
 * @property {(body: string) => string} [forged] the body with one byte changed
 * @property {(sent: Sent) => Sent} [forge] where that would be as genuine
 */

export const JSON_TYPE = { "content-type": "application/json" };
export const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };
