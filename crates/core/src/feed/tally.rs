//! What is counted, beside the log and in its transactions, so that counts survive whatever the log survives.
//!
//! A tally is of a kind and up to two labels. It is kept by the minute for two hours, which is what rates are drawn
//! from, and then added to what came before.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::Log;
use super::db::{Db, DbError, Value};
use crate::json;
use crate::rejection::Rejection;

/// The tables, for a migration.
pub(super) const TABLES: &[&str] = &[
    // `minute` is 0 for everything that is older than what is kept by the minute.
    "CREATE TABLE tallies (
        kind TEXT NOT NULL,
        a TEXT NOT NULL,
        b TEXT NOT NULL,
        minute INTEGER NOT NULL,
        n INTEGER NOT NULL,
        sum INTEGER NOT NULL,
        PRIMARY KEY (kind, a, b, minute)
    ) WITHOUT ROWID",
    // `failing` counts refusals of verification since the last webhook that was genuine; `heard_at` is when that
    // was, to a few seconds, or when the source was first seen.
    "CREATE TABLE sources (
        name TEXT PRIMARY KEY,
        failing INTEGER NOT NULL,
        heard_at INTEGER NOT NULL
    ) WITHOUT ROWID",
    // Dead letters are made in three places, and counted in one.
    "CREATE TRIGGER dead_letters_counted AFTER INSERT ON dead_letters BEGIN
        INSERT INTO tallies (kind, a, b, minute, n, sum)
        VALUES ('dead', CASE WHEN new.consumer IS NOT NULL THEN 'consumer'
                WHEN new.subscription IS NOT NULL THEN 'subscription' ELSE 'queue' END,
            '', new.at / 60000, 1, 0)
        ON CONFLICT (kind, a, b, minute) DO UPDATE SET n = n + 1;
    END",
];

/// How many minutes are kept apart.
const MINUTES: u64 = 120;

const MINUTE_MS: u64 = 60_000;

/// A source that is heard again within this time is not written down again.
const HEARD_MS: u64 = 5_000;

/// Upper bounds of what is measured in milliseconds; what is above them all is `+Inf`.
pub(crate) const BOUNDS_MS: &[u64] = &[
    5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 3_600_000,
];

/// Kinds of tallies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Webhooks: source, and outcome or code of the refusal.
    Webhook,
    /// Reads: face, and status.
    Read,
    /// The edge cache: `hit` or `miss`.
    Cache,
    /// From the receipt of a webhook until the queue brought it: upper bound in milliseconds.
    QueueLag,
    /// From the receipt of a webhook until it was in the log: upper bound in milliseconds.
    AppendLag,
    /// Dead letters: whose.
    Dead,
}

const KINDS: &[(Kind, &str)] = &[
    (Kind::Webhook, "webhook"),
    (Kind::Read, "read"),
    (Kind::Cache, "cache"),
    (Kind::QueueLag, "queue_lag"),
    (Kind::AppendLag, "append_lag"),
    (Kind::Dead, "dead"),
];

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        let named = KINDS.iter().find(|(kind, _)| *kind == self);
        named.map_or("", |(_, name)| name)
    }

    fn named(name: &str) -> Option<Self> {
        let named = KINDS.iter().find(|(_, known)| *known == name);
        named.map(|(kind, _)| *kind)
    }
}

/// What becomes of a genuine webhook.
pub mod outcome {
    /// It is an event.
    pub const STORED: &str = "stored";
    /// The feed knew it.
    pub const DUPLICATE: &str = "duplicate";
    /// The queue brought it once more.
    pub const REDELIVERED: &str = "redelivered";
    /// KV knew it.
    pub const ALREADY_PROCESSED: &str = "already_processed";
    /// It was a handshake.
    pub const ANSWERED: &str = "answered";
}

/// Outcomes that show that a source's secret and clock are right.
const GENUINE: &[&str] = &[
    outcome::STORED,
    outcome::DUPLICATE,
    outcome::ALREADY_PROCESSED,
    outcome::ANSWERED,
];

/// Refusals of what was signed, but not as it should be. What is not signed at all is noise of the internet.
const FAILURES: &[Rejection] = &[
    Rejection::BadSignature,
    Rejection::UnrecognisedSignature,
    Rejection::UndecodableSignature,
    Rejection::StaleTimestamp,
    Rejection::FutureTimestamp,
];

/// Tallies that are yet to be kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tallies(BTreeMap<(Kind, String, String), (u64, u64)>);

impl Tallies {
    /// Counts one.
    pub fn count(&mut self, kind: Kind, a: &str, b: &str) {
        self.add(kind, a, b, 1, 0);
    }

    /// Counts something that took so many milliseconds.
    pub fn took(&mut self, kind: Kind, ms: u64) {
        self.add(kind, &bound(ms), "", 1, ms);
    }

