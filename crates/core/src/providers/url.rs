//! The URL is signed with the body, or a hash without a key is the signature.

use super::{handshakes, milliseconds, page};
use crate::scheme::{
    Algorithm,
    At::{Header, Json},
    Encoding, Hash, Identity, Row, Signature,
};

pub(super) const ROWS: &[Row<'static>] = &[
    // Its ids stand in a list.
    Row {
        name: "hubspot-v1",
        page: page(
            "https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation",
        ),
        algorithm: Algorithm::Plain(Hash::Sha256),
        signature: Signature::whole("x-hubspot-signature"),
        signed: &["{secret}{body}"],
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "hubspot-v2",
        page: page(
            "https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation",
        ),
        algorithm: Algorithm::Plain(Hash::Sha256),
        signature: Signature::whole("x-hubspot-signature"),
        signed: &["{secret}{method}{url}{body}"],
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "hubspot-v3",
        page: page(
            "https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation",
        ),
        encoding: Encoding::Base64,
        signature: Signature::whole("x-hubspot-signature-v3"),
        timestamp: milliseconds(Header("x-hubspot-request-timestamp")),
        signed: &["{method}{url:decoded}{body}{timestamp}"],
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "square",
        page: page("https://developer.squareup.com/docs/webhooks/step3validate"),
        encoding: Encoding::Base64,
        signature: Signature::whole("x-square-hmacsha256-signature"),
        signed: &["{url}{body}"],
        id: &[Json("/event_id")],
        event_type: &[Json("/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "trello",
        page: page(
            "https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/#webhook-signatures",
        ),
        algorithm: Algorithm::Hmac(Hash::Sha1),
        encoding: Encoding::Base64,
        signature: Signature::whole("x-trello-webhook"),
        signed: &["{body}{url}"],
        id: &[Json("/action/id")],
        event_type: &[Json("/action/type")],
        identity: Identity::Id,
        handshakes: handshakes::LOOKED_AT,
        ..Row::BODY_HMAC_SHA256_HEX
    },
];
