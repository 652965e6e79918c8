//! What was tried too often blocks nobody: it goes to the feed's dead letters, as a reference.
//!
//! A dead letter of a consumer has no message of its own. So an event that is erased is erased there
//! too, and its one more try is for that consumer alone.

use super::pairs;
use crate::cursor::EventId;
use crate::due::{self, Duty};
use crate::feed::Log;
use crate::feed::db::{Db, DbError, Value};

/// One alarm does at most this much.
const STEP: u64 = 500;

/// Why an event is a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Refused,
    Expired,
}

impl Why {
    fn reason(self) -> &'static str {
        match self {
            Self::Refused => "The consumer refused it once too often.",
            Self::Expired => "The consumer did not acknowledge it in time, once too often.",
        }
    }
}

/// What became of one more try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revived {
    /// The consumer gets it again.
    Redelivered,
    /// Its event is gone, or its consumer.
    Lost,
    /// It is no consumer's dead letter.
    NotOurs,
}

impl<D: Db> Log<D> {
    /// Gives events up, each with its number of attempts. What is erased needs no grave.
    pub(super) fn bury_held(
        &self,
        consumer: u64,
        events: &[(u64, u64)],
        why: Why,
        now: u64,
    ) -> Result<(), DbError> {
        if events.is_empty() {
            return Ok(());
        }
        self.db().execute(
            "INSERT INTO dead_letters (at, reason, attempts, message, consumer, event)
             SELECT ?1, ?2, value ->> 1, x'', name, value ->> 0
             FROM json_each(?4) JOIN consumers ON consumer = ?3
             WHERE NOT EXISTS (SELECT 1 FROM events WHERE seq = value ->> 0 AND form = 3)
             ORDER BY key",
            &[
                Value::Int(now),
                Value::Text(why.reason()),
                Value::Int(consumer),
                Value::Text(&pairs(events)),
            ],
        )?;
        let seqs: Vec<u64> = events.iter().map(|(seq, _)| *seq).collect();
        self.drop_held(consumer, &seqs)
    }

    /// Ends the batch of an ordered consumer whose time is over. Its events were tried in order, so
    /// the failure is the first one's; those behind it were never begun.
    pub(super) fn expire_batch(&self, consumer: u64, now: u64) -> Result<(), DbError> {
        let first = self.number(
            "SELECT seq, failed, last FROM held WHERE consumer = ? AND claim IS NOT NULL
             ORDER BY seq LIMIT 1",
            &[Value::Int(consumer)],
        )?;
        let Some([seq, failed, last, ..]) = first else {
            return Ok(());
        };
        if last == 1 {
            let attempts = failed.saturating_add(1);
            self.bury_held(consumer, &[(seq, attempts)], Why::Expired, now)?;
        }
        self.db().execute(
            "UPDATE held SET failed = failed + (seq = ?2), claim = NULL, ready_at = 0, last = 0
             WHERE consumer = ?1 AND claim IS NOT NULL",
            &[Value::Int(consumer), Value::Int(seq)],
        )
    }

    /// Buries a step of the last attempts whose time is over, and makes the next step due.
    pub(crate) fn expire(&self, now: u64) -> Result<(), DbError> {
        self.db().transaction(|| {
            let rows = self.numbers(
                "SELECT consumer, ordered, seq, failed FROM held JOIN consumers USING (consumer)
                 WHERE last = 1 AND ready_at <= ? ORDER BY ready_at LIMIT ?",
                &[Value::Int(now), Value::Int(STEP)],
            )?;
            for [consumer, ordered, seq, failed, ..] in rows {
                match ordered {
                    1 => self.expire_batch(consumer, now)?,
                    _ => {
                        let attempts = failed.saturating_add(1);
                        self.bury_held(consumer, &[(seq, attempts)], Why::Expired, now)?;
                    }
                }
            }
            let next = self.number(
                "SELECT ready_at FROM held WHERE last = 1 ORDER BY ready_at LIMIT 1",
                &[],
            )?;
            match next {
                Some([at, ..]) => due::schedule(self.db(), Duty::Expire, at),
                None => Ok(()),
            }
        })
    }

    /// One more try for a consumer's dead letter, as if it had never been tried.
    pub fn revive(&self, letter: EventId) -> Result<Revived, DbError> {
        if letter.generation != self.bounds().generation {
            return Ok(Revived::NotOurs);
        }
        self.db().transaction(|| {
            let found = self.number(
                "SELECT event, (SELECT consumer FROM consumers WHERE name = letter.consumer),
                    (SELECT position FROM consumers WHERE name = letter.consumer),
                    EXISTS (SELECT 1 FROM events WHERE seq = event AND form < 3)
                 FROM dead_letters AS letter WHERE seq = ? AND consumer IS NOT NULL",
                &[Value::Int(letter.sequence)],
            )?;
            let Some([event, consumer, position, kept, ..]) = found else {
                return Ok(Revived::NotOurs);
            };
            if consumer == 0 || kept == 0 {
                return Ok(Revived::Lost);
            }
            // After a seek to before it, it comes by itself.
            if event <= position {
                self.db().execute(
                    "INSERT OR IGNORE INTO held (consumer, seq, ready_at, failed, last)
                     VALUES (?, ?, 0, 0, 0)",
                    &[Value::Int(consumer), Value::Int(event)],
                )?;
            }
            self.db().execute(
                "DELETE FROM dead_letters WHERE seq = ?",
                &[Value::Int(letter.sequence)],
            )?;
            Ok(Revived::Redelivered)
        })
    }
}