    fn add(&mut self, kind: Kind, a: &str, b: &str, n: u64, sum: u64) {
        let kept = self.0.entry((kind, a.to_owned(), b.to_owned()));
        let (all, sums) = kept.or_default();
        (*all, *sums) = (all.saturating_add(n), sums.saturating_add(sum));
    }

    /// Adds others to these.
    pub fn merge(&mut self, others: Self) {
        for ((kind, a, b), (n, sum)) in others.0 {
            self.add(kind, &a, &b, n, sum);
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As JSON: `[[kind, a, b, n, sum], …]`.
    pub fn json(&self) -> String {
        let mut rows = self.0.iter().map(|((kind, a, b), (n, sum))| {
            let (a, b) = (json::text(a), json::text(b));
            format!(r#"["{}",{a},{b},{n},{sum}]"#, kind.name())
        });
        json::array(&mut rows)
    }

    /// Reads [`Self::json`]; a kind that this build does not know is left out.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let rows: Vec<(String, String, String, u64, u64)> = serde_json::from_slice(json).ok()?;
        let mut tallies = Self::default();
        for (kind, a, b, n, sum) in rows {
            if let Some(kind) = Kind::named(&kind) {
                tallies.add(kind, &a, &b, n, sum);
            }
        }
        Some(tallies)
    }
}

/// The least bound that is not passed.
pub(crate) fn bound(ms: u64) -> String {
    let bound = BOUNDS_MS.iter().find(|bound| ms <= **bound);
    bound.map_or("+Inf".to_owned(), ToString::to_string)
}

/// What the log remembers of its tallies.
#[derive(Debug, Default)]
pub(super) struct Swept(Cell<u64>);

impl<D: Db> Log<D> {
    /// Keeps tallies, in a transaction of their own.
    pub fn tally(&self, tallies: &Tallies, now: u64) -> Result<(), DbError> {
        self.db.transaction(|| self.keep_tallies(tallies, now))
    }

    /// Keeps tallies inside the caller's transaction.
    pub(super) fn keep_tallies(&self, tallies: &Tallies, now: u64) -> Result<(), DbError> {
        let minute = now / MINUTE_MS;
        self.sweep(minute.saturating_sub(MINUTES))?;
        self.db.execute(
            "INSERT INTO tallies (kind, a, b, minute, n, sum)
             SELECT value ->> 0, value ->> 1, value ->> 2, ?2, value ->> 3, value ->> 4 FROM json_each(?1) WHERE true
             ON CONFLICT (kind, a, b, minute) DO UPDATE SET n = n + excluded.n, sum = sum + excluded.sum",
            &[Value::Text(&tallies.json()), Value::Int(minute)],
        )?;
        for ((kind, source, outcome), (n, _)) in &tallies.0 {
            if *kind == Kind::Webhook {
                self.hear(source, outcome, *n, now)?;
            }
        }
        Ok(())
    }

    fn hear(&self, source: &str, outcome: &str, n: u64, now: u64) -> Result<(), DbError> {
        if GENUINE.contains(&outcome) {
            return self.db.execute(
                "INSERT INTO sources (name, failing, heard_at) VALUES (?1, 0, ?2)
                 ON CONFLICT (name) DO UPDATE SET failing = 0, heard_at = ?2
                    WHERE failing > 0 OR heard_at < ?3",
                &[
                    Value::Text(source),
                    Value::Int(now),
                    Value::Int(now.saturating_sub(HEARD_MS)),
                ],
            );
        }
        match FAILURES.iter().any(|failure| failure.code() == outcome) {
            true => self.db.execute(
                "INSERT INTO sources (name, failing, heard_at) VALUES (?1, ?2, 0)
                 ON CONFLICT (name) DO UPDATE SET failing = failing + ?2",
                &[Value::Text(source), Value::Int(n)],
            ),
            false => Ok(()),
        }
    }

    /// Adds what is older than what is kept by the minute to what came before, once a minute.
    fn sweep(&self, through: u64) -> Result<(), DbError> {
        if self.swept.0.replace(through) >= through {
            return Ok(());
        }
        let through = [Value::Int(through)];
        self.db.execute(
            "INSERT INTO tallies (kind, a, b, minute, n, sum)
             SELECT kind, a, b, 0, sum(n), sum(sum) FROM tallies WHERE minute BETWEEN 1 AND ? GROUP BY kind, a, b
             ON CONFLICT (kind, a, b, minute) DO UPDATE SET n = n + excluded.n, sum = sum + excluded.sum",
            &through,
        )?;
        let swept = "DELETE FROM tallies WHERE minute BETWEEN 1 AND ?";
        self.db.execute(swept, &through)
    }
}
