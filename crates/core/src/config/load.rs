//! Merging the variables, each entry on its own, so that one mistake spoils one entry.

use super::{
    Config, ConfigError, DEFAULT_FEED, DEFAULT_RETRY_SCHEDULE_SECONDS, Feed, Log, MAX_VARIABLE,
    Retention, SourceConfig, feed, is_name, log,
    reader::{self, Reader},
    source,
    table::Table,
};
use crate::why::Told;

/// See [`Config::load`].
pub(super) fn load(variables: &[(&str, &str)]) -> (Config, Vec<ConfigError>) {
    let mut errors = Vec::new();
    let mut sources = Entries::<SourceConfig>::default();
    let mut feeds = Entries::<Feed>::default();
    let mut allow_targets = Vec::new();
    let mut told = Log::default();
    let mut retry_schedule_seconds = DEFAULT_RETRY_SCHEDULE_SECONDS.to_vec();
    for &(name, text) in variables {
        match kind(name) {
            "SOURCES" => sources.read(name, text, &mut errors, source::read),
            "FEEDS" => feeds.read(name, text, &mut errors, feed::read),
            "ALLOW_TARGETS" => allow_targets = reader::texts(name, text, &mut errors),
            "LOG" => match reader::value(name, text) {
                Ok(value) => {
                    let read = Reader::enter(name, &value, &mut errors, log::read).flatten();
                    told = read.unwrap_or(told);
                }
                Err(error) => errors.push(error),
            },
            "RETRY_SCHEDULE_SECONDS" => {
                let pauses = reader::numbers(name, text, 1..=604_800, &mut errors);
                retry_schedule_seconds = pauses.unwrap_or(retry_schedule_seconds);
            }
            _ => errors.extend(misnamed(name)),
        }
    }
    let mut feeds = feeds.complete();
    for (name, entry) in sources.found.iter_mut() {
        let Some(error) = entry
            .as_ref()
            .ok()
            .and_then(|source| feeds.lacks(name, source))
        else {
            continue;
        };
        *entry = Err(error.to_string());
        errors.push(error);
    }
    for (name, feed) in feeds.found.iter_mut() {
        let Some(alerts) = &mut feed.alerts else {
            continue;
        };
        let whole = sources.unreadable.is_none();
        alerts.join(name, &sources.found, whole, &mut errors);
    }
    let config = Config {
        sources: sources.found,
        feeds: feeds.found,
        allow_targets,
        retry_schedule_seconds,
        log: told,
        unreadable_sources: sources.unreadable,
    };
    (config, errors)
}

/// `SOURCES` for `SOURCES_2`, so that what passes 5 KB can go on in a further variable.
fn kind(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((kind, number)) if number.parse::<u8>().is_ok() => kind,
        _ => name,
    }
}

/// An error where the platform would not take the variable.
fn too_long(variable: &str, text: &str) -> Option<ConfigError> {
    let (length, kind) = (text.len(), kind(variable));
    let reason = Told(|| {
        format!(
            "has {length} bytes, and the platform takes {MAX_VARIABLE}: move entries to {kind}_2, {kind}_3, …"
        )
    });
    (length > MAX_VARIABLE).then(|| ConfigError::new(variable, reason))
}

/// An error where a name is nearly one of those that are merged: what it holds would be missed.
fn misnamed(name: &str) -> Option<ConfigError> {
    let near = |kind: &&str| {
        let rest = name.strip_prefix(*kind);
        rest.is_some_and(|rest| {
            rest.bytes()
                .all(|byte| byte.is_ascii_digit() || b"_-".contains(&byte))
        })
    };
    let kind = ["SOURCES", "FEEDS"].into_iter().find(near)?;
    Some(ConfigError::new(
        name,
        Told(|| format!("is not read; further variables are {kind}_2, {kind}_3, …")),
    ))
}

/// What the variables of one kind hold.
struct Entries<T> {
    found: Table<Result<T, String>>,
    unreadable: Option<String>,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self {
            found: Table::default(),
            unreadable: None,
        }
    }
}

impl<T> Entries<T> {
    /// Reads one variable: an object of named entries, each read by `read`.
    fn read(
        &mut self,
        variable: &str,
        text: &str,
        errors: &mut Vec<ConfigError>,
        read: fn(&mut Reader<'_, '_>) -> Option<T>,
    ) {
        let object = match reader::object(variable, text) {
            Ok(object) => object,
            Err(error) => {
                self.unreadable = Some(error.to_string());
                errors.push(error);
                return;
            }
        };
        errors.extend(too_long(variable, text));
        for (name, value) in &object {
            let key = format!("{variable}.{name}");
            if self.found.has(name) {
                errors.push(ConfigError::new(&key, "is configured twice"));
                continue;
            }
            let mut own = Vec::new();
            if !is_name(name) {
                let reason = "must be 1 to 64 of A-Z, a-z, 0-9, _, . and -";
                own.push(ConfigError::new(&key, reason));
            }
            let entry = Reader::enter(&key, value, &mut own, read).flatten();
            let entry = entry
                .filter(|_| own.is_empty())
                .ok_or_else(|| super::reason(&own));
            errors.append(&mut own);
            self.found.add(name, entry);
        }
    }
}

/// Every feed, the default one among them.
struct Feeds {
    found: Table<Feed>,
    /// Whether all variables of feeds could be read.
    whole: bool,
}

impl Entries<Feed> {
    /// What could not be read is closed, and keeps everything: pruning cannot be taken back.
    fn complete(self) -> Feeds {
        let whole = self.unreadable.is_none();
        let broken = || Feed {
            retention: Retention::default(),
            ..Feed::default()
        };
        let mut found = Table::default();
        for (name, feed) in self.found.iter() {
            found.add(name, feed.clone().unwrap_or_else(|_| broken()));
        }
        if !found.has(DEFAULT_FEED) {
            let default = if whole { Feed::default() } else { broken() };
            found.add(DEFAULT_FEED, default);
        }
        Feeds { found, whole }
    }
}

impl Feeds {
    /// An error where `source` writes a feed that is surely not configured.
    fn lacks(&self, name: &str, source: &SourceConfig) -> Option<ConfigError> {
        let feed = &source.settings.feed;
        if !self.whole || self.found.has(feed) {
            return None;
        }
        let key = format!("{}.{name}.feed", source.variable);
        Some(ConfigError::new(
            key,
            Told(|| format!("FEEDS has no {feed:?}")),
        ))
    }
}
