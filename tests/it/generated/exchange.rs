//! The part of a row that is no signature, as the config would write it.

use serde_json::{Value, json};
use waypost_core::scheme::{Answer, At, Handshake, Is, KeySource, Named, Row};

use super::schemes::place;

/// Whether a source of this row must name secrets.
pub(super) fn needs_secret(row: &Row<'_>) -> bool {
    match row.keys {
        KeySource::Secrets => true,
        KeySource::Handed => false,
        KeySource::Certificate { .. } => row.signed.iter().any(|text| text.contains("{secret}")),
        KeySource::Fetched { post, .. } => post.contains("${secret}"),
    }
}

/// Where its keys come from; an empty table where they are its secrets.
pub(super) fn keys(keys: &KeySource<'_>) -> Value {
    match keys {
        KeySource::Secrets => json!({}),
        KeySource::Handed => json!({ "handed": true }),
        KeySource::Certificate { at, urls } => json!({ "certificate": place(at), "urls": urls }),
        KeySource::Fetched { url, post: "" } => json!({ "url": url }),
        KeySource::Fetched { url, post } => json!({ "url": url, "post": post }),
    }
}

/// What must stand somewhere.
pub(super) fn condition((at, is): &(At<'_>, Is<'_>)) -> Value {
    let mut value = place(at);
    match is {
        Is::Text(text) => value["is"] = json!(text),
        Is::OneOf(key) => value["one_of"] = json!(key),
        Is::NoneOf(key) => value["none_of"] = json!(key),
        Is::Secret(key) => value["secret"] = json!(key),
        Is::Present => {}
    }
    value
}

/// A handshake.
pub(super) fn handshake(handshake: &Handshake<'_>) -> Value {
    let mut value = json!({
        "method": handshake.method,
        "proof": handshake.proof.name(),
        "answer": answer(&handshake.answer),
        "refusal": handshake.refusal.name(),
    });
    if !handshake.when.is_empty() {
        value["when"] = handshake.when.iter().map(condition).collect();
    }
    if let Some(challenge) = &handshake.challenge {
        value["challenge"] = place(&challenge.at);
        value["challenge"]["shape"] = challenge.shape.name().into();
    }
    if !handshake.visit.is_empty() {
        value["visit"] = json!(handshake.visit);
    }
    value
}

/// An answer.
pub(super) fn answer(answer: &Answer<'_>) -> Value {
    let mut value = json!({ "status": answer.status });
    if !answer.headers.is_empty() {
        value["headers"] = answer
            .headers
            .iter()
            .map(|(name, text)| ((*name).to_owned(), json!(text)))
            .collect();
    }
    if !answer.body.is_empty() {
        value["body"] = json!(answer.body);
    }
    value
}
