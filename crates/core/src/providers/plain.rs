//! The body is signed and no time.

use super::{handshakes, page};
use crate::scheme::{
    Algorithm, Answer,
    At::{Header, Json},
    Encoding, Hash, Identity, Key, KeySource, Row, Signature,
};

pub(super) const ROWS: &[Row<'static>] = &[
    Row {
        name: "adyen-banking",
        page: page("https://docs.adyen.com/development-resources/webhooks/verify-hmac-signatures"),
        encoding: Encoding::Base64,
        key: Key::encoded(Encoding::Hex, &[]),
        signature: Signature::whole("hmacsignature"),
        event_type: &[Json("/type")],
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "airtable",
        page: page("https://airtable.com/developers/web/api/webhooks-overview"),
        key: Key::encoded(Encoding::Base64, &[]),
        signature: Signature::prefixed("x-airtable-content-mac", "hmac-sha256="),
        accepted: Some(Answer::EMPTY),
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "asana",
        page: page("https://developers.asana.com/docs/webhooks-guide"),
        signature: Signature::whole("x-hook-signature"),
        handshakes: handshakes::ASANA,
        keys: KeySource::Handed,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // The key is the text of the signature key, which looks like hexadecimal and is not: two captured
    // notifications say so.
    Row {
        name: "authorize-net",
        page: page("https://developer.authorize.net/api/reference/features/webhooks.html"),
        algorithm: Algorithm::Hmac(Hash::Sha512),
        signature: Signature::prefixed("x-anet-signature", "sha512="),
        id: &[Json("/notificationId")],
        event_type: &[Json("/eventType")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "bitbucket",
        page: page("https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/"),
        signature: Signature::prefixed("x-hub-signature", "sha256="),
        id: &[Header("x-request-uuid"), Header("x-request-id")],
        event_type: &[Header("x-event-key")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "cal-com",
        page: page("https://cal.com/docs/developing/guides/automation/webhooks"),
        signature: Signature::whole("x-cal-signature-256"),
        event_type: &[Json("/triggerEvent")],
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "circleci",
        page: page("https://circleci.com/docs/guides/integration/outbound-webhooks/"),
        signature: Signature::pairs("circleci-signature", "v1"),
        id: &[Json("/id")],
        event_type: &[Json("/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // Events without a history repeat their bodies, and a refused one suspends the webhook.
    Row {
        name: "clickup",
        page: page("https://developer.clickup.com/docs/webhooksignature"),
        signature: Signature::whole("x-signature"),
        event_type: &[Json("/event")],
        identity: Identity::None,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "coinbase-commerce",
        page: page("https://docs.cdp.coinbase.com/commerce/api-arcitecture/webhooks-security"),
        signature: Signature::whole("x-cc-webhook-signature"),
        id: &[Json("/event/id")],
        event_type: &[Json("/event/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "docusign",
        page: page("https://developers.docusign.com/platform/webhooks/connect/validate"),
        encoding: Encoding::Base64,
        signature: Signature {
            more: &["x-docusign-signature-{number}"],
            ..Signature::whole("x-docusign-signature-1")
        },
        event_type: &[Json("/event")],
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "dropbox",
        page: page("https://www.dropbox.com/developers/reference/webhooks"),
        signature: Signature::whole("x-dropbox-signature"),
        identity: Identity::None,
        handshakes: handshakes::DROPBOX,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "github",
        page: page(
            "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries",
        ),
        signature: Signature::prefixed("x-hub-signature-256", "sha256="),
        id: &[Header("x-github-delivery")],
        event_type: &[Header("x-github-event")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "heroku",
        page: page("https://devcenter.heroku.com/articles/app-webhooks"),
        encoding: Encoding::Base64,
        signature: Signature::whole("heroku-webhook-hmac-sha256"),
        id: &[Json("/webhook_metadata/event/id")],
        event_type: &[Json("/webhook_metadata/event/include")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "intercom",
        page: page("https://developers.intercom.com/docs/webhooks/webhook-notifications"),
        algorithm: Algorithm::Hmac(Hash::Sha1),
        signature: Signature::prefixed("x-hub-signature", "sha1="),
        id: &[Json("/id")],
        event_type: &[Json("/topic")],
        identity: Identity::Id,
        handshakes: handshakes::LOOKED_AT,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "jira",
        page: page(
            "https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks",
        ),
        signature: Signature::prefixed("x-hub-signature", "sha256="),
        id: &[Header("x-atlassian-webhook-identifier")],
        event_type: &[Json("/webhookEvent")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "lemon-squeezy",
        page: page("https://docs.lemonsqueezy.com/help/webhooks/signing-requests"),
        signature: Signature::whole("x-signature"),
        event_type: &[Json("/meta/event_name"), Header("x-event-name")],
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "line",
        page: page("https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/"),
        encoding: Encoding::Base64,
        signature: Signature::whole("x-line-signature"),
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "meta",
        page: page(
            "https://developers.facebook.com/docs/graph-api/webhooks/getting-started/#validate-payloads",
        ),
        signature: Signature::prefixed("x-hub-signature-256", "sha256="),
        event_type: &[Json("/object")],
        handshakes: handshakes::META,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "notion",
        page: page("https://developers.notion.com/reference/webhooks"),
        signature: Signature::prefixed("x-notion-signature", "sha256="),
        id: &[Json("/id")],
        event_type: &[Json("/type")],
        identity: Identity::Id,
        handshakes: handshakes::NOTION,
        keys: KeySource::Handed,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "pagerduty",
        page: page("https://docs.pagerduty.com/developer/verifying-webhook-signatures"),
        signature: Signature::pairs("x-pagerduty-signature", "v1"),
        id: &[Json("/event/id")],
        event_type: &[Json("/event/event_type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "paystack",
        page: page("https://paystack.com/docs/payments/webhooks/"),
        algorithm: Algorithm::Hmac(Hash::Sha512),
        signature: Signature::whole("x-paystack-signature"),
        event_type: &[Json("/event")],
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "razorpay",
        page: page("https://razorpay.com/docs/webhooks/validate-test/"),
        signature: Signature::whole("x-razorpay-signature"),
        id: &[Header("x-razorpay-event-id")],
        event_type: &[Json("/event")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // Request-ID is new at each attempt, and the time is not signed.
    Row {
        name: "sentry",
        page: page("https://docs.sentry.io/integrations/integration-platform/webhooks/"),
        families: &["sentry-hook", "sentry-app"],
        signature: Signature::whole("{family}-signature"),
        event_type: &[Header("sentry-hook-resource")],
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // Webhooks, and what Shopify calls events, which come with these headers alone or with both. The id is
    // not that of the event, which the webhooks of all subscriptions to it share.
    Row {
        name: "shopify",
        page: page("https://shopify.dev/docs/apps/build/webhooks/verify-deliveries"),
        encoding: Encoding::Base64,
        families: &["x-shopify", "shopify"],
        signature: Signature::whole("{family}-hmac-sha256"),
        id: &[Header("{family}-webhook-id")],
        event_type: &[Header("{family}-topic")],
        identity: Identity::IdAndContent,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "typeform",
        page: page("https://www.typeform.com/developers/webhooks/secure-your-webhooks/"),
        encoding: Encoding::Base64,
        signature: Signature::prefixed("typeform-signature", "sha256="),
        id: &[Json("/event_id")],
        event_type: &[Json("/event_type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "vercel",
        page: page("https://vercel.com/docs/webhooks/webhooks-api"),
        algorithm: Algorithm::Hmac(Hash::Sha1),
        signature: Signature::whole("x-vercel-signature"),
        id: &[Json("/id")],
        event_type: &[Json("/type")],
        identity: Identity::Id,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    // The delivery id is a hash of a second, which two events can share, and the body of a deletion is no more
    // than an id; nothing is sent twice.
    Row {
        name: "woocommerce",
        page: page("https://developer.woocommerce.com/docs/apis/rest-api/v3/webhooks/"),
        encoding: Encoding::Base64,
        signature: Signature::whole("x-wc-webhook-signature"),
        event_type: &[Header("x-wc-webhook-topic")],
        identity: Identity::None,
        handshakes: handshakes::WOOCOMMERCE,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "x",
        page: page("https://docs.x.com/x-api/webhooks/quickstart"),
        encoding: Encoding::Base64,
        signature: Signature::prefixed("x-twitter-webhooks-signature", "sha256="),
        id: &[Json("/data/event_uuid")],
        event_type: &[Json("/data/event_type")],
        identity: Identity::Id,
        handshakes: handshakes::X,
        ..Row::BODY_HMAC_SHA256_HEX
    },
    Row {
        name: "xero",
        page: page("https://developer.xero.com/documentation/webhooks/configuring-your-server"),
        encoding: Encoding::Base64,
        signature: Signature::whole("x-xero-signature"),
        accepted: Some(Answer::EMPTY),
        terse: true,
        ..Row::BODY_HMAC_SHA256_HEX
    },
];
