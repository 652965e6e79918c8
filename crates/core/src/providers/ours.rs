//! What Waypost itself signs with.

use super::{page, seconds};
use crate::scheme::{
    At::{Header, Json},
    Identity, Row, Signature,
};

pub(super) const ROWS: &[Row<'static>] = &[
    Row {
        name: "waypost",
        page: page("README.md"),
        signature: Signature::prefixed("x-webhook-signature", "sha256="),
        timestamp: seconds(Header("x-webhook-timestamp")),
        signed: &["{timestamp}.{body}"],
        id: &[Json("/event_id"), Header("x-webhook-id")],
        id_required: true,
        event_type: &[Header("x-webhook-event")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "waypost-body",
        page: page("README.md"),
        signature: Signature::whole("x-webhook-signature"),
        id: &[Json("/event_id"), Header("x-webhook-id")],
        event_type: &[Header("x-webhook-event")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
];
