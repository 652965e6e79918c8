//! A feed's subscriptions, as far as the feed has to know: how they look, and how far each knows that the feed goes.
//!
//! A subscription whose object has not acknowledged the newest event is poked until it has. What is owed follows from
//! the rows alone, so no poke is lost, whatever dies.

use super::Log;
use super::db::{Db, DbError, Value};
use super::tally::kind;
use crate::cursor::{Bounds, EventId};
use crate::due::{self, Duty};

/// The most subscriptions of a feed: each is asked once for every append.
const MOST: u64 = 1_000;

/// A poke that failed is tried again after a second, and then the later, up to five minutes.
const PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 300_000;

/// The tables, for a migration.
pub(super) const TABLES: &[&str] = &[
    "CREATE TABLE subscriptions (
        id TEXT PRIMARY KEY,
        summary TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        known INTEGER NOT NULL,
        poke_at INTEGER NOT NULL,
        failures INTEGER NOT NULL
    ) WITHOUT ROWID",
    "ALTER TABLE dead_letters ADD COLUMN subscription TEXT",
    "ALTER TABLE dead_letters ADD COLUMN last_response TEXT",
];

impl<D: Db> Log<D> {
    /// Takes a subscription in, which begins at the feed's end; none where there are too many.
    pub fn subscribe(&self, id: &str, summary: &str, now: u64) -> Result<Option<Bounds>, DbError> {
        let count = "SELECT count(*) FROM subscriptions WHERE id <> ?";
        let count = self.db.first(count, &[Value::Text(id)], |row| row.int(0))?;
        if count.unwrap_or(0) >= MOST {
            return Ok(None);
        }
        let bounds = self.bounds();
        self.db.execute(
            "INSERT OR REPLACE INTO subscriptions (id, summary, made_at, known, poke_at, failures)
             VALUES (?, ?, ?, ?, 0, 0)",
            &[
                Value::Text(id),
                Value::Text(summary),
                Value::Int(now),
                Value::Int(bounds.latest),
            ],
        )?;
        Ok(Some(bounds))
    }

    /// How a subscription looks now. One that is not there any more is left so.
    pub fn describe(&self, id: &str, summary: &str) -> Result<(), DbError> {
        self.db.execute(
            "UPDATE subscriptions SET summary = ? WHERE id = ?",
            &[Value::Text(summary), Value::Text(id)],
        )
    }

    /// What a subscription has counted of its deliveries, as JSON.
    pub fn counted(&self, id: &str, stats: &str, now: u64) -> Result<(), DbError> {
        self.db.transaction(|| {
            self.keep_delivered(id, stats, now)?;
            self.db.execute(
                "UPDATE subscriptions SET deliveries = json(?) WHERE id = ?",
                &[Value::Text(stats), Value::Text(id)],
            )
        })
    }

    /// Forgets a subscription.
    pub fn unsubscribe(&self, id: &str) -> Result<(), DbError> {
        self.db.transaction(|| {
            self.forget_tallies(kind::DELIVERY, id)?;
            let sql = "DELETE FROM subscriptions WHERE id = ?";
            self.db.execute(sql, &[Value::Text(id)])
        })
    }

    /// Every subscription as JSON, oldest first.
    pub fn subscriptions(&self) -> Result<Vec<D::Text>, DbError> {
        let sql = "SELECT summary FROM subscriptions ORDER BY made_at, id";
        self.db.query(sql, &[], |row| row.text(0))
    }

    /// The subscriptions to be poked now.
    pub fn to_poke(&self, now: u64) -> Result<Vec<String>, DbError> {
        self.db.query(
            "SELECT id FROM subscriptions WHERE known < ? AND poke_at <= ? ORDER BY poke_at, id",
            &[Value::Int(self.bounds().latest), Value::Int(now)],
            |row| row.string(0),
        )
    }

    /// A subscription has written down that the feed goes up to `latest`.
    pub fn poked(&self, id: &str, latest: u64) -> Result<(), DbError> {
        self.db.execute(
            "UPDATE subscriptions SET known = max(known, ?), poke_at = 0, failures = 0 WHERE id = ?",
            &[Value::Int(latest), Value::Text(id)],
        )
    }

    /// A subscription did not answer.
    pub fn poke_failed(&self, id: &str, now: u64) -> Result<(), DbError> {
        self.db.execute(
            "UPDATE subscriptions SET failures = failures + 1, poke_at = ?1 + min(?2 << min(failures, 20), ?3)
             WHERE id = ?4",
            &[
                Value::Int(now),
                Value::Int(PAUSE_MS),
                Value::Int(LONGEST_PAUSE_MS),
                Value::Text(id),
            ],
        )
    }

    /// Makes the next poke due, where one is owed. Returns when the alarm must ring.
    pub fn owe_pokes(&self, now: u64) -> Result<Option<u64>, DbError> {
        let owed = self.db.first(
            "SELECT poke_at FROM subscriptions WHERE known < ? ORDER BY poke_at LIMIT 1",
            &[Value::Int(self.bounds().latest)],
            |row| row.int(0),
        )?;
        if let Some(at) = owed {
            due::schedule(&self.db, Duty::Poke, at.max(now))?;
        }
        due::next(&self.db)
    }

    /// Keeps a delivery that a subscription gave up, as a reference to its event: `letter` is `{"event","reason",
    /// "attempts","last_response"}`. Given up twice it is there once.
    pub fn bury_delivery(&self, id: &str, letter: &str, now: u64) -> Result<(), DbError> {
        self.db.execute(
            "INSERT INTO dead_letters (at, reason, attempts, receipt, message, event, subscription, last_response)
             VALUES (?1, ?2 ->> 'reason', ?2 ->> 'attempts', concat('delivery:', ?3, ':', ?2 ->> 'event'), x'',
                CAST(substr(?2 ->> 'event', 18) AS INTEGER), ?3, ?2 -> 'last_response')
             ON CONFLICT (receipt) DO UPDATE SET at = excluded.at, reason = excluded.reason,
                attempts = excluded.attempts, last_response = excluded.last_response",
            &[Value::Int(now), Value::Text(letter), Value::Text(id)],
        )
    }

    /// The subscription and the event of a dead letter that is a delivery's.
    pub fn dead_delivery(&self, letter: EventId) -> Result<Option<(String, EventId)>, DbError> {
        let bounds = self.bounds();
        if letter.generation != bounds.generation {
            return Ok(None);
        }
        self.db.first(
            "SELECT subscription, event FROM dead_letters WHERE seq = ? AND subscription IS NOT NULL",
            &[Value::Int(letter.sequence)],
            |row| (row.string(0), bounds.id(row.int(1))),
        )
    }
}
