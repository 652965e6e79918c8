//! Which of a webhook's headers travel with the event.

use crate::{
    fields,
    headers::Headers,
    json,
    rejection::Rejection,
    scheme::{Algorithm, Scheme},
    source::Source,
};

/// Headers that end at a hop (RFC 9110, section 7.6.1).
pub const HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Credentials that are nobody's business behind this hop: also those that a provider sends beside a signature that
/// is checked.
const CREDENTIALS: &[&str] = &[
    "authorization",
    "cf-access-client-secret",
    "cf-access-jwt-assertion",
    "cf-webhook-auth",
    "cookie",
    "x-gitlab-token",
    "x-goog-channel-token",
    "x-telegram-bot-api-secret-token",
];

/// The headers that travel, in their order. A header that carries the source's secret itself is not
/// among them, nor one that `Connection` names.
pub fn travelling(scheme: &Scheme, headers: Headers<'_>) -> Vec<(String, String)> {
    let listed = headers.get("connection").unwrap_or_default();
    let is_hop = |name: &str| {
        let mut hops = listed.split(',');
        hops.any(|hop| hop.trim().eq_ignore_ascii_case(name))
    };
    headers
        .iter()
        .filter(|(name, _)| travels(scheme, name))
        .filter(|(name, _)| !is_hop(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Whether a header of this name travels, where `Connection` does not name it.
pub fn travels(scheme: &Scheme, name: &str) -> bool {
    let mut tokens = scheme
        .ways()
        .filter(|way| way.algorithm == Algorithm::Token);
    let secret = tokens.any(|way| carries(way, name));
    !HOP.contains(&name) && !CREDENTIALS.contains(&name) && !secret
}

/// The headers among `headers` that carry signatures: whoever reads them on a public feed could replay
/// the webhook. Providers send old forms beside the one that is checked, so whatever calls itself one
/// counts.
pub fn signature_headers(scheme: &Scheme, headers: Headers<'_>) -> Vec<String> {
    headers
        .iter()
        .map(|(name, _)| name)
        .filter(|name| {
            let checked = scheme.ways().any(|way| carries(way, name));
            checked || SIGNATURES.iter().any(|part| name.contains(part))
        })
        .map(str::to_owned)
        .collect()
}

/// The body without the credential, where it stands in it: asterisks take its place, so that nobody who reads
/// the event can send others. None where the body has none.
///
/// # Errors
///
/// [`Rejection::UndecodableSignature`] where the credential is written in a way in which it is not found.
pub fn hidden(source: &Source, body: &[u8]) -> Result<Option<Vec<u8>>, Rejection> {
    let scheme = &source.scheme;
    let pointers = scheme.families.iter();
    let mut pointers = pointers.filter_map(|family| family.signature.pointer());
    let (Algorithm::Token, Some(pointer)) = (scheme.algorithm, pointers.next()) else {
        return Ok(None);
    };
    let mut body = body.to_vec();
    let keys = source.keys.iter().flatten();
    let texts: Vec<String> = keys
        .filter_map(|key| String::from_utf8(key.expose().to_vec()).ok())
        .collect();
    for text in &texts {
        let quoted = json::text(text);
        let length = quoted.len();
        let mut at: usize = 0;
        while let Some(rest) = body.get_mut(at..at.saturating_add(length)) {
            if rest == quoted.as_bytes() {
                let inside = rest.iter_mut().skip(1).take(length.saturating_sub(2));
                inside.for_each(|byte| *byte = b'*');
            }
            at += 1;
        }
    }
    let left = fields::values(&body, &[pointer]).pop().flatten();
    match left.is_some_and(|left| texts.contains(&left)) {
        true => Err(Rejection::UndecodableSignature),
        false => Ok(Some(body)),
    }
}

fn carries(scheme: &Scheme, name: &str) -> bool {
    scheme
        .families
        .iter()
        .any(|family| family.is_signature(name))
}

/// Parts of names that say so.
const SIGNATURES: &[&str] = &["signature", "hmac"];
