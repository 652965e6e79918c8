//! The providers that Waypost knows: a table, one row a provider.

use crate::scheme::{
    At::{self, Field, Header, Json},
    Encoding, Identity, Key, Row, Signature, Timestamp, Unit,
};

/// The row of the provider `name`.
pub fn find(name: &str) -> Option<&'static Row<'static>> {
    PROVIDERS.iter().find(|row| row.name == name)
}

/// The names that the specification gives, and those that Svix, where it comes from, still sends.
const WEBHOOK_OR_SVIX: &[&str] = &["webhook", "svix"];

/// Webhooks, and what Shopify calls events, which come with these headers alone or with both.
const X_SHOPIFY_OR_SHOPIFY: &[&str] = &["x-shopify", "shopify"];

const fn seconds(at: At<'static>) -> Option<Timestamp<'static>> {
    Some(Timestamp {
        at,
        unit: Unit::Seconds,
    })
}

/// Every provider, our own first.
pub const PROVIDERS: &[Row<'static>] = &[
    Row {
        name: "waypost",
        page: "README.md",
        signature: Signature::prefixed("x-webhook-signature", "sha256="),
        timestamp: seconds(Header("x-webhook-timestamp")),
        signed: "{timestamp}.{body}",
        id: &[Json("/event_id"), Header("x-webhook-id")],
        id_required: true,
        event_type: &[Header("x-webhook-event")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "waypost-body",
        page: "README.md",
        signature: Signature::whole("x-webhook-signature"),
        id: &[Json("/event_id"), Header("x-webhook-id")],
        event_type: &[Header("x-webhook-event")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "github",
        page: "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
        signature: Signature::prefixed("x-hub-signature-256", "sha256="),
        id: &[Header("x-github-delivery")],
        event_type: &[Header("x-github-event")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "stripe",
        page: "https://docs.stripe.com/webhooks/signature",
        signature: Signature::pairs("stripe-signature", "v1"),
        timestamp: seconds(Field("t")),
        signed: "{timestamp}.{body}",
        id: &[Json("/id")],
        id_required: true,
        event_type: &[Json("/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "standard-webhooks",
        page: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
        encoding: Encoding::Base64,
        // Supabase hands out secrets that begin with the version.
        key: Key {
            form: Encoding::Base64,
            strip: &["v1,whsec_", "whsec_"],
        },
        families: WEBHOOK_OR_SVIX,
        signature: Signature::versions("{family}-signature", "v1"),
        timestamp: seconds(Header("{family}-timestamp")),
        signed: "{id}.{timestamp}.{body}",
        id: &[Header("{family}-id")],
        id_required: true,
        event_type: &[Json("/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "slack",
        page: "https://docs.slack.dev/authentication/verifying-requests-from-slack",
        signature: Signature::prefixed("x-slack-signature", "v0="),
        timestamp: seconds(Header("x-slack-request-timestamp")),
        signed: "v0:{timestamp}:{body}",
        // Slash commands and interactions are forms, and have neither.
        id: &[Json("/event_id")],
        event_type: &[Json("/event/type"), Json("/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "shopify",
        page: "https://shopify.dev/docs/apps/build/webhooks/verify-deliveries",
        encoding: Encoding::Base64,
        families: X_SHOPIFY_OR_SHOPIFY,
        signature: Signature::whole("{family}-hmac-sha256"),
        // Not the event id, which the webhooks of all subscriptions to one event share.
        id: &[Header("{family}-webhook-id")],
        event_type: &[Header("{family}-topic")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
];
