//! The tables of one subscription.

use std::cell::Cell;

use super::{Row, row, stats};
use crate::feed::db::{Db, DbError, Value};
use crate::{due, version};

/// Each entry takes the schema from the version before it to the next.
const MIGRATIONS: &[&str] = &[
    // The one row; `generation` and `position` are the feed's, and `latest` is how far the feed is known to go.
    "CREATE TABLE subscription (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        id TEXT NOT NULL,
        feed TEXT NOT NULL,
        url TEXT NOT NULL,
        events TEXT NOT NULL,
        raw INTEGER NOT NULL,
        ordered INTEGER NOT NULL,
        max_in_flight INTEGER NOT NULL,
        status TEXT NOT NULL,
        reason TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        position INTEGER NOT NULL,
        latest INTEGER NOT NULL,
        gap_from INTEGER NOT NULL,
        gap_to INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        openings INTEGER NOT NULL,
        open_until INTEGER NOT NULL,
        failing_since INTEGER NOT NULL
    )",
    // `until` is NULL of the newest, which signs for good.
    "CREATE TABLE secrets (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        secret TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        until INTEGER
    )",
    // `at`: when the next attempt is due, or when the delivery was settled. `made` counts attempts since it was last
    // asked for, `attempts` all of them, and `history` is a JSON array's inside.
    "CREATE TABLE deliveries (
        seq INTEGER PRIMARY KEY,
        type TEXT NOT NULL,
        status INTEGER NOT NULL,
        at INTEGER NOT NULL,
        made INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        history TEXT NOT NULL,
        reason TEXT NOT NULL,
        response TEXT NOT NULL
    )",
    "CREATE INDEX deliveries_pending ON deliveries (at, seq) WHERE status = 0",
    "CREATE INDEX deliveries_settled ON deliveries (at) WHERE status > 0",
    "CREATE INDEX deliveries_failed ON deliveries (seq) WHERE status = 2",
    // Ranges of events that were asked for once more.
    "CREATE TABLE replays (n INTEGER PRIMARY KEY, after INTEGER NOT NULL, through INTEGER NOT NULL)",
    "CREATE TABLE outbox (n INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL, body TEXT NOT NULL)",
    due::TABLE,
    stats::TABLE,
    stats::ROW,
];

/// The `status` column of a delivery.
pub(super) mod status {
    pub(in crate::subscription) const PENDING: u64 = 0;
    pub(in crate::subscription) const DELIVERED: u64 = 1;
    pub(in crate::subscription) const FAILED: u64 = 2;
}

/// What one subscription is and has to do.
#[derive(Debug)]
pub struct Store<D: Db> {
    pub(super) db: D,
    /// Whether the tables are known to be there.
    made: Cell<bool>,
}

impl<D: Db> Store<D> {
    /// On a database that may hold nothing yet.
    pub fn new(db: D) -> Self {
        Self {
            db,
            made: Cell::new(false),
        }
    }

    /// The database behind it.
    pub fn db(&self) -> &D {
        &self.db
    }

    /// The subscription; none where there is none, or none any more.
    pub fn row(&self) -> Result<Option<Row>, DbError> {
        if !self.made.get() {
            // Whoever asks for one that does not exist leaves nothing behind.
            let made = "SELECT 1 FROM sqlite_master WHERE name = 'subscription'";
            if self.db.first(made, &[], |_| ())?.is_none() {
                return Ok(None);
            }
            self.db
                .transaction(|| version::migrate(&self.db, MIGRATIONS))?;
            self.made.set(true);
        }
        row::read(&self.db)
    }

    /// Somebody has removed everything.
    pub fn forget(&self) {
        self.made.set(false);
    }

    /// Makes the tables, and the subscription in them.
    pub fn create(&self, row: &Row, secret: &str) -> Result<(), DbError> {
        self.db.transaction(|| {
            version::migrate(&self.db, MIGRATIONS)?;
            row::insert(&self.db, row)?;
            self.db.execute(
                "INSERT INTO secrets (secret, made_at) VALUES (?, ?)",
                &[Value::Text(secret), Value::Int(row.created_at)],
            )
        })
    }
}
