// The sources, feeds and secrets that most tests run with. Invented values, except the secrets of
// published vectors, which stand with their vectors.

export const POLL_TOKEN = "poll-token-of-the-tests";
export const ADMIN_TOKEN = "admin-token-of-the-tests";

export const SECRETS = {
  POLL_TOKEN,
  ADMIN_TOKEN,
  OTHER_TOKEN: "token-of-another-feed",
  WAYPOST_SECRET: "waypost-secret-of-the-tests",
  BARE_SECRET: "bare-secret-of-the-tests",
  GITHUB_WEBHOOK_SECRET: "It's a secret of the tests",
  GITHUB_WEBHOOK_SECRET_OLD: "the secret before the rotation",
  STRIPE_SECRET: "whsec_5WjuGmHzaw2VZrWqJTDgaLJMSHe0Ks3G",
  STANDARD_SECRET: "whsec_mA4wb3VXnTPHTGyJkPvk9hbZDRtCqXLs",
  SVIX_SECRET: "whsec_Z0R2cU5hTkxhVXBRZkV3WWRZbWxQZz09",
  SLACK_SECRET: "d41c2f8a7be94e3c90a51b6f3e8c7d20",
  SHOPIFY_SECRET: "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",
  ACME_SECRET: "a secret of a provider that nobody shipped",
};

/** One source for every provider that the tests sign for. */
export const SOURCES = {
  default: { provider: "waypost", secrets: ["WAYPOST_SECRET"] },
  bare: { provider: "waypost-body", secrets: ["BARE_SECRET"] },
  github: { provider: "github", secrets: ["GITHUB_WEBHOOK_SECRET", "GITHUB_WEBHOOK_SECRET_OLD"] },
  stripe: { provider: "stripe", secrets: ["STRIPE_SECRET"] },
  standard: { provider: "standard-webhooks", secrets: ["STANDARD_SECRET"] },
  svix: { provider: "standard-webhooks", secrets: ["SVIX_SECRET"] },
  slack: { provider: "slack", secrets: ["SLACK_SECRET"] },
  shopify: { provider: "shopify", secrets: ["SHOPIFY_SECRET"] },
  /** A provider that only the config knows. */
  acme: {
    secrets: ["ACME_SECRET"],
    scheme: {
      algorithm: "hmac-sha256",
      encoding: "hex",
      signature: { header: "x-acme-signature", prefix: "v1=" },
      timestamp: { header: "x-acme-time", unit: "s" },
      signed: "{timestamp}.{body}",
      id: { header: "x-acme-id" },
    },
  },
};

export const FEEDS = {
  default: { tokens: ["POLL_TOKEN"], retention_days: 7 },
};
