//! The body is signed with a time.

use super::{handshakes, milliseconds, page, rfc3339, seconds};
use crate::scheme::{
    Algorithm,
    At::{Field, Form, Header, Json},
    Encoding, Grammar, Hash, Identity, Is, Row, Signature,
};

pub(super) const ROWS: &[Row<'static>] = &[
    // BOX-DELIVERY-ID is new at each attempt.
    Row {
        name: "box",
        page: page("https://developer.box.com/guides/webhooks/v2/signatures-v2"),
        encoding: Encoding::Base64,
        signature: Signature {
            more: &["box-signature-secondary"],
            ..Signature::whole("box-signature-primary")
        },
        requires: &[
            (Header("box-signature-algorithm"), Is::Text("HmacSHA256")),
            (Header("box-signature-version"), Is::Text("1")),
        ],
        timestamp: rfc3339(Header("box-delivery-timestamp")),
        signed: &["{body}{timestamp}"],
        id: &[Json("/id")],
        event_type: &[Json("/trigger")],
        identity: Identity::Id,
        tolerance_seconds: 600,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "calendly",
        page: page("https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures"),
        signature: Signature::pairs("calendly-webhook-signature", "v1"),
        timestamp: seconds(Field("t")),
        signed: &["{timestamp}.{body}"],
        event_type: &[Json("/event")],
        tolerance_seconds: 180,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "customer-io",
        page: page("https://docs.customer.io/api/webhooks/"),
        signature: Signature::whole("x-cio-signature"),
        timestamp: seconds(Header("x-cio-timestamp")),
        signed: &["v0:{timestamp}:{body}"],
        id: &[Json("/event_id")],
        event_type: &[Json("/metric")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "elevenlabs",
        page: page("https://elevenlabs.io/docs/product-guides/administration/webhooks"),
        signature: Signature::pairs("elevenlabs-signature", "v0"),
        timestamp: seconds(Field("t")),
        signed: &["{timestamp}.{body}"],
        event_type: &[Json("/type")],
        tolerance_seconds: 1_800,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "front",
        page: page("https://dev.frontapp.com/docs/application-webhooks"),
        encoding: Encoding::Base64,
        signature: Signature::whole("x-front-signature"),
        timestamp: milliseconds(Header("x-front-request-timestamp")),
        signed: &["{timestamp}:{body}"],
        id: &[Json("/payload/id")],
        event_type: &[Json("/type")],
        identity: Identity::Id,
        or: Some(&FRONT_RULE),
        handshakes: handshakes::FRONT,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "linear",
        page: page("https://linear.app/developers/webhooks#securing-webhooks"),
        signature: Signature::whole("linear-signature"),
        timestamp: milliseconds(Json("/webhookTimestamp")),
        id: &[Header("linear-delivery")],
        event_type: &[Header("linear-event"), Json("/type")],
        identity: Identity::IdAndContent,
        tolerance_seconds: 60,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "mux",
        page: page("https://www.mux.com/docs/core/verify-webhook-signatures"),
        signature: Signature::pairs("mux-signature", "v1"),
        timestamp: seconds(Field("t")),
        signed: &["{timestamp}.{body}"],
        id: &[Json("/id")],
        event_type: &[Json("/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // Its libraries take five seconds, which no queue and no skewed clock survives.
    Row {
        name: "paddle",
        page: page("https://developer.paddle.com/webhooks/about/signature-verification"),
        signature: Signature::at(
            Header("paddle-signature"),
            Grammar::Items {
                field: "h1",
                separator: ";",
                equals: "=",
            },
        ),
        timestamp: seconds(Field("ts")),
        signed: &["{timestamp}:{body}"],
        id: &[Json("/event_id")],
        event_type: &[Json("/event_type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // The id in the body is that of the object.
    Row {
        name: "recurly",
        page: page("https://docs.recurly.com/recurly-subscriptions/docs/signature-verification"),
        signature: Signature::at(
            Header("recurly-signature"),
            Grammar::List {
                separator: ",",
                first: 1,
            },
        ),
        timestamp: milliseconds(Field("0")),
        signed: &["{timestamp}.{body}"],
        id: &[Header("recurly-notification-id")],
        event_type: &[Json("/event_type")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // Sanity retries for half an hour, and does not say that it signs anew.
    Row {
        name: "sanity",
        page: page("https://github.com/sanity-io/webhook-toolkit/blob/main/src/signature.ts"),
        encoding: Encoding::Base64Url,
        signature: Signature::pairs("sanity-webhook-signature", "v1"),
        timestamp: milliseconds(Field("t")),
        signed: &["{timestamp}.{body}"],
        id: &[Header("idempotency-key")],
        event_type: &[Header("sanity-operation")],
        identity: Identity::IdAndContent,
        tolerance_seconds: 3_600,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // Slash commands and interactions are forms, and have no id.
    Row {
        name: "slack",
        page: page("https://docs.slack.dev/authentication/verifying-requests-from-slack"),
        signature: Signature::prefixed("x-slack-signature", "v0="),
        timestamp: seconds(Header("x-slack-request-timestamp")),
        signed: &["v0:{timestamp}:{body}"],
        id: &[Json("/event_id")],
        event_type: &[Json("/event/type"), Json("/type"), Form("command")],
        identity: Identity::Id,
        handshakes: handshakes::SLACK,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "stripe",
        page: page("https://docs.stripe.com/webhooks/signature"),
        signature: Signature::pairs("stripe-signature", "v1"),
        timestamp: seconds(Field("t")),
        signed: &["{timestamp}.{body}"],
        id: &[Json("/id")],
        id_required: true,
        event_type: &[Json("/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "twitch",
        page: page("https://dev.twitch.tv/docs/eventsub/handling-webhook-events/"),
        signature: Signature::prefixed("twitch-eventsub-message-signature", "sha256="),
        timestamp: rfc3339(Header("twitch-eventsub-message-timestamp")),
        signed: &["{id}{timestamp}{body}"],
        id: &[Header("twitch-eventsub-message-id")],
        id_required: true,
        event_type: &[Json("/subscription/type")],
        identity: Identity::Id,
        tolerance_seconds: 600,
        handshakes: handshakes::TWITCH,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "webflow",
        page: page("https://developers.webflow.com/data/changelog/webhook-signatures"),
        signature: Signature::whole("x-webflow-signature"),
        timestamp: milliseconds(Header("x-webflow-timestamp")),
        signed: &["{timestamp}:{body}"],
        event_type: &[Json("/triggerType")],
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "workos",
        page: page("https://workos.com/docs/events/data-syncing/webhooks"),
        signature: Signature::pairs("workos-signature", "v1"),
        timestamp: milliseconds(Field("t")),
        signed: &["{timestamp}.{body}"],
        id: &[Json("/id")],
        event_type: &[Json("/event")],
        identity: Identity::Id,
        tolerance_seconds: 180,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // An id in the body may be a ticket's: triggers have bodies that their users write.
    Row {
        name: "zendesk",
        page: page("https://developer.zendesk.com/documentation/webhooks/verifying/"),
        encoding: Encoding::Base64,
        signature: Signature::whole("x-zendesk-webhook-signature"),
        timestamp: rfc3339(Header("x-zendesk-webhook-signature-timestamp")),
        signed: &["{timestamp}{body}"],
        id: &[Header("x-zendesk-webhook-invocation-id")],
        event_type: &[Json("/type")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "zoom",
        page: page("https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events"),
        signature: Signature::prefixed("x-zm-signature", "v0="),
        timestamp: seconds(Header("x-zm-request-timestamp")),
        signed: &["v0:{timestamp}:{body}"],
        event_type: &[Json("/event")],
        handshakes: handshakes::ZOOM,
        ..Row::BODY_HMAC_SHA256_HEX
    },
];

/// The webhooks of rules, which sign the body alone.
const FRONT_RULE: Row<'static> = Row {
    name: "front",
    page: page("https://dev.frontapp.com/docs/rule-webhooks"),
    algorithm: Algorithm::Hmac(Hash::Sha1),
    encoding: Encoding::Base64,
    signature: Signature::whole("x-front-signature"),
    id: &[Json("/id")],
    event_type: &[Json("/type")],
    identity: Identity::Id,
    ..Row::BODY_HMAC_SHA256_HEX
};
