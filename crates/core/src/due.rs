//! One alarm, many duties: a table of what is due.
//!
//! A Durable Object has a single alarm. What must be done is a row with its time; the alarm is set
//! to the earliest, does what is due, and is set again.

use crate::feed::db::{Db, DbError, Value};

/// Something that an object does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Removing what retention no longer keeps.
    Prune,
    /// Giving up what a consumer tried too often.
    Expire,
    /// Looking whether somebody is to be told of what is broken.
    Watch,
    /// Telling a feed's subscriptions how far it goes.
    Poke,
    /// Reading the feed of a subscription.
    Read,
    /// Telling the feed what became of a subscription.
    Tell,
    /// Clearing away what is no longer known of a subscription's deliveries.
    Tidy,
    /// Telling the feed what a subscription has counted.
    Report,
}

const NAMES: &[(Duty, &str)] = &[
    (Duty::Prune, "prune"),
    (Duty::Expire, "expire"),
    (Duty::Watch, "watch"),
    (Duty::Poke, "poke"),
    (Duty::Read, "read"),
    (Duty::Tell, "tell"),
    (Duty::Tidy, "tidy"),
    (Duty::Report, "report"),
];

/// The table, for a migration.
pub const TABLE: &str =
    "CREATE TABLE due (duty TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID";

/// Makes `duty` due at `at` (unix milliseconds), or earlier where it is so already.
pub fn schedule<D: Db>(db: &D, duty: Duty, at: u64) -> Result<(), DbError> {
    db.execute(
        "INSERT INTO due (duty, at) VALUES (?, ?)
         ON CONFLICT (duty) DO UPDATE SET at = min(at, excluded.at)",
        &[Value::Text(name(duty)), Value::Int(at)],
    )
}

/// Makes `duty` due at `at` (unix milliseconds), whatever was said before.
pub fn set<D: Db>(db: &D, duty: Duty, at: u64) -> Result<(), DbError> {
    db.execute(
        "INSERT OR REPLACE INTO due (duty, at) VALUES (?, ?)",
        &[Value::Text(name(duty)), Value::Int(at)],
    )
}

/// Makes `duty` due at `at` (unix milliseconds), unless it is due already, at whatever time.
pub fn remember<D: Db>(db: &D, duty: Duty, at: u64) -> Result<(), DbError> {
    db.execute(
        "INSERT OR IGNORE INTO due (duty, at) VALUES (?, ?)",
        &[Value::Text(name(duty)), Value::Int(at)],
    )
}

/// Takes one duty out of the table.
pub fn clear<D: Db>(db: &D, duty: Duty) -> Result<(), DbError> {
    db.execute("DELETE FROM due WHERE duty = ?", &[Value::Text(name(duty))])
}

/// Every duty, and when it is due, in unix milliseconds.
pub fn all<D: Db>(db: &D) -> Result<Vec<(Duty, u64)>, DbError> {
    let rows = db.query("SELECT duty, at FROM due", &[], |row| {
        (row.string(0), row.int(1))
    })?;
    let known = |(name, at): (String, u64)| named(&name).map(|duty| (duty, at));
    Ok(rows.into_iter().filter_map(known).collect())
}

fn name(duty: Duty) -> &'static str {
    NAMES
        .iter()
        .find(|(known, _)| *known == duty)
        .map_or("", |(_, name)| name)
}

/// None for a name that this build does not know: it belongs to another version of it.
fn named(name: &str) -> Option<Duty> {
    let named = NAMES.iter().find(|(_, known)| *known == name);
    named.map(|(duty, _)| *duty)
}

/// When the next duty is due, in unix milliseconds.
pub fn next<D: Db>(db: &D) -> Result<Option<u64>, DbError> {
    db.first("SELECT at FROM due ORDER BY at LIMIT 1", &[], |row| {
        row.int(0)
    })
}

/// Takes every duty that is due out of the table. Whoever takes one and fails schedules it again.
pub fn take<D: Db>(db: &D, now: u64) -> Result<Vec<Duty>, DbError> {
    let names = db.query(
        "DELETE FROM due WHERE at <= ? RETURNING duty",
        &[Value::Int(now)],
        |row| row.string(0),
    )?;
    Ok(names.iter().filter_map(|name| named(name)).collect())
}
