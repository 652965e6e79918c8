//! The version of a small database's tables.
//!
//! A Durable Object refuses `PRAGMA user_version`, so the version is a row.

use crate::feed::db::{Db, DbError, Value};

/// Brings the tables to the newest version, inside the caller's transaction. Each migration takes them from the
/// version before it (its index) to the next; none is ever changed.
pub(crate) fn migrate<D: Db>(db: &D, migrations: &[&str]) -> Result<(), DbError> {
    db.execute(
        "CREATE TABLE IF NOT EXISTS version (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL)",
        &[],
    )?;
    let version = db.first("SELECT version FROM version", &[], |row| row.int(0))?;
    let done = usize::try_from(version.unwrap_or(0)).unwrap_or(usize::MAX);
    for statement in migrations.iter().skip(done) {
        db.execute(statement, &[])?;
    }
    if done >= migrations.len() {
        return Ok(());
    }
    db.execute(
        "INSERT INTO version VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET version = excluded.version",
        &[Value::Int(migrations.len() as u64)],
    )
}
