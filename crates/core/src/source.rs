//! A source ready to receive: its scheme, its keys and its limits.

use std::sync::Arc;

use crate::{
    scheme::{Identity, Part, Scheme},
    secret::Secret,
};

/// The largest body that any source can take, in bytes: what one KV value holds.
pub const MAX_BODY_BYTES: u64 = 25 * 1024 * 1024;
/// How long identities are kept where the config says nothing, in seconds: a week.
pub const DEFAULT_TTL_SECONDS: u64 = 604_800;
/// How long identities are kept where no time is signed, in seconds: a capture never goes stale, so
/// only the memory of it protects.
pub const TIMELESS_TTL_SECONDS: u64 = 90 * 86_400;

/// A configured ingest endpoint.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name in the path.
    pub name: String,
    /// How its provider signs.
    pub scheme: Arc<Scheme>,
    /// Any of them may have signed. Never empty.
    pub keys: Vec<Secret>,
    /// Everything else that the config says.
    pub settings: Settings,
}

/// What the config says of a source beside its scheme and its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The feed it writes.
    pub feed: String,
    /// Scheme, host and path as registered with the provider, for schemes that sign the URL.
    pub public_url: Option<String>,
    /// How far the time of signing may be from the time of receipt, either way.
    pub tolerance_seconds: u64,
    /// What makes two webhooks the same one.
    pub identity: Identity,
    /// The largest body it takes.
    pub max_body_bytes: u64,
    /// How long identities are kept at least.
    pub idempotency_ttl_seconds: u64,
    /// The rate limit, where there is one.
    pub rate_limit: Option<RateLimit>,
}

/// A rate limit of the platform's. The numbers repeat the binding's own, which cannot be read at
/// run time, for the `RateLimit` headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The binding's name.
    pub binding: String,
    /// Requests a period.
    pub limit: u64,
    /// The period in seconds: 10 or 60.
    pub period: u64,
}

impl Source {
    /// How long this source's identities are kept, in seconds.
    ///
    /// At least as long as a signed webhook would still be taken: signed at the far edge of the
    /// window, it is good for twice the tolerance.
    pub fn identity_ttl_seconds(&self) -> u64 {
        let settings = &self.settings;
        // A time in the body may be absent, and then bounds nothing.
        let timed = |way: &Scheme| way.signs(&Part::Timestamp);
        let replayable = if self.scheme.ways().all(timed) {
            settings.tolerance_seconds.saturating_mul(2)
        } else {
            TIMELESS_TTL_SECONDS
        };
        settings.idempotency_ttl_seconds.max(replayable)
    }
}
