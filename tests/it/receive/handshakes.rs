//! Handshakes as their providers ask for them, with the answers of their documentation.
//!
//! `handshakes.json` is run against the worker too.

use serde_json::Value;
use waypost_core::{
    handshake::{self, Answered, Deed},
    headers::Headers,
    rejection::Rejection,
    scheme::Reply,
    source::Source,
    verify::{Head, screen},
};

use super::{support::Request, vectors::configured};

fn all() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("../handshakes.json")).expect("JSON");
    file["handshakes"].as_array().expect("handshakes").clone()
}

fn request(handshake: &Value) -> Request {
    let text = |key: &str| handshake[key].as_str().unwrap_or_default().to_owned();
    let headers = handshake["headers"].as_object().expect("headers");
    let headers = headers.iter();
    Request {
        headers: headers
            .map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned()))
            .collect(),
        body: text("body").into_bytes(),
        query: text("query"),
        method: text("method"),
    }
}

/// What the edge does, without its promises.
fn answer(source: &Source, request: &Request, now: u64) -> Result<Option<Answered>, Rejection> {
    let flat = request.flat();
    let head = Head {
        method: &request.method,
        query: &request.query,
        headers: Headers::new(&flat),
    };
    if let Some(answered) = handshake::greet(source, &head, now)? {
        return Ok(Some(answered));
    }
    let greeted = handshake::greet_body(source, &head, &request.body);
    if let Some(answered) = greeted {
        if let (Deed::Take(secret), Ok(screened)) = (&answered.deed, screen(source, &head, now)) {
            let key = waypost_core::secret::Secret::decode(secret, &source.scheme.key);
            screened
                .with_keys(vec![key.expect("a key")])
                .verify(&request.body)?;
        }
        return Ok(Some(answered));
    }
    let verified = request.verify(source, now)?;
    Ok(verified.answered().cloned())
}

#[test]
fn each_is_answered_as_its_provider_documents() {
    for handshake in all() {
        let provider = handshake["provider"].as_str().expect("a name");
        let name = format!("{provider}: {}", handshake["name"]);
        let source = configured(provider, &handshake);
        let now = handshake["received_at"].as_u64().expect("a time") * 1000;
        let expected = &handshake["answer"];
        let status = expected["status"].as_u64().expect("a status");
        let answered = match answer(&source, &request(&handshake), now) {
            Err(refused) => {
                assert_eq!(u64::from(refused.status()), status, "{name}: {refused:?}");
                continue;
            }
            Ok(answered) => answered,
        };
        let accepted = || {
            source
                .scheme
                .accepted
                .clone()
                .expect("an answer of its own")
        };
        let Reply {
            status: given,
            headers,
            body,
        } = answered.map_or_else(accepted, |answered| answered.reply);
        assert_eq!(u64::from(given), status, "{name}");
        assert_eq!(body, expected["body"], "{name}");
        for (header, value) in expected["headers"].as_object().expect("headers") {
            if header == "x-content-type-options" {
                // Every answer of the edge has it.
                continue;
            }
            let found = headers.iter().find(|(name, _)| name == header);
            let found = found.map(|(_, value)| value.as_str()).unwrap_or_default();
            let value = value.as_str().expect("a text");
            assert!(found.starts_with(value), "{name}: {header}: {found}");
        }
    }
}

/// A challenge that could be a body must not be signed for whoever asks.
#[test]
fn nothing_that_could_be_a_body_is_signed_for_anyone() {
    let handshakes = all();
    let x = handshakes
        .iter()
        .find(|handshake| handshake["provider"] == "x")
        .expect("one");
    let source = configured("x", x);
    for token in [
        "%7B%7D",
        "%5B%5D",
        "a%20b",
        "%22a%22",
        &"a".repeat(129),
        "",
        "%00",
        "a%0Ab",
    ] {
        let mut request = request(x);
        request.query = format!("crc_token={token}");
        assert_eq!(
            answer(&source, &request, 0),
            Err(Rejection::ChallengeRefused),
            "{token}"
        );
    }
}

#[test]
fn a_signed_challenge_with_another_byte_is_refused() {
    for handshake in all() {
        let provider = handshake["provider"].as_str().expect("a name");
        let source = configured(provider, &handshake);
        let now = handshake["received_at"].as_u64().expect("a time") * 1000;
        let genuine = request(&handshake);
        let Ok(Some(Answered {
            deed: Deed::None, ..
        })) = answer(&source, &genuine, now)
        else {
            continue;
        };
        if genuine.method != "POST" || !genuine.flat().contains("signature") {
            continue;
        }
        let mut forged = genuine.clone();
        let last = forged.body.len() - 2;
        forged.body[last] ^= 1;
        assert!(
            answer(&source, &forged, now).is_err(),
            "{provider}: {}",
            handshake["name"]
        );
    }
}

#[test]
fn an_answer_of_json_is_escaped() {
    let sources = r#"{"s":{"provider":"okta","secrets":["S"]}}"#;
    let config = waypost_core::config::Config::parse(&[("SOURCES", sources)]).expect("a config");
    let state = config.source("s", |_| Some("secret".to_owned()));
    let flat = "authorization\nsecret\nx-okta-verification-challenge\n\"},{\"a\":\"\\\n";
    let head = Head {
        method: "GET",
        query: "",
        headers: Headers::new(flat),
    };
    let answered = handshake::greet(state.ready().expect("a source"), &head, 0);
    let answered = answered.expect("no refusal").expect("an answer");
    let body: Value = serde_json::from_str(&answered.reply.body).expect("JSON");
    assert_eq!(body["verification"], "\"},{\"a\":\"\\");
}
