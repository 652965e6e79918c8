//! What is counted, beside the log and in its transactions, so that counts survive whatever the log survives.
//!
//! A tally is of a kind and up to two labels. It is kept by the minute for two hours, which is what rates are drawn
//! from, and then added to what came before.

use std::cell::Cell;

use super::Log;
use super::db::{Db, DbError, Value};
use crate::json;

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
pub(crate) const HEARD_MS: u64 = 5_000;

/// Upper bounds of what is measured in milliseconds, and the same in seconds; what is above them all is `+Inf`.
pub(crate) const BOUNDS: &[(u64, &str)] = &[
    (5, "0.005"),
    (10, "0.01"),
    (25, "0.025"),
    (50, "0.05"),
    (100, "0.1"),
    (250, "0.25"),
    (500, "0.5"),
    (1_000, "1.0"),
    (2_500, "2.5"),
    (5_000, "5.0"),
    (10_000, "10.0"),
    (30_000, "30.0"),
    (60_000, "60.0"),
    (300_000, "300.0"),
    (3_600_000, "3600.0"),
];

/// Kinds of tallies.
pub mod kind {
    /// Webhooks: source, and outcome or code of the refusal.
    pub const WEBHOOK: &str = "webhook";
    /// Reads: face, and status.
    pub const READ: &str = "read";
    /// The edge cache: `hit` or `miss`.
    pub const CACHE: &str = "cache";
    /// From the receipt of a webhook until the queue brought it: upper bound in milliseconds.
    pub const QUEUE_LAG: &str = "queue_lag";
    /// From the receipt of a webhook until it was in the log: upper bound in milliseconds.
    pub const APPEND_LAG: &str = "append_lag";
    /// What subscriptions say of their deliveries: subscription, and `delivered`, `failed` or `dead`.
    pub const DELIVERY: &str = "delivery";
    /// Events that a consumer acknowledged: consumer.
    pub const ACK: &str = "ack";
    // Dead letters, `dead`, are counted by a trigger.
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

/// Tallies that are yet to be kept: kind, labels, number, sum. A few, so that a search is as fast as any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tallies(Vec<(&'static str, String, String, u64, u64)>);

impl Tallies {
    /// Counts one.
    pub fn count(&mut self, kind: &'static str, a: &str, b: &str) {
        self.add(kind, a, b, 1, 0);
    }

    /// Counts something that took so many milliseconds.
    pub fn took(&mut self, kind: &'static str, ms: u64) {
        self.add(kind, &bound(ms), "", 1, ms);
    }

    fn add(&mut self, kind: &'static str, a: &str, b: &str, n: u64, sum: u64) {
        let mut known = self.0.iter_mut();
        match known.find(|(known, of, by, ..)| *known == kind && of == a && by == b) {
            Some((.., all, sums)) => {
                (*all, *sums) = (all.saturating_add(n), sums.saturating_add(sum));
            }
            None => self.0.push((kind, a.to_owned(), b.to_owned(), n, sum)),
        }
    }

