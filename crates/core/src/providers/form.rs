//! Fields of the body are signed, or the signature stands among them.

use super::{handshakes, page, seconds};
use crate::scheme::{
    Algorithm,
    At::{Form, Header, Json, Query},
    Encoding, Grammar, Hash, Identity, Integrity, Key, Row, Signature,
};

pub(super) const ROWS: &[Row<'static>] = &[
    // Eight fields are signed, and the rest of the body is not. A second item would ride along: there may be
    // only one.
    Row {
        name: "adyen",
        page: page("https://docs.adyen.com/development-resources/webhooks/verify-hmac-signatures"),
        encoding: Encoding::Base64,
        key: Key::encoded(Encoding::Hex, &[]),
        signature: Signature::at(
            Json("/notificationItems/*/NotificationRequestItem/additionalData/hmacSignature"),
            Grammar::Whole { prefix: "" },
        ),
        signed: &[concat!(
            "{json:/notificationItems/*/NotificationRequestItem/pspReference}",
            ":",
            "{json:/notificationItems/*/NotificationRequestItem/originalReference}",
            ":",
            "{json:/notificationItems/*/NotificationRequestItem/merchantAccountCode}",
            ":",
            "{json:/notificationItems/*/NotificationRequestItem/merchantReference}",
            ":",
            "{json:/notificationItems/*/NotificationRequestItem/amount/value}",
            ":",
            "{json:/notificationItems/*/NotificationRequestItem/amount/currency}",
            ":",
            "{json:/notificationItems/*/NotificationRequestItem/eventCode}",
            ":",
            "{json:/notificationItems/*/NotificationRequestItem/success}"
        )],
        event_type: &[Json(
            "/notificationItems/*/NotificationRequestItem/eventCode",
        )],
        integrity: Integrity::None,
        accepted: Some(handshakes::ADYEN),
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // The items are named by the public keys of those who may have signed; only the private key proves it.
    Row {
        name: "braintree",
        page: page("https://developer.paypal.com/braintree/docs/guides/webhooks/parse"),
        algorithm: Algorithm::Hmac(Hash::Sha1),
        key: Key {
            hash: Some(Hash::Sha1),
            ..Key::TEXT
        },
        signature: Signature::at(
            Form("bt_signature"),
            Grammar::Items {
                field: "*",
                separator: "&",
                equals: "|",
            },
        ),
        signed: &["{form:bt_payload}", "{form:bt_payload}\n"],
        handshakes: handshakes::BRAINTREE,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "forgejo",
        page: page("https://forgejo.org/docs/latest/user/webhooks/"),
        signature: Signature::whole("x-forgejo-signature"),
        signed: &["{form:payload|body}"],
        id: &[Header("x-forgejo-delivery")],
        event_type: &[Header("x-forgejo-event")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "gitea",
        page: page("https://docs.gitea.com/usage/webhooks"),
        signature: Signature::whole("x-gitea-signature"),
        signed: &["{form:payload|body}"],
        id: &[Header("x-gitea-delivery")],
        event_type: &[Header("x-gitea-event")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // Nothing of the event is signed. The token is to be remembered, says Mailgun; retries go on for eight hours.
    Row {
        name: "mailgun",
        page: page(
            "https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks",
        ),
        signature: Signature::at(Json("/signature/signature"), Grammar::Whole { prefix: "" }),
        timestamp: seconds(Json("/signature/timestamp")),
        signed: &["{json:/signature/timestamp}{json:/signature/token}"],
        id: &[Json("/signature/token")],
        id_required: true,
        event_type: &[Json("/event-data/event")],
        identity: Identity::Id,
        tolerance_seconds: 43_200,
        integrity: Integrity::None,
        or: Some(&MAILGUN_FORM),
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // Its events stand in a list.
    Row {
        name: "mandrill",
        page: page(
            "https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/#authenticating-webhook-requests",
        ),
        algorithm: Algorithm::Hmac(Hash::Sha1),
        encoding: Encoding::Base64,
        signature: Signature::whole("x-mandrill-signature"),
        signed: &["{url}{form}"],
        handshakes: handshakes::LOOKED_AT,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "twilio",
        page: page("https://www.twilio.com/docs/usage/webhooks/webhooks-security"),
        algorithm: Algorithm::Hmac(Hash::Sha1),
        encoding: Encoding::Base64,
        signature: Signature::whole("x-twilio-signature"),
        signed: &["{url:bare}", "{url:port}"],
        body_hash: Some(Query("bodySHA256")),
        id: &[Header("i-twilio-idempotency-token")],
        identity: Identity::IdAndContent,
        or: Some(&TWILIO_FORM),
        accepted: Some(handshakes::TWIML),
        ..Row::BODY_HMAC_SHA256_HEX
    },
];

/// The same in the fields of a form, as older webhooks and routes send it.
const MAILGUN_FORM: Row<'static> = Row {
    name: "mailgun",
    page: page(
        "https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks",
    ),
    signature: Signature::at(Form("signature"), Grammar::Whole { prefix: "" }),
    timestamp: seconds(Form("timestamp")),
    signed: &["{form:timestamp}{form:token}"],
    id: &[Form("token")],
    id_required: true,
    event_type: &[Form("event")],
    identity: Identity::Id,
    integrity: Integrity::None,
    ..Row::BODY_HMAC_SHA256_HEX
};

/// Forms; whatever else has no hash in its URL is not signed, and refused.
const TWILIO_FORM: Row<'static> = Row {
    name: "twilio",
    page: page("https://www.twilio.com/docs/usage/webhooks/webhooks-security"),
    algorithm: Algorithm::Hmac(Hash::Sha1),
    encoding: Encoding::Base64,
    signature: Signature::whole("x-twilio-signature"),
    signed: &["{url:bare}{form}", "{url:port}{form}"],
    id: &[Header("i-twilio-idempotency-token")],
    event_type: &[
        Form("EventType"),
        Form("MessageStatus"),
        Form("CallStatus"),
        Form("SmsStatus"),
    ],
    identity: Identity::IdAndContent,
    ..Row::BODY_HMAC_SHA256_HEX
};
