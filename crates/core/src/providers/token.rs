//! Nothing is signed: a credential comes with the webhook. Whoever has it may say anything, so an id in the
//! webhook is as good as one that is signed.

use super::{handshakes, page};
use crate::scheme::{
    Algorithm, Answer,
    At::{Header, Json, Query},
    Encoding, Grammar, Identity, Integrity, Row, Signature,
};

pub(super) const ROWS: &[Row<'static>] = &[
    // Each log has an id, and many come in one body, as lines or as a list.
    Row {
        name: "auth0",
        page: page("https://auth0.com/docs/customize/log-streams/custom-log-streams"),
        signature: Signature::whole("authorization"),
        identity: Identity::Content,
        ..TOKEN
    },
    Row {
        name: "basic",
        page: page("https://www.rfc-editor.org/rfc/rfc7617"),
        encoding: Encoding::Base64,
        signature: Signature::prefixed("authorization", "Basic "),
        ..TOKEN
    },
    Row {
        name: "bearer",
        page: page("https://www.rfc-editor.org/rfc/rfc6750"),
        signature: Signature::prefixed("authorization", "Bearer "),
        ..TOKEN
    },
    // Its test message is always the same.
    Row {
        name: "cloudflare",
        page: page(
            "https://developers.cloudflare.com/notifications/get-started/configure-webhooks/",
        ),
        signature: Signature::whole("cf-webhook-auth"),
        event_type: &[Json("/alert_type")],
        ..TOKEN
    },
    Row {
        or: Some(&Row {
            signature: Signature::at(Query("access_token"), Grammar::Whole { prefix: "" }),
            ..CLOUDEVENTS
        }),
        handshakes: handshakes::CLOUDEVENTS,
        ..CLOUDEVENTS
    },
    Row {
        name: "gitlab",
        page: page("https://docs.gitlab.com/user/project/integrations/webhooks/"),
        signature: Signature::whole("x-gitlab-token"),
        id: &[Header("idempotency-key")],
        event_type: &[Header("x-gitlab-event")],
        identity: Identity::Id,
        ..TOKEN
    },
    Row {
        name: "google-push",
        page: page("https://developers.google.com/workspace/drive/api/guides/push"),
        signature: Signature::whole("x-goog-channel-token"),
        event_type: &[Header("x-goog-resource-state")],
        ..TOKEN
    },
    Row {
        name: "header-token",
        page: page("schemes.md"),
        signature: Signature::whole(""),
        ..TOKEN
    },
    Row {
        name: "microsoft-graph",
        page: page(
            "https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks",
        ),
        signature: Signature::at(Json("/value/**/clientState"), Grammar::Whole { prefix: "" }),
        handshakes: handshakes::MICROSOFT_GRAPH,
        accepted: Some(handshakes::ACCEPTED),
        ..TOKEN
    },
    Row {
        name: "okta",
        page: page("https://developer.okta.com/docs/concepts/event-hooks/"),
        signature: Signature::whole("authorization"),
        id: &[Json("/eventId")],
        event_type: &[Json("/eventType")],
        identity: Identity::Id,
        handshakes: handshakes::OKTA,
        accepted: Some(Answer::EMPTY),
        ..TOKEN
    },
    Row {
        name: "postmark",
        page: page("https://postmarkapp.com/developer/webhooks/webhooks-overview"),
        encoding: Encoding::Base64,
        signature: Signature::prefixed("authorization", "Basic "),
        event_type: &[Json("/RecordType")],
        identity: Identity::Content,
        ..TOKEN
    },
    Row {
        name: "telegram",
        page: page("https://core.telegram.org/bots/api#setwebhook"),
        signature: Signature::whole("x-telegram-bot-api-secret-token"),
        id: &[Json("/update_id")],
        id_required: true,
        identity: Identity::Id,
        ..TOKEN
    },
];

/// An id counts only beside its `source`, so nothing is dropped by it.
const CLOUDEVENTS: Row<'static> = Row {
    name: "cloudevents",
    page: page("https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md"),
    signature: Signature::prefixed("authorization", "Bearer "),
    id: &[Header("ce-id"), Json("/id")],
    event_type: &[Header("ce-type"), Json("/type")],
    ..TOKEN
};

const TOKEN: Row<'static> = Row {
    algorithm: Algorithm::Token,
    encoding: Encoding::Text,
    signed: &[],
    identity: Identity::None,
    integrity: Integrity::None,
    ..Row::BODY_HMAC_SHA256_HEX
};
