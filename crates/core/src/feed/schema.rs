//! The log's tables and their versions.
//!
//! A Durable Object refuses `PRAGMA user_version` and `BEGIN`, so the version is a row and every
//! migration runs in a transaction of the storage.

use super::db::{Db, DbError, Value};
use super::{dead, subscribers, tally};
use crate::{alert, consumer, due};

/// Each entry takes the schema from the version before it (its index) to the next. Entries are
/// never changed, only added: feeds of every age are out there.
const MIGRATIONS: &[&[&str]] = &[
    FIRST,
    consumer::TABLES,
    subscribers::TABLES,
    tally::TABLES,
    alert::TABLES,
];

const FIRST: &[&str] = &[
    // `end_offset` counts the bytes stored up to and with an event. It only grows, so sizes of
    // ranges are differences, and a cut by size is a search and not a sum.
    "CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        appended_at INTEGER NOT NULL,
        end_offset INTEGER NOT NULL,
        source TEXT NOT NULL,
        type TEXT NOT NULL,
        head TEXT NOT NULL,
        headers TEXT NOT NULL,
        signature_headers TEXT NOT NULL,
        size INTEGER NOT NULL,
        content_type TEXT,
        form INTEGER NOT NULL,
        payload TEXT NOT NULL
    )",
    // Bodies that took the claim check, in rows that the platform's limit allows.
    "CREATE TABLE bodies (
        seq INTEGER NOT NULL,
        part INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (seq, part)
    ) WITHOUT ROWID",
    // Identities live longer than the events they stand for.
    "CREATE TABLE identities (
        key TEXT PRIMARY KEY,
        until INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE INDEX identities_until ON identities (until)",
    "CREATE TABLE feed (name TEXT PRIMARY KEY) WITHOUT ROWID",
    dead::TABLE,
    due::TABLE,
];

/// Brings the tables to the newest version and returns the log's generation, which is `now` for a
/// log that did not exist.
pub(super) fn migrate<D: Db>(db: &D, now: u64) -> Result<u64, DbError> {
    db.transaction(|| {
        db.execute(
            "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
            &[],
        )?;
        let version = meta(db, "schema_version")?.unwrap_or(0);
        let done = usize::try_from(version).unwrap_or(usize::MAX);
        for statement in MIGRATIONS.iter().skip(done).flat_map(|m| m.iter()) {
            db.execute(statement, &[])?;
        }
        if done < MIGRATIONS.len() {
            set_meta(db, "schema_version", MIGRATIONS.len() as u64)?;
        }
        match meta(db, "generation")? {
            Some(generation) => Ok(generation),
            None => {
                set_meta(db, "generation", now)?;
                Ok(now)
            }
        }
    })
}

pub(super) fn name<D: Db>(db: &D) -> Result<Option<String>, DbError> {
    db.first("SELECT name FROM feed", &[], |row| row.string(0))
}

pub(super) fn set_name<D: Db>(db: &D, name: &str) -> Result<(), DbError> {
    db.execute(
        "INSERT OR IGNORE INTO feed (name) VALUES (?)",
        &[Value::Text(name)],
    )
}

pub(super) fn meta<D: Db>(db: &D, key: &str) -> Result<Option<u64>, DbError> {
    db.first(
        "SELECT value FROM meta WHERE key = ?",
        &[Value::Text(key)],
        |row| row.int(0),
    )
}

pub(super) fn set_meta<D: Db>(db: &D, key: &str, value: u64) -> Result<(), DbError> {
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        &[Value::Text(key), Value::Int(value)],
    )
}
