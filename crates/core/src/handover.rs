//! Secrets that a provider hands over itself: Asana's, Notion's.
//!
//! Anybody can send what looks like one, so one is taken only while an administrator has armed the source, for
//! [`ARMED_SECONDS`]. What is taken is never overwritten: it ends the arming, stands beside what was taken
//! before, and goes only when an administrator deletes it.

use crate::{
    access::is_one_of,
    feed::db::{Db, DbError, Value},
    json, version,
    when::rfc3339,
};

/// How long a source stays armed.
pub const ARMED_SECONDS: u64 = 600;
/// The most secrets that one source holds: each costs a MAC over every body.
pub const MAX_HELD: u64 = 8;

/// Each entry takes the schema from the version before it to the next.
const MIGRATIONS: &[&str] = &[
    "CREATE TABLE secrets (secret TEXT PRIMARY KEY, taken_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE armed (one INTEGER PRIMARY KEY CHECK (one = 1), until INTEGER NOT NULL)",
];

/// What one source was handed.
#[derive(Debug)]
pub struct Handover<D: Db> {
    db: D,
}

impl<D: Db> Handover<D> {
    /// Opens the database, and makes its tables where they are not there.
    ///
    /// # Errors
    ///
    /// Where the database refuses.
    pub fn open(db: D) -> Result<Self, DbError> {
        db.transaction(|| version::migrate(&db, MIGRATIONS))?;
        Ok(Self { db })
    }

    /// Arms the source, until the time that is returned (both in milliseconds since 1970); none where it holds
    /// as many secrets as it can.
    ///
    /// # Errors
    ///
    /// Where the database refuses.
    pub fn arm(&self, now: u64) -> Result<Option<u64>, DbError> {
        if self.secrets()?.len() as u64 >= MAX_HELD {
            return Ok(None);
        }
        let until = now.saturating_add(ARMED_SECONDS * 1000);
        self.db.execute(
            "INSERT INTO armed VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET until = excluded.until",
            &[Value::Int(until)],
        )?;
        Ok(Some(until))
    }

    /// Takes a secret; whether it is held now. One that is held already is no news: its sender repeats what it
    /// had no answer to.
    ///
    /// # Errors
    ///
    /// Where the database refuses.
    pub fn take(&self, secret: &str, now: u64) -> Result<bool, DbError> {
        self.db.transaction(|| {
            let held = self.secrets()?;
            if is_one_of(secret, held.iter().map(String::as_str)) {
                return Ok(true);
            }
            let armed = self.armed_until(now)?.is_some();
            if !armed || held.len() as u64 >= MAX_HELD {
                return Ok(false);
            }
            self.db.execute(
                "INSERT INTO secrets VALUES (?, ?)",
                &[Value::Text(secret), Value::Int(now)],
            )?;
            self.db.execute("DELETE FROM armed", &[])?;
            Ok(true)
        })
    }

    /// The secrets, oldest first.
    ///
    /// # Errors
    ///
    /// Where the database refuses.
    pub fn secrets(&self) -> Result<Vec<String>, DbError> {
        let sql = "SELECT secret FROM secrets ORDER BY taken_at, secret";
        self.db.query(sql, &[], |row| row.string(0))
    }

    /// Forgets every secret, and disarms the source; how many there were.
    ///
    /// # Errors
    ///
    /// Where the database refuses.
    pub fn forget(&self) -> Result<usize, DbError> {
        self.db.transaction(|| {
            self.db.execute("DELETE FROM armed", &[])?;
            let sql = "DELETE FROM secrets RETURNING secret";
            Ok(self.db.query(sql, &[], |_| ())?.len())
        })
    }

    /// What an administrator is shown: `{"armed_until","secrets":[{"secret","taken_at"}]}`. The secret itself
    /// too, since some providers want it typed in on their side.
    ///
    /// # Errors
    ///
    /// Where the database refuses.
    pub fn show(&self, now: u64) -> Result<String, DbError> {
        let armed = self.armed_until(now)?;
        let armed = armed.map_or("null".to_owned(), |until| json::text(&rfc3339(until)));
        let sql = "SELECT secret, taken_at FROM secrets ORDER BY taken_at, secret";
        let secrets = self.db.query(sql, &[], |row| {
            let (secret, taken_at) = (json::text(&row.string(0)), json::text(&rfc3339(row.int(1))));
            format!(r#"{{"secret":{secret},"taken_at":{taken_at}}}"#)
        })?;
        let secrets = secrets.join(",");
        Ok(format!(
            r#"{{"armed_until":{armed},"secrets":[{secrets}]}}"#
        ))
    }

    fn armed_until(&self, now: u64) -> Result<Option<u64>, DbError> {
        let sql = "SELECT until FROM armed WHERE until > ?";
        self.db.first(sql, &[Value::Int(now)], |row| row.int(0))
    }
}
