//! [Standard Webhooks](https://www.standardwebhooks.com), and who follows it.

use super::{page, seconds};
use crate::scheme::{
    At::{Header, Json},
    Encoding, Identity, Key, Row, Signature,
};

/// Supabase hands out secrets that begin with the version.
const WHSEC: Key<'static> = Key::encoded(Encoding::Base64, &["v1,whsec_", "whsec_"]);

pub(super) const ROWS: &[Row<'static>] = &[
    Row {
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
    },
    Row {
        name: "svix",
        page: page("https://docs.svix.com/receiving/verifying-payloads/how-manual"),
        encoding: Encoding::Base64,
        key: WHSEC,
        families: &["svix", "webhook"],
        signature: Signature::versions("{family}-signature", "v1"),
        timestamp: seconds(Header("{family}-timestamp")),
        signed: &["{id}.{timestamp}.{body}"],
        id: &[Header("{family}-id")],
        id_required: true,
        event_type: &[Json("/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "clerk",
        page: page("https://clerk.com/docs/reference/backend/verify-webhook"),
        encoding: Encoding::Base64,
        key: WHSEC,
        families: &["svix", "webhook"],
        signature: Signature::versions("{family}-signature", "v1"),
        timestamp: seconds(Header("{family}-timestamp")),
        signed: &["{id}.{timestamp}.{body}"],
        id: &[Header("{family}-id")],
        id_required: true,
        event_type: &[Json("/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "resend",
        page: page("https://resend.com/docs/webhooks/verify-webhooks-requests"),
        encoding: Encoding::Base64,
        key: WHSEC,
        families: &["svix", "webhook"],
        signature: Signature::versions("{family}-signature", "v1"),
        timestamp: seconds(Header("{family}-timestamp")),
        signed: &["{id}.{timestamp}.{body}"],
        id: &[Header("{family}-id")],
        id_required: true,
        event_type: &[Json("/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // A secret without its prefix is taken as it is, as by the vendor's library.
    Row {
        name: "openai",
        page: page("https://platform.openai.com/docs/guides/webhooks"),
        encoding: Encoding::Base64,
        key: Key {
            bare: Encoding::Text,
            ..WHSEC
        },
        signature: Signature::versions("webhook-signature", "v1"),
        timestamp: seconds(Header("webhook-timestamp")),
        signed: &["{id}.{timestamp}.{body}"],
        id: &[Header("webhook-id")],
        id_required: true,
        event_type: &[Json("/type")],
        identity: Identity::Id,
        or: Some(&OPENAI_BARE),
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // The id in the header is new at each attempt; older hooks have no other.
    Row {
        name: "supabase",
        page: page("https://supabase.com/docs/guides/auth/auth-hooks"),
        encoding: Encoding::Base64,
        key: WHSEC,
        signature: Signature::versions("webhook-signature", "v1"),
        timestamp: seconds(Header("webhook-timestamp")),
        signed: &["{header:webhook-id}.{timestamp}.{body}"],
        id: &[Json("/metadata/uuid"), Header("webhook-id")],
        id_required: true,
        event_type: &[Json("/metadata/name")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
];

/// One signature without its version, as the vendor's library takes it.
const OPENAI_BARE: Row<'static> = Row {
    name: "openai",
    page: page("https://platform.openai.com/docs/guides/webhooks"),
    encoding: Encoding::Base64,
    key: Key {
        bare: Encoding::Text,
        ..WHSEC
    },
    signature: Signature::whole("webhook-signature"),
    timestamp: seconds(Header("webhook-timestamp")),
    signed: &["{id}.{timestamp}.{body}"],
    id: &[Header("webhook-id")],
    id_required: true,
    event_type: &[Json("/type")],
    identity: Identity::Id,
    ..Row::BODY_HMAC_SHA256_HEX
};
