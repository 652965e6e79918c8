//! Paused, moved, rotated.

use super::{Row, Status, Store};
use crate::breaker::Breaker;
use crate::due::{self, Duty};
use crate::feed::db::{Db, DbError, Value};
use crate::rejection::Rejection;

/// The most secrets that sign at once: a receiver refuses longer lists.
const MOST_SECRETS: u64 = 10;

/// When the secrets that a new one takes the place of stop signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Unix milliseconds.
    pub until: u64,
}

impl<D: Db> Store<D> {
    /// Changes what an administrator may change, and tells the feed. A URL has been judged and verified before.
    pub fn change(
        &self,
        row: &mut Row,
        url: Option<&str>,
        events: Option<&str>,
        paused: Option<bool>,
        now: u64,
    ) -> Result<(), DbError> {
        row.url = url.unwrap_or(&row.url).to_owned();
        row.events = events.unwrap_or(&row.events).to_owned();
        self.db.transaction(|| {
            self.db.execute(
                "UPDATE subscription SET url = ?, events = ?",
                &[Value::Text(&row.url), Value::Text(&row.events)],
            )?;
            match paused {
                Some(true) => self.set_status(row, Status::Paused, "", now),
                // Whoever starts it again has seen to the endpoint.
                Some(false) => {
                    row.breaker = Breaker::default();
                    self.keep_breaker(row.breaker)?;
                    due::schedule(&self.db, Duty::Read, now)?;
                    self.set_status(row, Status::Active, "", now)
                }
                None => self.tell(row, now),
            }
        })
    }

    /// Sets the status, and tells the feed.
    pub(super) fn set_status(
        &self,
        row: &mut Row,
        status: Status,
        reason: &str,
        now: u64,
    ) -> Result<(), DbError> {
        row.status = status;
        row.reason = reason.to_owned();
        self.db.execute(
            "UPDATE subscription SET status = ?, reason = ?",
            &[Value::Text(status.name()), Value::Text(reason)],
        )?;
        self.tell(row, now)
    }

    pub(super) fn keep_breaker(&self, breaker: Breaker) -> Result<(), DbError> {
        self.db.execute(
            "UPDATE subscription SET failures = ?, openings = ?, open_until = ?, failing_since = ?",
            &[
                Value::Int(breaker.failures),
                Value::Int(breaker.openings),
                Value::Int(breaker.open_until),
                Value::Int(breaker.failing_since),
            ],
        )
    }

    /// Puts a secret before the others, which go on signing for `grace_seconds` and no longer than they would have.
    pub fn rotate(
        &self,
        secret: &str,
        grace_seconds: u64,
        now: u64,
    ) -> Result<Result<Rotated, Rejection>, DbError> {
        let until = now.saturating_add(grace_seconds.saturating_mul(1000));
        self.db.transaction(|| {
            self.db
                .execute("DELETE FROM secrets WHERE until <= ?", &[Value::Int(now)])?;
            let count = self
                .db
                .first("SELECT count(*) FROM secrets", &[], |row| row.int(0))?;
            if grace_seconds > 0 && count.unwrap_or(0) >= MOST_SECRETS {
                return Ok(Err(Rejection::TooManySecrets));
            }
            self.db.execute(
                "UPDATE secrets SET until = min(coalesce(until, ?1), ?1)",
                &[Value::Int(until)],
            )?;
            self.db.execute(
                "INSERT INTO secrets (secret, made_at) VALUES (?, ?)",
                &[Value::Text(secret), Value::Int(now)],
            )?;
            Ok(Ok(Rotated { until }))
        })
    }
}
