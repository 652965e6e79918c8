//! What the feed is to be told: in order, and until it has heard it.

use super::{Row, Store};
use crate::due::{self, Duty};
use crate::feed::db::{Db, DbError, Value};

/// After a failure the feed is told again in this time, in milliseconds.
const PAUSE_MS: u64 = 5_000;

/// One thing that the feed is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    n: u64,
    /// Below the subscription's place at the feed: empty, `/dead-letters`, `/suspended`, `/stats`.
    pub path: String,
    /// JSON.
    pub body: String,
}

impl<D: Db> Store<D> {
    /// Has the feed told how the subscription is now.
    pub(super) fn tell(&self, row: &Row, now: u64) -> Result<(), DbError> {
        self.post("", &row.summary(), now)
    }

    pub(super) fn post(&self, path: &str, body: &str, now: u64) -> Result<(), DbError> {
        self.db.execute(
            "INSERT INTO outbox (path, body) VALUES (?, ?)",
            &[Value::Text(path), Value::Text(body)],
        )?;
        due::schedule(&self.db, Duty::Tell, now)
    }

    pub(super) fn first_message(&self) -> Result<Option<Message>, DbError> {
        let sql = "SELECT n, path, body FROM outbox ORDER BY n LIMIT 1";
        self.db.first(sql, &[], |row| Message {
            n: row.int(0),
            path: row.string(1),
            body: row.string(2),
        })
    }

    /// Whether the feed has heard it. What it has not, it is told again.
    pub fn told(&self, message: &Message, heard: bool, now: u64) -> Result<(), DbError> {
        if !heard {
            return due::set(&self.db, Duty::Tell, now.saturating_add(PAUSE_MS));
        }
        self.db.transaction(|| {
            self.db
                .execute("DELETE FROM outbox WHERE n = ?", &[Value::Int(message.n)])?;
            match self.first_message()? {
                Some(_) => due::set(&self.db, Duty::Tell, now),
                None => due::clear(&self.db, Duty::Tell),
            }
        })
    }
}
