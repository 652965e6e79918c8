//! Signed with a private key; the public one is in the config, or where the provider keeps it.

use super::{handshakes, page, rfc3339, seconds};
use crate::scheme::{
    Algorithm,
    At::{Claim, Header, Json},
    Encoding, Grammar, Hash, Identity, Integrity, Is, Key, KeySource, Row, Signature,
};

pub(super) const ROWS: &[Row<'static>] = &[
    Row {
        or: Some(&Row {
            algorithm: Algorithm::Rsa(Hash::Sha1),
            requires: &[
                (Json("/SignatureVersion"), Is::Text("1")),
                (Json("/TopicArn"), Is::OneOf("topic_arns")),
            ],
            ..SNS
        }),
        handshakes: handshakes::SNS,
        ..SNS
    },
    // An event is sent again for ten minutes, perhaps as it was signed. It has no id, an interaction has.
    Row {
        name: "discord",
        page: page("https://docs.discord.com/developers/events/webhook-events"),
        algorithm: Algorithm::Ed25519,
        key: Key::encoded(Encoding::Hex, &[]),
        signature: Signature::whole("x-signature-ed25519"),
        timestamp: seconds(Header("x-signature-timestamp")),
        signed: &["{timestamp}{body}"],
        id: &[Json("/id")],
        tolerance_seconds: 900,
        event_type: &[Json("/event/type")],
        identity: Identity::IdAndContent,
        handshakes: handshakes::DISCORD,
        accepted: Some(handshakes::NO_CONTENT),
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // The token is a credential that says nothing of the message, and one is sent with many messages for up to
    // an hour.
    Row {
        name: "google-pubsub",
        page: page("https://docs.cloud.google.com/pubsub/docs/authenticate-push-subscriptions"),
        algorithm: Algorithm::Rsa(Hash::Sha256),
        encoding: Encoding::Base64Url,
        keys: KeySource::Fetched {
            url: "https://www.googleapis.com/oauth2/v3/certs",
            post: "",
        },
        signature: Signature::at(Header("authorization"), Grammar::Jwt { prefix: "Bearer " }),
        requires: &[
            (Claim("/iss"), Is::Text("https://accounts.google.com")),
            (Claim("/aud"), Is::OneOf("audience")),
            (Claim("/email"), Is::OneOf("service_account")),
            (Claim("/email_verified"), Is::Text("true")),
        ],
        timestamp: seconds(Claim("/iat")),
        signed: &["{jwt}"],
        id: &[Json("/message/messageId")],
        event_type: &[Json("/message/attributes/eventType")],
        identity: Identity::Id,
        tolerance_seconds: 3_900,
        integrity: Integrity::None,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // Sent again for three days. Of the body only the CRC-32 is signed, which a body of any meaning can have. The secret is the id of the
    // webhook, which says that it was signed for us.
    Row {
        name: "paypal",
        page: page("https://developer.paypal.com/api/rest/webhooks/rest/"),
        algorithm: Algorithm::Rsa(Hash::Sha256),
        encoding: Encoding::Base64,
        keys: KeySource::Certificate {
            at: Header("paypal-cert-url"),
            urls: &[
                "https://api.paypal.com/v1/notifications/certs/*",
                "https://api.sandbox.paypal.com/v1/notifications/certs/*",
            ],
        },
        signature: Signature::whole("paypal-transmission-sig"),
        requires: &[(Header("paypal-auth-algo"), Is::Text("SHA256withRSA"))],
        timestamp: rfc3339(Header("paypal-transmission-time")),
        signed: &["{id}|{timestamp}|{secret}|{crc32}"],
        id: &[Header("paypal-transmission-id")],
        id_required: true,
        event_type: &[Json("/event_type")],
        identity: Identity::Id,
        tolerance_seconds: 345_600,
        integrity: Integrity::None,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "plaid",
        page: page("https://plaid.com/docs/api/webhooks/webhook-verification/"),
        algorithm: Algorithm::Es256,
        encoding: Encoding::Base64Url,
        keys: KeySource::Fetched {
            url: "https://${environment}.plaid.com/webhook_verification_key/get",
            post: r#"{"client_id":"${client_id}","secret":"${secret}","key_id":"${kid}"}"#,
        },
        signature: Signature::at(Header("plaid-verification"), Grammar::Jwt { prefix: "" }),
        timestamp: seconds(Claim("/iat")),
        signed: &["{jwt}"],
        body_hash: Some(Claim("/request_body_sha256")),
        event_type: &[Json("/webhook_code")],
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // A batch is sent again for a day, perhaps as it was signed.
    Row {
        name: "sendgrid",
        page: page(
            "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features",
        ),
        algorithm: Algorithm::EcdsaP256,
        encoding: Encoding::Base64,
        key: Key::encoded(Encoding::Base64, &[]),
        signature: Signature::whole("x-twilio-email-event-webhook-signature"),
        timestamp: seconds(Header("x-twilio-email-event-webhook-timestamp")),
        signed: &["{timestamp}{body}"],
        tolerance_seconds: 86_400,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "telnyx",
        page: page("https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks"),
        algorithm: Algorithm::Ed25519,
        encoding: Encoding::Base64,
        key: Key::encoded(Encoding::Base64, &[]),
        signature: Signature::whole("telnyx-signature-ed25519"),
        timestamp: seconds(Header("telnyx-timestamp")),
        signed: &["{timestamp}|{body}"],
        id: &[Json("/data/id"), Json("/id")],
        event_type: &[Json("/data/event_type"), Json("/event_type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
];

/// Whoever has an account there can sign, so the topics must be named. A retry keeps the time of its message, and
/// comes within an hour. `UnsubscribeURL` is not signed, nor `MessageAttributes`.
const SNS: Row<'static> = Row {
    name: "aws-sns",
    page: page("https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html"),
    algorithm: Algorithm::Rsa(Hash::Sha256),
    encoding: Encoding::Base64,
    keys: KeySource::Certificate {
        at: Json("/SigningCertURL"),
        urls: &[
            "https://sns.{region}.amazonaws.com/SimpleNotificationService-*.pem",
            "https://sns.{region}.amazonaws.com.cn/SimpleNotificationService-*.pem",
        ],
    },
    signature: Signature::at(Json("/Signature"), Grammar::Whole { prefix: "" }),
    requires: &[
        (Json("/SignatureVersion"), Is::Text("2")),
        (Json("/TopicArn"), Is::OneOf("topic_arns")),
    ],
    timestamp: rfc3339(Json("/Timestamp")),
    signed: &["{lines:Message,MessageId,Subject,SubscribeURL,Timestamp,Token,TopicArn,Type}"],
    id: &[Json("/MessageId")],
    id_required: true,
    event_type: &[Json("/Type")],
    identity: Identity::Id,
    tolerance_seconds: 3_700,
    integrity: Integrity::None,
    ..Row::BODY_HMAC_SHA256_HEX
};
