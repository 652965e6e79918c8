//! What providers ask of an endpoint beside taking their webhooks, and the answers that they want.

use crate::scheme::{
    Answer,
    At::{self, Form, Header, Json, Query},
    Challenge, Handshake, Is, Proof, Refusal, Shape,
};

/// The challenge as a text.
const ECHO: Answer<'static> = Answer::text("${challenge}");
/// 202 without a body.
pub(super) const ACCEPTED: Answer<'static> = Answer {
    status: 202,
    ..Answer::EMPTY
};
/// 204.
pub(super) const NO_CONTENT: Answer<'static> = Answer {
    status: 204,
    ..Answer::EMPTY
};
/// What Adyen wants to read.
pub(super) const ADYEN: Answer<'static> = Answer::text("[accepted]");
/// To a call or a message no instructions, and no error either.
pub(super) const TWIML: Answer<'static> = Answer {
    headers: &[("content-type", "text/xml; charset=utf-8")],
    body: r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#,
    ..Answer::EMPTY
};

/// The URL is looked at before it is used.
pub(super) const LOOKED_AT: &[Handshake<'static>] = &[Handshake {
    method: "HEAD",
    ..Handshake::OPEN
}];

pub(super) const ASANA: &[Handshake<'static>] = &[Handshake {
    method: "POST",
    when: &[(Header("x-hook-secret"), Is::Present)],
    proof: Proof::Armed,
    challenge: Challenge::at(Header("x-hook-secret")),
    answer: Answer {
        headers: &[("x-hook-secret", "${challenge}")],
        ..Answer::EMPTY
    },
    ..Handshake::OPEN
}];

pub(super) const BRAINTREE: &[Handshake<'static>] = &[Handshake {
    challenge: Challenge::of(Query("bt_challenge"), Shape::Hex),
    answer: Answer::text("${public_key}|${mac}"),
    ..Handshake::OPEN
}];

pub(super) const CLOUDEVENTS: &[Handshake<'static>] = &[Handshake {
    method: "OPTIONS",
    when: &[(Header(ORIGIN), Is::OneOf("allowed_origins"))],
    challenge: Challenge::at(Header(ORIGIN)),
    answer: Answer {
        headers: &[
            ("allow", "POST, OPTIONS"),
            ("webhook-allowed-origin", "${challenge}"),
            ("webhook-allowed-rate", "*"),
        ],
        ..Answer::EMPTY
    },
    ..Handshake::OPEN
}];
const ORIGIN: &str = "webhook-request-origin";

/// A PING of webhook events has type 0, and one of interactions type 1, which in webhook events is an event;
/// only interactions have a token.
pub(super) const DISCORD: &[Handshake<'static>] = &[
    Handshake {
        when: &[(Json("/type"), Is::Text("0"))],
        answer: NO_CONTENT,
        ..SIGNED
    },
    Handshake {
        when: &[
            (Json("/type"), Is::Text("1")),
            (Json("/token"), Is::Present),
        ],
        answer: Answer::json(r#"{"type":1}"#),
        ..SIGNED
    },
];

pub(super) const DROPBOX: &[Handshake<'static>] = &[Handshake {
    challenge: Challenge::at(Query("challenge")),
    answer: ECHO,
    ..Handshake::OPEN
}];

pub(super) const FRONT: &[Handshake<'static>] = &[Handshake {
    when: &[
        (Header("x-front-challenge"), Is::Present),
        (Json("/type"), Is::Text("sync")),
    ],
    challenge: Challenge::at(Header("x-front-challenge")),
    answer: ECHO,
    ..SIGNED
}];

pub(super) const META: &[Handshake<'static>] = &[Handshake {
    when: &[
        (MODE, Is::Text("subscribe")),
        (Query("hub.verify_token"), Is::Secret("verify_token")),
    ],
    challenge: Challenge::at(HUB_CHALLENGE),
    answer: ECHO,
    ..Handshake::OPEN
}];
const MODE: At<'static> = Query("hub.mode");
const HUB_CHALLENGE: At<'static> = Query("hub.challenge");

pub(super) const MICROSOFT_GRAPH: &[Handshake<'static>] = &[Handshake {
    method: "POST",
    when: &[(Query("validationToken"), Is::Present)],
    challenge: Challenge::at(Query("validationToken")),
    answer: ECHO,
    ..Handshake::OPEN
}];

