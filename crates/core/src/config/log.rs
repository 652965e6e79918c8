//! What is told in the log.

use super::reader::Reader;
use crate::scheme::Named;

/// What is told: this and all that is worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A line for each webhook, read, delivery and batch.
    #[default]
    Info,
    /// What mends itself.
    Warn,
    /// What somebody should look at.
    Error,
}

impl Named for Level {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("info", Self::Info),
        ("warn", Self::Warn),
        ("error", Self::Error),
    ];
}

/// Reads that go well are so many that a part of them will do, in percent.
const DEFAULT_READS_PERCENT: u64 = 10;

/// What the config says of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// What is told.
    pub level: Level,
    /// How many of the reads that go well are told, in percent.
    pub reads_percent: u64,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: Level::default(),
            reads_percent: DEFAULT_READS_PERCENT,
        }
    }
}

impl Log {
    /// Whether a read is one of those that are told; `id` is a random name of it, in hex.
    pub fn takes_read(&self, id: &str) -> bool {
        let random = id
            .get(..4)
            .and_then(|hex| u64::from_str_radix(hex, 16).ok());
        random.is_none_or(|random| random % 100 < self.reads_percent)
    }
}

/// Reads the variable `LOG`.
pub(super) fn read(log: &mut Reader<'_, '_>) -> Option<Log> {
    let default = Log::default();
    Some(Log {
        level: log.named("level").unwrap_or(default.level),
        reads_percent: log
            .number("reads_percent", 0..=100)
            .unwrap_or(default.reads_percent),
    })
}
