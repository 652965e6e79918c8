//! Dead letters: what could not become an event, and what a consumer or a subscription gave up, kept with the reason
//! until somebody decides.

use serde::Serialize;

use super::Log;
use super::db::{Db, DbError, Value};
use crate::cursor::EventId;
use crate::when::rfc3339;
use crate::wire::{self, Meta};

/// The most dead letters of one page.
const PAGE: u64 = 100;

/// The tables, for a migration.
pub(super) const TABLE: &str = "CREATE TABLE dead_letters (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    receipt TEXT UNIQUE,
    message BLOB NOT NULL
)";

/// A message that is given up.
#[derive(Clone, Copy, Debug)]
pub struct Dead<'a, B> {
    /// Why: a sentence.
    pub reason: &'a str,
    /// How often it was tried.
    pub attempts: u32,
    /// The frame as the queue had it.
    pub message: &'a B,
    /// What the frame says of itself, where it can be read.
    pub meta: Option<&'a Meta>,
}

/// A dead letter as it is shown. The message itself is not: its payload may be anything. What comes from
/// its head is absent where that cannot be read. One of a consumer or a subscription has no message but an event, and what
/// is said of that is absent once it is no longer kept.
#[derive(Debug, Default, Serialize)]
struct Shown {
    id: String,
    at: String,
    reason: String,
    attempts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_response: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

/// A page of dead letters, oldest first.
#[derive(Debug, Serialize)]
pub struct DeadPage {
    dead_letters: Vec<Shown>,
    /// The id after which the next page begins; none where this is the last one.
    next: Option<String>,
}

impl<D: Db> Log<D> {
    /// Keeps a message that is given up. Kept twice it is there once.
    pub fn bury(&self, dead: Dead<'_, D::Blob>, now: u64) -> Result<(), DbError> {
        self.db.execute(
            "INSERT INTO dead_letters (at, reason, attempts, receipt, message)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT (receipt) DO NOTHING",
            &[
                Value::Int(now),
                Value::Text(dead.reason),
                Value::Int(dead.attempts.into()),
                dead.meta
                    .map_or(Value::Null, |meta| Value::Text(&meta.receipt)),
                Value::Blob(dead.message),
            ],
        )
    }

    /// The dead letters after `after`. `bytes` copies a blob out of the database.
    pub fn dead_letters(
        &self,
        after: Option<EventId>,
        bytes: impl Fn(&D::Blob) -> Vec<u8>,
    ) -> Result<DeadPage, DbError> {
        let after = after.map_or(0, |id| id.sequence);
        let rows = self.db.query(
            "SELECT letter.seq, at, reason, attempts, message, consumer, event, source, type, size,
                '{' || head || '}' ->> 'webhook_id', '{' || head || '}' ->> 'received_at', subscription,
                last_response
             FROM dead_letters AS letter LEFT JOIN events ON events.seq = event AND form < 3
             WHERE letter.seq > ? ORDER BY letter.seq LIMIT ?",
            &[Value::Int(after), Value::Int(PAGE)],
            |row| {
                let message = row.blob(4).map(|blob| bytes(&blob)).unwrap_or_default();
                let shown = Shown {
                    id: self.bounds().id(row.int(0)).to_string(),
                    at: rfc3339(row.int(1)),
                    reason: row.string(2),
                    attempts: row.int(3),
                    ..Shown::default()
                };
                if !row.is_null(6) {
                    let given = |column| (!row.is_null(column)).then(|| row.string(column));
                    let kept = !row.is_null(7);
                    let text = |column| kept.then(|| row.string(column));
                    return Shown {
                        consumer: given(5),
                        subscription: given(12),
                        event: Some(self.bounds().id(row.int(6)).to_string()),
                        source: text(7),
                        r#type: text(8),
                        size: kept.then(|| row.int(9)),
                        webhook_id: text(10),
                        received_at: text(11),
                        last_response: serde_json::from_slice(row.string(13).as_bytes()).ok(),
                        ..shown
                    };
                }
                match wire::read_frame(&message) {
                    Ok((meta, _)) => shown.with(meta),
                    Err(_) => shown,
                }
            },
        )?;
        let last = rows.last().filter(|_| rows.len() as u64 == PAGE);
        Ok(DeadPage {
            next: last.map(|shown| shown.id.clone()),
            dead_letters: rows,
        })
    }

    /// The message of a dead letter.
    pub fn dead_message(&self, id: EventId) -> Result<Option<D::Blob>, DbError> {
        if id.generation != self.bounds().generation {
            return Ok(None);
        }
        let found = self.db.first(
            "SELECT message FROM dead_letters WHERE seq = ? AND event IS NULL",
            &[Value::Int(id.sequence)],
            |row| row.blob(0),
        )?;
        Ok(found.flatten())
    }

    /// Removes a dead letter that has been dealt with.
    pub fn forget_dead(&self, id: EventId) -> Result<(), DbError> {
        self.db.execute(
            "DELETE FROM dead_letters WHERE seq = ?",
            &[Value::Int(id.sequence)],
        )
    }
}

impl Shown {
    fn with(self, meta: Meta) -> Self {
        Self {
            receipt: Some(meta.receipt),
            source: Some(meta.source),
            r#type: Some(meta.kind),
            webhook_id: Some(meta.webhook_id),
            received_at: Some(rfc3339(meta.received_at)),
            size: Some(meta.size),
            ..self
        }
    }
}
