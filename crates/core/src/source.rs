//! A source ready to receive: its scheme, its keys and its limits.

use std::sync::Arc;

use crate::{
    access::is_one_of,
    scheme::{Expected, Identity, KeysFrom, Part, Scheme},
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
    /// For each of the scheme's ways the keys that may have signed in it. All empty only where they come from
    /// elsewhere.
    pub keys: Vec<Vec<Secret>>,
    /// What the config says beside, by the keys that the scheme asks for; secrets looked up.
    pub values: Vec<(String, Vec<String>)>,
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
    /// The values that the config has under `key`, or none.
    pub fn values(&self, key: &str) -> &[String] {
        let mut values = self.values.iter();
        let found = values.find(|(known, _)| known == key);
        found.map_or(&[], |(_, values)| values)
    }

    /// Whether `text`, which stands somewhere or does not, is what is expected there.
    pub(crate) fn meets(&self, expected: &Expected, text: Option<&str>) -> bool {
        let Some(text) = text else {
            return false;
        };
        match expected {
            Expected::Present => true,
            Expected::Text(expected) => expected == text,
            Expected::OneOf(key) => self.values(key).iter().any(|value| value == text),
            Expected::NoneOf(key) => self.values(key).iter().all(|value| value != text),
            Expected::Secret(key) => is_one_of(text, self.values(key).iter().map(String::as_str)),
        }
    }

    /// Whether it has no key of its own, and the provider hands one over.
    pub fn is_handed(&self) -> bool {
        self.scheme.keys_from == KeysFrom::Handed && self.keys.iter().all(Vec::is_empty)
    }
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
