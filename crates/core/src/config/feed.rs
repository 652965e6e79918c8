//! One feed of the config.

use super::alerts::{self, Alerts};
use super::reader::Reader;
use crate::cors::is_origin;

/// How long a feed keeps events where the config sets no limit at all, in days: an object's storage
/// is not without bounds.
const DEFAULT_RETENTION_DAYS: u64 = 7;

/// How many requests a feed holds at once where the config says nothing: each takes a few kilobytes
/// of the object's 128 MB.
const DEFAULT_MAX_WAITING: u64 = 20_000;

/// Seconds after which readers that do not wait are told to ask again.
const DEFAULT_POLL_INTERVAL: u64 = 5;

/// Seconds after which a stream ends, for its client to come back: what it uses of the object's time is
/// counted for each request, and a new deployment cuts off those that are longer than its grace.
const DEFAULT_STREAM_SECONDS: u64 = 300;
/// How long the endpoint of a subscription may fail without a success before it is suspended, where the config says
/// nothing, in seconds: three days.
const DEFAULT_SUSPEND_AFTER_SECONDS: u64 = 3 * 24 * 3600;

/// What the config says of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The names of the secrets that are its tokens.
    pub tokens: Vec<String>,
    /// Whether anyone may read it.
    pub public: bool,
    /// What it keeps.
    pub retention: Retention,
    /// Whether subscriptions must prove that they want what they are sent.
    pub verify: bool,
    /// How many requests it holds at once; one more is asked to come again.
    pub max_waiting: u64,
    /// Whose pages may read it in a browser.
    pub cors_origins: Vec<String>,
    /// Seconds after which readers that do not wait are told to ask again.
    pub poll_interval: u64,
    /// Seconds after which a stream ends, for its client to come back.
    pub stream_seconds: u64,
    /// How long the endpoint of a subscription may fail without a success, in seconds.
    pub suspend_after_seconds: u64,
    /// When somebody is to be told; none where nobody ever is.
    pub alerts: Option<Alerts>,
}

/// What a feed keeps. An event goes when any limit says so; no limit keeps everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Events no older than this.
    pub days: Option<u64>,
    /// This many events.
    pub events: Option<u64>,
    /// This many bytes of bodies.
    pub bytes: Option<u64>,
}

impl Default for Feed {
    /// Nobody but an admin can read it.
    fn default() -> Self {
        let retention = Retention {
            days: Some(DEFAULT_RETENTION_DAYS),
            ..Retention::default()
        };
        Self {
            tokens: Vec::new(),
            public: false,
            retention,
            verify: true,
            max_waiting: DEFAULT_MAX_WAITING,
            cors_origins: Vec::new(),
            poll_interval: DEFAULT_POLL_INTERVAL,
            stream_seconds: DEFAULT_STREAM_SECONDS,
            suspend_after_seconds: DEFAULT_SUSPEND_AFTER_SECONDS,
            alerts: None,
        }
    }
}

/// Reads one entry of `FEEDS`.
pub(super) fn read(feed: &mut Reader<'_, '_>) -> Option<Feed> {
    let tokens = feed.secret_names("tokens").unwrap_or_default();
    let retention = Retention {
        days: feed.number("retention_days", 1..=36_500),
        events: feed.number("retention_events", 1..=u64::from(u32::MAX)),
        bytes: feed.number("retention_bytes", 1..=1 << 40),
    };
    let cors_origins = feed.texts("cors_origins").unwrap_or_default();
    if !cors_origins.iter().all(|origin| is_origin(origin)) {
        let reason = "must be \"*\" or origins such as \"https://app.example\", without a path";
        feed.error("cors_origins", reason);
    }
    let default = Feed::default();
    let unlimited = retention == Retention::default();
    Some(Feed {
        tokens,
        public: feed.flag("public").unwrap_or(default.public),
        retention: if unlimited {
            default.retention
        } else {
            retention
        },
        verify: feed.flag("verify").unwrap_or(default.verify),
        max_waiting: feed
            .number("max_waiting", 1..=100_000)
            .unwrap_or(default.max_waiting),
        cors_origins: cors_origins.into_iter().map(str::to_owned).collect(),
        poll_interval: feed
            .number("poll_interval_seconds", 1..=86_400)
            .unwrap_or(default.poll_interval),
        stream_seconds: feed
            .number("stream_seconds", 1..=3_600)
            .unwrap_or(default.stream_seconds),
        suspend_after_seconds: feed
            .number("suspend_after_seconds", 1..=31_536_000)
            .unwrap_or(default.suspend_after_seconds),
        alerts: feed.table("alerts", alerts::read),
    })
}
