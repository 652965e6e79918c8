//! The providers that Waypost knows: a table, one row a provider.

use crate::scheme::{
    Algorithm::Hmac,
    At::{self, Field, Header, Json},
    Encoding, Hash, Identity, Key, Row, Signature, Timestamp, Unit,
};

/// The row of the provider `name`.
pub fn find(name: &str) -> Option<&'static Row<'static>> {
    PROVIDERS.iter().find(|row| row.name == name)
}

/// `webhook-id` and its like: the names that Standard Webhooks took over from Svix, and Svix's own.
const WEBHOOK_OR_SVIX: &[&str] = &["webhook", "svix"];

const fn seconds(at: At<'static>) -> Option<Timestamp<'static>> {
    Some(Timestamp {
        at,
        unit: Unit::Seconds,
    })
}

/// Every provider, its own projects first.
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
        page: "https://docs.stripe.com/webhooks#verify-manually",
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
        page: "https://shopify.dev/docs/apps/build/webhooks/subscribe/https",
        algorithm: Hmac(Hash::Sha256),
        encoding: Encoding::Base64,
        signature: Signature::whole("x-shopify-hmac-sha256"),
        id: &[Header("x-shopify-webhook-id")],
        event_type: &[Header("x-shopify-topic")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
];