pub(super) const NOTION: &[Handshake<'static>] = &[Handshake {
    method: "POST",
    when: &[(Json("/verification_token"), Is::Present)],
    proof: Proof::Armed,
    challenge: Challenge::at(Json("/verification_token")),
    ..Handshake::OPEN
}];

/// It comes with the credential, as the webhooks do.
pub(super) const OKTA: &[Handshake<'static>] = &[Handshake {
    proof: Proof::Signature,
    challenge: Challenge::at(Header("x-okta-verification-challenge")),
    answer: Answer::json(r#"{"verification":"${challenge}"}"#),
    ..Handshake::OPEN
}];

/// Beside the challenge Slack checks its endpoints' certificates now and then, without a signature.
pub(super) const SLACK: &[Handshake<'static>] = &[
    Handshake {
        when: &[(Json("/type"), Is::Text("url_verification"))],
        challenge: Challenge::at(Json("/challenge")),
        answer: ECHO,
        ..SIGNED
    },
    Handshake {
        method: "POST",
        when: &[
            (Form("ssl_check"), Is::Text("1")),
            (Form("token"), Is::Present),
        ],
        ..Handshake::OPEN
    },
];

pub(super) const SNS: &[Handshake<'static>] = &[Handshake {
    when: &[(Json("/Type"), Is::Text("SubscriptionConfirmation"))],
    challenge: Challenge::at(Json("/SubscribeURL")),
    visit: &[
        "https://sns.{region}.amazonaws.com/?**",
        "https://sns.{region}.amazonaws.com.cn/?**",
    ],
    ..SIGNED
}];

/// The header that says so is not signed, and the challenge is.
pub(super) const TWITCH: &[Handshake<'static>] = &[Handshake {
    when: &[
        (
            Header("twitch-eventsub-message-type"),
            Is::Text("webhook_callback_verification"),
        ),
        (Json("/challenge"), Is::Present),
    ],
    challenge: Challenge::at(Json("/challenge")),
    answer: ECHO,
    ..SIGNED
}];

/// An unwanted subscription is not confirmed, nor the end of a wanted one.
pub(super) const WEBSUB: &[Handshake<'static>] = &[
    Handshake {
        when: &[(MODE, Is::Text("subscribe")), (TOPIC, Is::OneOf("topics"))],
        challenge: Challenge::at(HUB_CHALLENGE),
        answer: ECHO,
        refusal: Refusal::NotFound,
        ..Handshake::OPEN
    },
    Handshake {
        when: &[
            (MODE, Is::Text("unsubscribe")),
            (TOPIC, Is::NoneOf("topics")),
        ],
        challenge: Challenge::at(HUB_CHALLENGE),
        answer: ECHO,
        refusal: Refusal::NotFound,
        ..Handshake::OPEN
    },
    Handshake {
        when: &[(MODE, Is::Text("denied")), (TOPIC, Is::Present)],
        refusal: Refusal::NotFound,
        ..Handshake::OPEN
    },
];
const TOPIC: At<'static> = Query("hub.topic");

/// The ping of a new webhook is not signed.
pub(super) const WOOCOMMERCE: &[Handshake<'static>] = &[Handshake {
    method: "POST",
    when: &[(Form("webhook_id"), Is::Present)],
    ..Handshake::OPEN
}];

/// The MAC is made with the key that signs bodies, so nothing that could be a body is signed.
pub(super) const X: &[Handshake<'static>] = &[Handshake {
    challenge: Challenge::of(Query("crc_token"), Shape::Token),
    answer: Answer::json(r#"{"response_token":"sha256=${mac}"}"#),
    ..Handshake::OPEN
}];

pub(super) const ZOOM: &[Handshake<'static>] = &[Handshake {
    when: &[(Json("/event"), Is::Text("endpoint.url_validation"))],
    challenge: Challenge::at(Json("/payload/plainToken")),
    answer: Answer::json(r#"{"plainToken":"${challenge}","encryptedToken":"${mac}"}"#),
    ..SIGNED
}];

const SIGNED: Handshake<'static> = Handshake {
    method: "POST",
    proof: Proof::Signature,
    ..Handshake::OPEN
};
