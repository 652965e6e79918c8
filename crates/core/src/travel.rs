//! Which of a webhook's headers travel with the event.

use crate::headers::Headers;
use crate::scheme::{Algorithm, Scheme};

/// Headers that end at this hop (RFC 9110, section 7.6.1), and credentials that are nobody's
/// business behind it.
const STAY: &[&str] = &[
    "authorization",
    "cf-access-client-secret",
    "cf-access-jwt-assertion",
    "connection",
    "cookie",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The headers that travel, in their order. A header that carries the source's secret itself is not
/// among them, nor one that `Connection` names.
pub fn travelling(scheme: &Scheme, headers: Headers<'_>) -> Vec<(String, String)> {
    let token = |way: &&Scheme| way.algorithm == Algorithm::Token;
    let secret = |name: &str| scheme.ways().filter(token).any(|way| carries(way, name));
    let listed = headers.get("connection").unwrap_or_default();
    let hops: Vec<String> = listed
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    headers
        .iter()
        .filter(|(name, _)| !STAY.contains(name) && !secret(name))
        .filter(|(name, _)| !hops.iter().any(|hop| hop == name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
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

fn carries(scheme: &Scheme, name: &str) -> bool {
    scheme
        .families
        .iter()
        .any(|family| family.is_signature(name))
}

/// Parts of names that say so.
const SIGNATURES: &[&str] = &["signature", "hmac"];
