//! What an attempt leads to.

use super::plan::TIDY_MS;
use super::schema::status;
use super::{Row, SUSPENDED, Status, Store};
use crate::breaker::Change;
use crate::due::{self, Duty};
use crate::feed::db::{Db, DbError, Value};
use crate::json;
use crate::retry::{Outcome, Verdict, next_attempt};
use crate::when::rfc3339;

/// A history that has grown beyond this begins anew.
const LONGEST_HISTORY: u64 = 16 * 1024;

/// What the config says.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Pauses between attempts, in seconds.
    pub schedule: &'a [u64],
    /// How long an endpoint may fail, in seconds.
    pub patience: u64,
}

impl<D: Db> Store<D> {
    /// Writes down how an attempt ended, and does what follows from it. A delivery that is no longer pending is left
    /// as it is.
    pub fn settle(
        &self,
        row: &mut Row,
        seq: u64,
        outcome: &Outcome,
        terms: Terms<'_>,
        now: u64,
    ) -> Result<(), DbError> {
        self.db.transaction(|| {
            let made = self.record(seq, outcome, now)?;
            let Some(made) = made else {
                return Ok(());
            };
            self.count_attempt(outcome, now)?;
            let verdict = outcome.verdict();
            if verdict == Verdict::Delivered {
                if row.breaker.failures > 0 || row.breaker.open_until > 0 {
                    row.breaker.succeed();
                    self.keep_breaker(row.breaker)?;
                    due::schedule(&self.db, Duty::Read, now)?;
                }
                return self.close(seq, status::DELIVERED, "", now);
            }
            let asked = outcome.asked_pause(terms.schedule, now);
            let next = next_attempt(terms.schedule, made, asked, seq, now);
            match (verdict, next) {
                (Verdict::Retry, Some(at)) => self.db.execute(
                    "UPDATE deliveries SET at = ? WHERE seq = ?",
                    &[Value::Int(at), Value::Int(seq)],
                )?,
                (Verdict::Retry, None) => self.give_up(row, seq, EXHAUSTED, outcome, now)?,
                (Verdict::Gone, _) => self.close(seq, status::FAILED, GONE, now)?,
                (_, _) => self.give_up(row, seq, REFUSED, outcome, now)?,
            }
            if verdict == Verdict::Gone {
                return self.set_status(row, Status::Disabled, GONE, now);
            }
            let change = row.breaker.fail(terms.schedule, terms.patience, now);
            if let (Some(seconds), Some(429 | 503)) = (asked, outcome.status) {
                row.breaker.hold(seconds, now);
            }
            self.keep_breaker(row.breaker)?;
            match change {
                Change::Suspend if row.status == Status::Active => self.suspend(row, now),
                _ => Ok(()),
            }
        })
    }

    /// Nothing is left of an event that was to be delivered: somebody erased it, or retention took it too soon.
    pub fn lose(&self, row: &Row, seq: u64, erased: bool, now: u64) -> Result<(), DbError> {
        if erased {
            return self.close(seq, status::FAILED, ERASED, now);
        }
        self.db
            .transaction(|| self.give_up(row, seq, PRUNED, &Outcome::default(), now))
    }

    /// Adds the attempt to the delivery's history. Returns how many were made since it was asked for; none where the
    /// delivery is not pending.
    fn record(&self, seq: u64, outcome: &Outcome, now: u64) -> Result<Option<u64>, DbError> {
        let begun = now.saturating_sub(outcome.duration_ms);
        let entry = format!(
            r#"{{"at":"{}","duration_ms":{},"status":{},"error":{}}}"#,
            rfc3339(begun),
            outcome.duration_ms,
            outcome.status_json(),
            json::text_or_null(&outcome.error),
        );
        self.db.first(
            "UPDATE deliveries SET made = made + 1, attempts = attempts + 1, response = ?3,
                history = iif(history = '' OR length(history) > ?4, ?2, history || ',' || ?2)
             WHERE seq = ?1 AND status = 0 RETURNING made",
            &[
                Value::Int(seq),
                Value::Text(&entry),
                Value::Text(&outcome.response),
                Value::Int(LONGEST_HISTORY),
            ],
            |row| row.int(0),
        )
    }

    fn close(&self, seq: u64, status: u64, reason: &str, now: u64) -> Result<(), DbError> {
        if status == status::FAILED {
            self.count_dead()?;
        }
        self.db.execute(
            "UPDATE deliveries SET status = ?, at = ?, reason = ? WHERE seq = ?",
            &[
                Value::Int(status),
                Value::Int(now),
                Value::Text(reason),
                Value::Int(seq),
            ],
        )?;
        due::remember(&self.db, Duty::Tidy, now.saturating_add(TIDY_MS))
    }

    /// A dead letter of the feed.
    fn give_up(
        &self,
        row: &Row,
        seq: u64,
        reason: &str,
        outcome: &Outcome,
        now: u64,
    ) -> Result<(), DbError> {
        self.close(seq, status::FAILED, reason, now)?;
        let attempts = "SELECT attempts FROM deliveries WHERE seq = ?";
        let attempts = self
            .db
            .first(attempts, &[Value::Int(seq)], |row| row.int(0))?;
        let letter = format!(
            r#"{{"event":"{}","reason":{},"attempts":{},"last_response":{{"status":{},"error":{},"body":{}}}}}"#,
            row.event_id(seq),
            json::text(reason),
            attempts.unwrap_or(0),
            outcome.status_json(),
            json::text_or_null(&outcome.error),
            json::text(&outcome.response),
        );
        self.post("/dead-letters", &letter, now)
    }

    fn suspend(&self, row: &mut Row, now: u64) -> Result<(), DbError> {
        self.set_status(row, Status::Suspended, UNHEALTHY, now)?;
        let event = format!(
            r#"{{"type":"{SUSPENDED}","subscription_id":{},"reason":{},"failing_since":"{}","suspended_at":"{}"}}"#,
            json::text(&row.id),
            json::text(UNHEALTHY),
            rfc3339(row.breaker.failing_since),
            rfc3339(now),
        );
        self.post("/suspended", &event, now)
    }
}

const EXHAUSTED: &str = "The endpoint took none of the attempts, and there are no more.";
const REFUSED: &str = "The endpoint refused it in a way that another attempt does not change.";
const GONE: &str = "The endpoint answered 410: it wants nothing more.";
const ERASED: &str = "The event was erased before it could be delivered.";
const PRUNED: &str = "The feed's retention took the event before it could be delivered.";
const UNHEALTHY: &str = "The endpoint failed for too long without a success.";
