//! The rules that a feed is watched by.
//!
//! A rule is on where its key is there.

use super::{ConfigError, SourceConfig, reader::Reader, table::Table};
use crate::json;
use crate::why::Told;

/// How often the rules are looked at where the config says nothing, in seconds.
const DEFAULT_EVERY_SECONDS: u64 = 60;
/// How long what has happened once counts, where the config says nothing, in seconds.
const DEFAULT_WINDOW_SECONDS: u64 = 3_600;
/// The longest time that a rule may name, in seconds: a year.
const YEAR_SECONDS: u64 = 31_536_000;

/// When somebody is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerts {
    /// Where it stands in the config.
    key: String,
    /// Seconds between two looks.
    pub every_seconds: u64,
    /// So many webhooks of a source in a row failed verification.
    pub failing_webhooks: Option<u64>,
    /// Sources, each with the seconds in which it ought to be heard.
    pub silent_seconds: Vec<(String, u64)>,
    /// So many events wait for a consumer.
    pub consumer_lag: Option<u64>,
    /// An event waits for a consumer for so long.
    pub unacknowledged_seconds: Option<u64>,
    /// So many dead letters within the window.
    pub dead_letters: Option<u64>,
    /// A subscription is suspended or disabled.
    pub subscriptions: bool,
    /// A consumer was told of a gap within the window.
    pub gaps: bool,
    /// The window.
    pub window_seconds: u64,
    /// The sources that write the feed, as a JSON array; none where not all of them could be read.
    pub sources: Option<String>,
}

/// Counts are looked at up to this.
pub(crate) const MOST: u64 = 10_000;

/// Reads the table `alerts` of a feed.
pub(super) fn read(alerts: &mut Reader<'_, '_>) -> Option<Alerts> {
    let seconds = |most| 1..=most;
    let found = Alerts {
        key: alerts.key().to_owned(),
        every_seconds: alerts
            .number("every_seconds", seconds(3_600))
            .unwrap_or(DEFAULT_EVERY_SECONDS),
        failing_webhooks: alerts.number("failing_webhooks", 1..=1_000_000),
        silent_seconds: alerts.numbers("silent_seconds", seconds(YEAR_SECONDS)),
        consumer_lag: alerts.number("consumer_lag", 1..=u64::from(u32::MAX)),
        unacknowledged_seconds: alerts.number("unacknowledged_seconds", seconds(YEAR_SECONDS)),
        dead_letters: alerts.number("dead_letters", 1..=MOST),
        subscriptions: alerts.flag("subscriptions").unwrap_or_default(),
        gaps: alerts.flag("gaps").unwrap_or_default(),
        window_seconds: alerts
            .number("window_seconds", seconds(2_592_000))
            .unwrap_or(DEFAULT_WINDOW_SECONDS),
        sources: None,
    };
    if alerts.clean() && found.is_empty() {
        alerts.refuse("names no rule");
    }
    Some(found)
}

impl Alerts {
    fn is_empty(&self) -> bool {
        let bounds = [
            self.failing_webhooks,
            self.consumer_lag,
            self.unacknowledged_seconds,
            self.dead_letters,
        ];
        let flags = self.subscriptions || self.gaps;
        !flags && self.silent_seconds.is_empty() && bounds.iter().all(Option::is_none)
    }

    /// Takes in which sources write the feed; one that is named and does not is a mistake. `whole` says whether all
    /// sources could be read.
    pub(super) fn join(
        &mut self,
        feed: &str,
        sources: &Table<Result<SourceConfig, String>>,
        whole: bool,
        errors: &mut Vec<ConfigError>,
    ) {
        let writes = |name: &str| match sources.get(name) {
            Some(Ok(source)) => source.settings.feed == feed,
            // It may be meant for this feed.
            Some(Err(_)) => true,
            None => !whole,
        };
        for (name, _) in &self.silent_seconds {
            if !writes(name) {
                errors.push(ConfigError::new(
                    format!("{}.silent_seconds.{name}", self.key),
                    Told(|| format!("SOURCES has no {name:?} that writes this feed")),
                ));
            }
        }
        let names = sources.iter().map(|(name, _)| name);
        let mut names = names.filter(|name| writes(name)).map(json::text);
        self.sources = whole.then(|| json::array(&mut names));
    }
}
