//! What wrangler.toml says of sources and feeds.
//!
//! The check reads it strictly ([`Config::parse`]): every mistake at once, each with its key. The
//! edge reads the same text leniently ([`Config::load`]): one broken source answers `misconfigured`
//! and takes down no other.

mod alerts;
mod exchange;
mod feed;
mod load;
mod log;
mod reader;
mod scheme;
mod source;
mod state;
mod table;

use std::fmt;

use self::table::Table;
pub use self::{
    alerts::Alerts,
    feed::{Feed, Retention},
    log::{Level, Log},
    source::SourceConfig,
    state::SourceState,
};
pub(crate) use self::{alerts::MOST as MOST_COUNTED, source::SOURCE_KEYS};
use crate::why::Why;

/// The longest variable that the platform takes, in bytes.
pub const MAX_VARIABLE: usize = 5 * 1024;
/// The feed that is there without being configured, and that sources write where they name none.
pub const DEFAULT_FEED: &str = "default";
/// Pauses between the attempts of a delivery where the config says nothing, in seconds.
pub const DEFAULT_RETRY_SCHEDULE_SECONDS: &[u64] = &[1, 5, 30, 120, 600];

/// The whole config but secrets, of which it knows the names.
#[derive(Clone, Debug)]
pub struct Config {
    sources: Table<Result<SourceConfig, String>>,
    feeds: Table<Feed>,
    allow_targets: Vec<String>,
    retry_schedule_seconds: Vec<u64>,
    log: Log,
    /// A variable of sources that could not be read: who knows which sources it held.
    unreadable_sources: Option<String>,
}

/// A mistake in the config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The key: `SOURCES.acme.scheme.signed`.
    pub key: String,
    /// What is wrong with its value. It never holds the value of something that may be a secret.
    pub reason: String,
}

impl ConfigError {
    #[inline(always)]
    pub(crate) fn new(key: impl Into<String>, why: impl Why) -> Self {
        Self {
            key: key.into(),
            reason: why.why(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.reason)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads variables, each a name and the JSON text of its value, strictly.
    ///
    /// `SOURCES`, `SOURCES_2`, … are merged, and so are `FEEDS`, `FEEDS_2`, …; `ALLOW_TARGETS` and
    /// `RETRY_SCHEDULE_SECONDS` and `LOG` are read; other names are none of ours.
    ///
    /// # Errors
    ///
    /// Every mistake.
    pub fn parse(variables: &[(&str, &str)]) -> Result<Self, Vec<ConfigError>> {
        let (config, errors) = Self::load(variables);
        if errors.is_empty() {
            Ok(config)
        } else {
            Err(errors)
        }
    }

    /// Reads variables as [`Config::parse`] does, and keeps what can be read.
    #[inline(never)]
    pub fn load(variables: &[(&str, &str)]) -> (Self, Vec<ConfigError>) {
        load::load(variables)
    }

    /// Every source's name, with its config or what is wrong with it.
    pub fn sources(&self) -> impl Iterator<Item = (&str, Result<&SourceConfig, &str>)> {
        let entries = self.sources.iter();
        entries.map(|(name, entry)| (name, entry.as_ref().map_err(String::as_str)))
    }

    /// What is said of the source `name`; none where it cannot be read.
    pub fn described(&self, name: &str) -> Option<&SourceConfig> {
        self.sources.get(name)?.as_ref().ok()
    }

    /// The source `name` with its keys, `secret` being asked for the text of each by its name.
    pub fn source(&self, name: &str, secret: impl Fn(&str) -> Option<String>) -> SourceState {
        match (self.sources.get(name), &self.unreadable_sources) {
            (Some(Ok(config)), _) => config.resolve(name, secret),
            (Some(Err(reason)), _) | (None, Some(reason)) => SourceState::Misconfigured {
                reason: reason.clone(),
            },
            (None, None) => SourceState::Unknown,
        }
    }

    /// The feed `name`.
    pub fn feed(&self, name: &str) -> Option<&Feed> {
        self.feeds.get(name)
    }

    /// Every feed with its name.
    pub fn feeds(&self) -> impl Iterator<Item = (&str, &Feed)> {
        self.feeds.iter()
    }

    /// Hosts that subscriptions may reach over http and on any port.
    pub fn allow_targets(&self) -> &[String] {
        &self.allow_targets
    }

    /// What is told in the log.
    pub fn log(&self) -> Log {
        self.log
    }

    /// Pauses between the attempts of a delivery, in seconds.
    pub fn retry_schedule_seconds(&self) -> &[u64] {
        &self.retry_schedule_seconds
    }
}

/// Several mistakes in one line, for a log.
fn reason(errors: &[ConfigError]) -> String {
    let reasons: Vec<String> = errors.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}

/// Whether `name` can be a source's or a feed's: it stands in paths and in keys.
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let dots = name.bytes().all(|byte| byte == b'.');
    (1..=64).contains(&name.len()) && !dots && name.bytes().all(plain)
}
