//! Which of a webhook's headers travel with the event.

use crate::headers::Headers;
use crate::scheme::{Algorithm, Scheme};

/// Headers that end at this hop (RFC 9110, section 7.6.1), and credentials that are nobody's
/// business behind it.
const STAY: &[&str] = &[
    "authorization",
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
    let secret = signature_headers(scheme).filter(|_| scheme.algorithm == Algorithm::Token);
    let secret: Vec<&str> = secret.collect();
    let listed = headers.get("connection").unwrap_or_default();
    let hops: Vec<String> = listed
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    headers
        .iter()
        .filter(|(name, _)| !STAY.contains(name) && !secret.contains(name))
        .filter(|(name, _)| !hops.iter().any(|hop| hop == name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The headers that carry signatures: whoever reads them on a public feed could replay the webhook.
pub fn signature_headers(scheme: &Scheme) -> impl Iterator<Item = &str> {
    scheme
        .families
        .iter()
        .map(|family| family.signature.as_str())
}
