//! [Standard Webhooks](https://www.standardwebhooks.com), and who follows it.

use super::{page, seconds};
use crate::scheme::{
    Algorithm,
    At::{Header, Json},
    Encoding, Identity, Key, Row, Signature,
};

pub(super) const ROWS: &[Row<'static>] = &[
    Row {
        or: Some(&V1A),
        ..STANDARD
    },
    Row {
        name: "svix",
        page: page("https://docs.svix.com/receiving/verifying-payloads/how-manual"),
        or: Some(&V1A),
        ..SVIX
    },
    Row {
        name: "clerk",
        page: page("https://clerk.com/docs/reference/backend/verify-webhook"),
        ..SVIX
    },
    Row {
        name: "resend",
        page: page("https://resend.com/docs/webhooks/verify-webhooks-requests"),
        ..SVIX
    },
    // Beside the token in a header, which provider `gitlab` takes.
    Row {
        name: "gitlab-signed",
        page: page("https://docs.gitlab.com/user/project/integrations/webhooks/"),
        event_type: &[Header("x-gitlab-event")],
        ..WEBHOOK
    },
    Row {
        or: Some(&OPENAI),
        signature: Signature::versions("webhook-signature", "v1"),
        ..OPENAI
    },
    Row {
        name: "supabase",
        page: page("https://supabase.com/docs/guides/auth/auth-hooks"),
        // The id in the header is new at each attempt; older hooks have no other.
        signed: &["{header:webhook-id}.{timestamp}.{body}"],
        id: &[Json("/metadata/uuid"), Header("webhook-id")],
        event_type: &[Json("/metadata/name")],
        ..WEBHOOK
    },
];

/// Supabase hands out secrets that begin with the version.
const WHSEC: Key<'static> = Key::encoded(Encoding::Base64, &["v1,whsec_", "whsec_"]);

/// The names that the specification gives, and those that Svix, where it comes from, still sends.
const STANDARD: Row<'static> = Row {
    name: "standard-webhooks",
    page: page(
        "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    ),
    encoding: Encoding::Base64,
    key: WHSEC,
    families: &["webhook", "svix"],
    signature: Signature::versions("{family}-signature", "v1"),
    timestamp: seconds(Header("{family}-timestamp")),
    signed: &["{id}.{timestamp}.{body}"],
    id: &[Header("{family}-id")],
    id_required: true,
    event_type: &[Json("/type")],
    identity: Identity::Id,
    ..Row::BODY_HMAC_SHA256_HEX
};

/// The same content signed with a private key; the public one begins with `whpk_`, so that it is never taken
/// for a secret.
const V1A: Row<'static> = Row {
    algorithm: Algorithm::Ed25519,
    key: Key {
        bare: None,
        ..Key::encoded(Encoding::Base64, &["whpk_"])
    },
    signature: Signature::versions("{family}-signature", "v1a"),
    ..STANDARD
};

/// Svix, and who sends through it.
const SVIX: Row<'static> = Row {
    families: &["svix", "webhook"],
    ..STANDARD
};

/// The specification's names alone.
const WEBHOOK: Row<'static> = Row {
    families: &[],
    signature: Signature::versions("webhook-signature", "v1"),
    timestamp: seconds(Header("webhook-timestamp")),
    id: &[Header("webhook-id")],
    ..STANDARD
};

/// The vendor's library takes a secret without its prefix as it is, and one signature without its version.
const OPENAI: Row<'static> = Row {
    name: "openai",
    page: page("https://platform.openai.com/docs/guides/webhooks"),
    key: Key {
        bare: Some(Encoding::Text),
        ..WHSEC
    },
    signature: Signature::whole("webhook-signature"),
    ..WEBHOOK
};
