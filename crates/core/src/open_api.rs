//! The OpenAPI document of the HTTP contract.

use crate::conditional;

/// The document, as JSON ([OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1)). Tests hold it against the
/// table of routes, the table of refusals and a running Worker.
pub const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// Its `Cache-Control`: it changes with a deployment.
pub const CACHE_CONTROL: &str = "public, max-age=300";

/// Its entity tag.
pub fn etag() -> String {
    conditional::etag(DOCUMENT.as_bytes())
}
