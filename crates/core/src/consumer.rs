//! Consumers: many workers share a feed, and nothing is lost when one dies.
//!
//! - `order`: what a body asks, taken apart.
//! - `lease`: what a worker holds, and why it may not hold it any more.
//! - `row`: what a consumer is, kept.
//! - `claim`: events go out; `pick` chooses them.
//! - `settle`: acknowledged, refused, extended, given back.
//! - `dead`: what was tried too often, and its one more try.
//! - `admin`: seek, list and delete.
//!
//! A consumer has a position, and holds a row for each event up to it that is not settled. So a claim
//! looks at as many rows as it hands out, however long the feed, the backlog or the list of leases.
//! What is over with time (a lease, a delay) is found by the next claim; only a last attempt that
//! nobody may ever ask about again is a duty of the alarm's.

mod admin;
mod claim;
mod dead;
mod lease;
mod order;
mod pick;
mod row;
mod settle;

pub(crate) use admin::CONSUMING;
pub use claim::{Claimed, Turn, When};
pub use dead::Revived;
pub use order::{Claim, Options, Order, Start, Verb};
pub use settle::Done;

use crate::cursor::Bounds;
use crate::json;

/// The most bytes of a body: 500 leases are half of it.
pub const MAX_BODY: u32 = 64 * 1024;

/// The tables, for a migration.
pub(crate) const TABLES: &[&str] = &[
    // `position`: every event after it has never been handed out. `gap_told` is NULL while a gap has
    // not been told to anybody, and then the `attempt_id` of who was told.
    "CREATE TABLE consumers (
        consumer INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        ordered INTEGER NOT NULL,
        max_attempts INTEGER NOT NULL,
        types TEXT NOT NULL,
        sources TEXT NOT NULL,
        position INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        claimed_at INTEGER NOT NULL,
        gap_from INTEGER NOT NULL,
        gap_to INTEGER NOT NULL,
        gap_told TEXT
    )",
    // What is handed out or waits to be handed out again. `claim` is NULL while nobody has it;
    // `ready_at` is the end of its lease or of its delay; `failed` counts attempts that failed;
    // `last` says that another failure is one too many.
    "CREATE TABLE held (
        consumer INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        ready_at INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        claim INTEGER,
        last INTEGER NOT NULL,
        PRIMARY KEY (consumer, seq)
    ) WITHOUT ROWID",
    "CREATE INDEX held_ready ON held (consumer, ready_at)",
    "CREATE INDEX held_last ON held (ready_at) WHERE last = 1",
    // What a claim with an `attempt_id` was given, in case that its answer is lost.
    "CREATE TABLE claims (
        claim INTEGER PRIMARY KEY,
        consumer INTEGER NOT NULL,
        attempt_id TEXT NOT NULL,
        seqs TEXT NOT NULL,
        until INTEGER NOT NULL,
        UNIQUE (consumer, attempt_id)
    )",
    "CREATE INDEX claims_until ON claims (until)",
    "ALTER TABLE dead_letters ADD COLUMN consumer TEXT",
    "ALTER TABLE dead_letters ADD COLUMN event INTEGER",
];

/// A consumer as its row has it.
#[derive(Clone, Debug)]
struct Consumer {
    id: u64,
    ordered: bool,
    max_attempts: u64,
    /// JSON arrays; `[]` takes everything.
    types: String,
    sources: String,
    position: u64,
    /// Fences: leases of another generation are worth nothing.
    generation: u64,
    gap: Gap,
    /// Nobody can guess it: it names the claim that is made now.
    nonce: u64,
}

/// A run of sequences that retention took before they were acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Gap {
    from: u64,
    /// 0 where there is no gap.
    to: u64,
    /// Whom it was told.
    told: Option<String>,
}

impl Gap {
    /// One more run, beside what has not been told yet.
    fn grow(&mut self, from: u64, to: u64) {
        let known = self.is_untold();
        *self = Self {
            from: if known { self.from.min(from) } else { from },
            to: if known { self.to.max(to) } else { to },
            told: None,
        };
    }

    fn is_untold(&self) -> bool {
        self.to > 0 && self.told.is_none()
    }

    /// Whether whoever claims with this `attempt_id` hears of it: for the first time, or again where
    /// that answer may have been lost.
    fn tells(&self, attempt: Option<&str>) -> bool {
        self.is_untold() || (self.to > 0 && attempt.is_some() && self.told.as_deref() == attempt)
    }

    /// As a member of an answer; empty where there is none.
    fn member(&self, bounds: Bounds) -> String {
        match self.to {
            0 => String::new(),
            to => format!(
                r#","gap":{{"from":"{}","to":"{}"}}"#,
                bounds.id(self.from),
                bounds.id(to)
            ),
        }
    }
}

/// Pairs of numbers as a JSON array.
fn pairs(pairs: &[(u64, u64)]) -> String {
    json::array(&mut pairs.iter().map(|(a, b)| format!("[{a},{b}]")))
}