    /// Adds others to these.
    pub fn merge(&mut self, others: Self) {
        for (kind, a, b, n, sum) in others.0 {
            self.add(kind, &a, &b, n, sum);
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As JSON: `[[kind, a, b, n, sum], …]`.
    pub fn json(&self) -> String {
        let mut rows = self.0.iter().map(|(kind, a, b, n, sum)| {
            let (a, b) = (json::text(a), json::text(b));
            format!(r#"["{kind}",{a},{b},{n},{sum}]"#)
        });
        json::array(&mut rows)
    }
}

/// A call that is to come for what many count: one at a time.
#[derive(Debug, Default)]
pub struct Pending(Cell<u64>);

/// A call that has not come to its end in this time never will: its request was ended.
const LATE_MS: u64 = 40_000;

impl Pending {
    /// Whether nobody is about to make the call; whoever is told so makes it, and gives back what he was given.
    pub fn begin(&self, now: u64) -> Option<u64> {
        let begun = self.0.get();
        if begun > 0 && now.saturating_sub(begun) < LATE_MS {
            return None;
        }
        let mine = now.max(begun.saturating_add(1));
        self.0.set(mine);
        Some(mine)
    }

    /// The call is over, unless another one has taken its place.
    pub fn end(&self, mine: u64) {
        if self.0.get() == mine {
            self.0.set(0);
        }
    }
}

/// The least bound that is not passed.
pub(crate) fn bound(ms: u64) -> String {
    let bound = BOUNDS.iter().find(|(bound, _)| ms <= *bound);
    bound.map_or("+Inf".to_owned(), |(bound, _)| bound.to_string())
}

/// What the log remembers of its tallies.
#[derive(Debug, Default)]
pub(super) struct Swept(Cell<u64>);

/// Keeps tallies by the minute.
const KEEP: &str = "INSERT INTO tallies (kind, a, b, minute, n, sum)
    SELECT value ->> 0, value ->> 1, value ->> 2, ?2, value ->> 3, value ->> 4 FROM json_each(?1) WHERE true
    ON CONFLICT (kind, a, b, minute) DO UPDATE SET n = n + excluded.n, sum = sum + excluded.sum";

/// A subscription says how many there were in all: what is more than it said before is of this minute.
const DELIVER: &str = "INSERT INTO tallies (kind, a, b, minute, n, sum)
    SELECT ?4, ?1, value, ?3, coalesce(?2 ->> value, 0) - coalesce(deliveries ->> value, 0) AS more, 0
    FROM subscriptions, json_each('[\"delivered\",\"failed\",\"dead\"]') WHERE subscriptions.id = ?1 AND more > 0
    ON CONFLICT (kind, a, b, minute) DO UPDATE SET n = n + excluded.n";

/// Refusals of what was signed, but not as it should be. What is not signed at all is noise of the internet.
const FAIL: &str = "INSERT INTO sources (name, failing, heard_at)
    SELECT value ->> 1, sum(value ->> 3), 0 FROM json_each(?1) WHERE value ->> 0 = 'webhook' AND value ->> 2 IN
        ('bad_signature', 'unrecognised_signature', 'undecodable_signature', 'stale_timestamp', 'future_timestamp')
    GROUP BY value ->> 1
    ON CONFLICT (name) DO UPDATE SET failing = failing + excluded.failing";

/// Outcomes that show that a source's secret and clock are right. A handshake need not be signed.
const HEAR: &str = "INSERT INTO sources (name, failing, heard_at)
    SELECT DISTINCT value ->> 1, 0, ?2 FROM json_each(?1) WHERE value ->> 0 = 'webhook' AND value ->> 2 IN
        ('stored', 'duplicate', 'already_processed')
    ON CONFLICT (name) DO UPDATE SET failing = 0, heard_at = excluded.heard_at
        WHERE failing > 0 OR heard_at < excluded.heard_at - ?3";

impl<D: Db> Log<D> {
    /// Keeps tallies that are [`Tallies::json`], in a transaction of their own.
    pub fn tally(&self, tallies: &str, now: u64) -> Result<(), DbError> {
        self.db.transaction(|| {
            self.keep_tallies(tallies, now)?;
            self.db.execute(FAIL, &[Value::Text(tallies)])?;
            self.hear(tallies, now)
        })
    }

    /// Keeps the tallies of an append inside its transaction.
    pub(super) fn keep_appended(&self, tallies: &Tallies, now: u64) -> Result<(), DbError> {
        let tallies = tallies.json();
        self.keep_tallies(&tallies, now)?;
        self.hear(&tallies, now)
    }

    /// Keeps what a subscription has counted since it last said so, before that is written over.
    pub(super) fn keep_delivered(&self, id: &str, stats: &str, now: u64) -> Result<(), DbError> {
        let minute = self.sweep(now)?;
        self.db.execute(
            DELIVER,
            &[
                Value::Text(id),
                Value::Text(stats),
                Value::Int(minute),
                Value::Text(kind::DELIVERY),
            ],
        )
    }

    /// Keeps how many events a consumer acknowledged: one statement. What is appended sweeps.
    pub(crate) fn keep_acknowledged(&self, name: &str, n: u64, now: u64) -> Result<(), DbError> {
        if n == 0 {
            return Ok(());
        }
        let mut tallies = Tallies::default();
        tallies.add(kind::ACK, name, "", n, 0);
        let minute = Value::Int(now / MINUTE_MS);
        self.db
            .execute(KEEP, &[Value::Text(&tallies.json()), minute])
    }

    /// Forgets the tallies of what is not there any more.
    pub(crate) fn forget_tallies(&self, kind: &str, a: &str) -> Result<(), DbError> {
        let sql = "DELETE FROM tallies WHERE kind = ? AND a = ?";
        self.db.execute(sql, &[Value::Text(kind), Value::Text(a)])
    }

    fn keep_tallies(&self, tallies: &str, now: u64) -> Result<(), DbError> {
        let minute = self.sweep(now)?;
        self.db
            .execute(KEEP, &[Value::Text(tallies), Value::Int(minute)])
    }

    fn hear(&self, tallies: &str, now: u64) -> Result<(), DbError> {
        let now = Value::Int(now);
        self.db
            .execute(HEAR, &[Value::Text(tallies), now, Value::Int(HEARD_MS)])
    }

    /// Forgets the sources that are none of this feed's any more: a JSON array of those that are.
    pub fn keep_sources(&self, names: &str) -> Result<(), DbError> {
        let gone = "DELETE FROM sources WHERE name NOT IN (SELECT value FROM json_each(?))";
        self.db.execute(gone, &[Value::Text(names)])
    }

    /// Adds what is older than what is kept by the minute to what came before, once a minute. Returns the minute.
    fn sweep(&self, now: u64) -> Result<u64, DbError> {
        let minute = now / MINUTE_MS;
        let through = minute.saturating_sub(MINUTES);
        if self.swept.0.replace(through) >= through {
            return Ok(minute);
        }
        let through = [Value::Int(through)];
        self.db.execute(
            "INSERT INTO tallies (kind, a, b, minute, n, sum)
             SELECT kind, a, b, 0, sum(n), sum(sum) FROM tallies WHERE minute BETWEEN 1 AND ? GROUP BY kind, a, b
             ON CONFLICT (kind, a, b, minute) DO UPDATE SET n = n + excluded.n, sum = sum + excluded.sum",
            &through,
        )?;
        let swept = "DELETE FROM tallies WHERE minute BETWEEN 1 AND ?";
        self.db.execute(swept, &through)?;
        Ok(minute)
    }
}
