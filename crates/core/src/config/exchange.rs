//! The part of a scheme that is no signature: where keys come from, what must stand where, handshakes.

use super::{
    reader::Reader,
    scheme::{CLAIM, FORM, HEADER, JSON, QUERY, one_of, place},
};
use crate::scheme::{
    Answer, At, Challenge, Greeting, Handshake, Is, KeySource, Proof, Refusal, Reply, Shape,
};

/// Where keys come from; what the URL of a certificate is like goes into `urls`.
pub(super) fn read_keys<'v>(
    keys: &mut Reader<'v, '_>,
    urls: &mut Vec<&'v str>,
) -> Option<KeySource<'v>> {
    let certificate = keys.table("certificate", place);
    *urls = keys.texts("urls").unwrap_or_default();
    let url = keys.text("url");
    let post = keys.text("post");
    let handed = keys.flag("handed").unwrap_or(false);
    let kinds = [certificate.is_some(), url.is_some(), handed];
    if kinds.iter().filter(|given| **given).count() != 1 {
        keys.error(
            "url",
            "must be there, or certificate, or handed, and no two of them",
        );
    }
    if certificate.is_some() == urls.is_empty() {
        keys.error("urls", "say where a certificate may be, and nothing else");
    }
    let https = |url: &&str| url.starts_with("https://");
    if !urls.iter().chain(&url).all(https) {
        keys.error("url", "must begin with https://");
    }
    Some(match (certificate, url) {
        (Some(at), _) => KeySource::Certificate { at, urls: &[] },
        (None, Some(url)) => KeySource::Fetched {
            url,
            post: post.unwrap_or_default(),
        },
        (None, None) => KeySource::Handed,
    })
}

/// A kind of condition, and how a text becomes one.
type Condition = (&'static str, for<'v> fn(&'v str) -> Is<'v>);

/// What must stand somewhere.
pub(super) fn condition<'v>(condition: &mut Reader<'v, '_>) -> Option<(At<'v>, Is<'v>)> {
    const KINDS: &[Condition] = &[
        ("is", |text| Is::Text(text)),
        ("one_of", |key| Is::OneOf(key)),
        ("none_of", |key| Is::NoneOf(key)),
        ("secret", |key| Is::Secret(key)),
    ];
    let at = one_of(condition, &[HEADER, JSON, FORM, CLAIM, QUERY]);
    let found = KINDS
        .iter()
        .filter_map(|(name, is)| condition.text(name).map(is));
    let found: Vec<Is<'v>> = found.collect();
    if found.len() > 1 {
        condition.error("is", "cannot stand beside one_of, none_of or secret");
    }
    Some((at?, found.first().copied().unwrap_or(Is::Present)))
}

/// A handshake.
pub(super) fn handshake(handshake: &mut Reader<'_, '_>) -> Option<Greeting> {
    let method = handshake.text("method");
    let method = handshake.required("method", method);
    let when = handshake.tables("when", condition);
    let challenge = handshake.table("challenge", |challenge| {
        let shape = challenge.named("shape").unwrap_or(Shape::Text);
        let at = one_of(challenge, &[HEADER, JSON, FORM, QUERY])?;
        Challenge::of(at, shape)
    });
    let visit = handshake.texts("visit").unwrap_or_default();
    let answered = handshake.table("answer", answer);
    let greeting = Greeting::compile(&Handshake {
        method: method?,
        when: &when,
        proof: handshake.named("proof").unwrap_or(Proof::None),
        challenge,
        visit: &visit,
        answer: Answer {
            body: answered.as_ref().map_or("", |(_, body)| body),
            ..Answer::EMPTY
        },
        refusal: handshake.named("refusal").unwrap_or(Refusal::Forbidden),
    });
    match greeting {
        Ok(greeting) => Some(Greeting {
            reply: answered.map_or(greeting.reply, |(reply, _)| reply),
            ..greeting
        }),
        Err(error) => {
            handshake.error("answer", error.reason);
            None
        }
    }
}

/// An answer, and its body again.
pub(super) fn answer<'v>(answer: &mut Reader<'v, '_>) -> Option<(Reply, &'v str)> {
    let headers = answer.pairs("headers");
    let body = answer.text("body").unwrap_or_default();
    let status = answer.number("status", 200..=299).unwrap_or(200);
    let reply = Reply::from(Answer {
        status: u16::try_from(status).ok()?,
        headers: &headers,
        body,
    });
    Some((reply, body))
}
