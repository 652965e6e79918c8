//! What becomes of attempts, counted where they are written down, and told to the feed now and then.

use super::Store;
use crate::due::{self, Duty};
use crate::feed::bound;
use crate::feed::db::{Db, DbError, Value};
use crate::retry::{Outcome, Verdict};

/// One row of JSON: `delivered` and `dead` count deliveries, `failed` attempts, `le` attempts by the upper bound of
/// their duration, and `ms` is the sum of durations.
pub(super) const TABLE: &str =
    "CREATE TABLE stats (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL)";
pub(super) const ROW: &str =
    r#"INSERT INTO stats VALUES (1, '{"delivered":0,"failed":0,"dead":0,"ms":0,"le":{}}')"#;

/// The feed is told no more often than this, in milliseconds: a number that is late costs nothing.
const REPORT_MS: u64 = 2_000;

impl<D: Db> Store<D> {
    /// Counts an attempt, inside the transaction that writes it down.
    pub(super) fn count_attempt(&self, outcome: &Outcome, now: u64) -> Result<(), DbError> {
        let name = match outcome.verdict() {
            Verdict::Delivered => "delivered",
            _ => "failed",
        };
        // A Durable Object's parameters are doubles.
        self.db.execute(
            "UPDATE stats SET json = json_set(json, '$.' || ?1, (json ->> ?1) + 1,
                '$.ms', (json ->> 'ms') + CAST(?2 AS INTEGER),
                '$.le.' || ?3, coalesce(json ->> ('$.le.' || ?3), 0) + 1)",
            &[
                Value::Text(name),
                Value::Int(outcome.duration_ms),
                Value::Text(&format!(r#""{}""#, bound(outcome.duration_ms))),
            ],
        )?;
        due::remember(&self.db, Duty::Report, now.saturating_add(REPORT_MS))
    }

    /// Counts a delivery that nobody tries any more.
    pub(super) fn count_dead(&self) -> Result<(), DbError> {
        let sql = "UPDATE stats SET json = json_set(json, '$.dead', (json ->> 'dead') + 1)";
        self.db.execute(sql, &[])
    }

    /// Has the feed told what was counted, and how many deliveries are pending. What it was to be told before is old.
    pub(super) fn report(&self, now: u64) -> Result<(), DbError> {
        self.db.transaction(|| {
            due::clear(&self.db, Duty::Report)?;
            self.db
                .execute("DELETE FROM outbox WHERE path = ?", &[Value::Text(PATH)])?;
            let sql = "SELECT json_set(json, '$.pending', CAST(? AS INTEGER)) FROM stats";
            let pending = [Value::Int(self.pending()?)];
            match self.db.first(sql, &pending, |row| row.string(0))? {
                Some(stats) => self.post(PATH, &stats, now),
                None => Ok(()),
            }
        })
    }
}

/// Where the feed takes it, below the subscription's place.
const PATH: &str = "/stats";
