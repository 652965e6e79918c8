//! What becomes of what was handed out: acknowledged, refused, extended, given back.

use super::dead::Why;
use super::lease::Held;
use super::{Consumer, Order, Verb};
use crate::cursor::EventId;
use crate::feed::Log;
use crate::feed::db::{Db, DbError, Value};
use crate::json;
use crate::problem::Problem;
use crate::rejection::Rejection;

/// What was done.
#[derive(Debug)]
pub struct Done {
    /// The answer.
    pub json: String,
    /// Whether a claim that waits may find something now.
    pub wake: bool,
}

/// Done, or refused as a whole.
type Outcome = Result<Result<Done, Problem>, DbError>;

impl<D: Db> Log<D> {
    /// Does what a body says, but a claim.
    pub fn settle_order(&self, name: &str, order: &Order, now: u64) -> Outcome {
        self.db().transaction(|| {
            let Some(consumer) = self.consumer(name)? else {
                return Ok(Err(Rejection::UnknownConsumer.into()));
            };
            match order {
                Order::Leases { verb, leases, ms } => {
                    self.settle_leases(name, &consumer, *verb, leases, *ms, now)
                }
                Order::Through { id, generation } => {
                    self.through(name, &consumer, *id, *generation, now)
                }
                Order::Seek(start) => self.seek(&consumer, *start),
                Order::Claim(_) => Ok(Err(Rejection::NotFound.into())),
            }
        })
    }

    fn settle_leases(
        &self,
        name: &str,
        consumer: &Consumer,
        verb: Verb,
        leases: &[String],
        ms: u64,
        now: u64,
    ) -> Outcome {
        let (mut held, mut rejected) = self.judge(consumer, leases, now)?;
        if consumer.ordered && matches!(verb, Verb::Ack | Verb::Nack) {
            let early = self.split_early(consumer, &mut held)?;
            rejected.extend(early.iter().map(|held| (held.text, Rejection::OutOfOrder)));
        }
        let mut said = String::new();
        let word = match verb {
            Verb::Ack => {
                let seqs: Vec<u64> = held.iter().map(|held| held.seq).collect();
                self.drop_held(consumer.id, &seqs)?;
                self.keep_acknowledged(name, seqs.len() as u64, now)?;
                "acknowledged"
            }
            Verb::Extend => {
                self.extend(consumer, &held, now.saturating_add(ms))?;
                "extended"
            }
            Verb::Release => {
                self.give_back(consumer, &held)?;
                "released"
            }
            _ => {
                let buried = self.refuse(consumer, &held, ms, now)?;
                said = format!(r#""dead_lettered":{buried},"#);
                "nacked"
            }
        };
        let rejected: Vec<String> = rejected.iter().map(rejected_json).collect();
        Ok(Ok(Done {
            json: format!(
                r#"{{"{word}":{},{said}"rejected":[{}]}}"#,
                held.len(),
                rejected.join(",")
            ),
            wake: match verb {
                // Nobody waits for what others have done, but for an ordered consumer's next.
                Verb::Ack => consumer.ordered && !held.is_empty(),
                Verb::Extend => false,
                _ => !held.is_empty(),
            },
        }))
    }

    /// Of an ordered consumer's leases, those before which an event is not settled: what is done out
    /// of order would be done again after what follows it. What was erased is settled by that: whoever
    /// repeats a claim is not shown it.
    fn split_early<'t>(
        &self,
        consumer: &Consumer,
        held: &mut Vec<Held<'t>>,
    ) -> Result<Vec<Held<'t>>, DbError> {
        let Some(claim) = held.first().map(|held| held.claim) else {
            return Ok(Vec::new());
        };
        let named = json::numbers(&mut held.iter().map(|held| held.seq));
        self.db().execute(
            "DELETE FROM held WHERE consumer = ? AND claim = ?
                AND seq NOT IN (SELECT value FROM json_each(?))
                AND EXISTS (SELECT 1 FROM events WHERE events.seq = held.seq AND form = 3)",
            &[
                Value::Int(consumer.id),
                Value::Int(claim),
                Value::Text(&named),
            ],
        )?;
        let due = self.numbers(
            "SELECT seq FROM held WHERE consumer = ? AND claim = ? ORDER BY seq LIMIT ?",
            &[
                Value::Int(consumer.id),
                Value::Int(claim),
                Value::Int(held.len() as u64),
            ],
        )?;
        let in_order = held
            .iter()
            .zip(due)
            .take_while(|(held, [due, ..])| held.seq == *due);
        let in_order = in_order.count();
        Ok(held.split_off(in_order))
    }

    fn extend(&self, consumer: &Consumer, held: &[Held<'_>], until: u64) -> Result<(), DbError> {
        // The batch of an ordered consumer has one holder, and one end.
        let seqs = json::numbers(&mut held.iter().map(|held| held.seq));
        let claims = json::numbers(&mut held.iter().map(|held| held.claim));
        let (sql, which) = match consumer.ordered {
            true => (
                "UPDATE held SET ready_at = max(ready_at, ?) WHERE consumer = ?
                 AND claim IN (SELECT value FROM json_each(?))",
                &claims,
            ),
            false => (
                "UPDATE held SET ready_at = max(ready_at, ?) WHERE consumer = ?
                 AND seq IN (SELECT value FROM json_each(?))",
                &seqs,
            ),
        };
        self.db().execute(
            sql,
            &[
                Value::Int(until),
                Value::Int(consumer.id),
                Value::Text(which),
            ],
        )?;
        self.db().execute(
            "UPDATE claims SET until = max(until, ?)
             WHERE claim IN (SELECT value FROM json_each(?))",
            &[Value::Int(until), Value::Text(&claims)],
        )
    }

    /// Given back as it was taken: the attempt does not count. An ordered consumer's events go with
    /// those behind them.
    fn give_back(&self, consumer: &Consumer, held: &[Held<'_>]) -> Result<(), DbError> {
        match (consumer.ordered, held.first()) {
            (true, Some(first)) => self.db().execute(
                "UPDATE held SET claim = NULL, ready_at = 0, last = 0
                 WHERE consumer = ? AND seq >= ? AND claim = ?",
                &[
                    Value::Int(consumer.id),
                    Value::Int(first.seq),
                    Value::Int(first.claim),
                ],
            ),
            _ => self.return_held(consumer, &mut held.iter().map(|held| held.seq), 0, 0),
        }
    }

    /// Returns how many were given up.
    fn refuse(
        &self,
        consumer: &Consumer,
        held: &[Held<'_>],
        delay: u64,
        now: u64,
    ) -> Result<usize, DbError> {
        // Of an ordered consumer's only the first was tried; the others are given back behind it.
        let tried = match consumer.ordered {
            true => held.get(..held.len().min(1)).unwrap_or_default(),
            false => held,
        };
        if consumer.ordered {
            self.give_back(consumer, held)?;
        }
        let (mut over, mut again) = (Vec::new(), Vec::new());
        for held in tried {
            let failed = held.failed.saturating_add(1);
            match failed >= consumer.max_attempts {
                true => over.push((held.seq, failed)),
                false => again.push(held.seq),
            }
        }
        self.bury_held(consumer.id, &over, Why::Refused, now)?;
        let ready_at = if delay == 0 {
            0
        } else {
            now.saturating_add(delay)
        };
        self.return_held(consumer, &mut again.into_iter(), 1, ready_at)?;
        Ok(over.len())
    }

    fn return_held(
        &self,
        consumer: &Consumer,
        seqs: &mut dyn Iterator<Item = u64>,
        failures: u64,
        ready_at: u64,
    ) -> Result<(), DbError> {
        self.db().execute(
            "UPDATE held SET claim = NULL, last = 0, ready_at = ?, failed = failed + ?
             WHERE consumer = ? AND seq IN (SELECT value FROM json_each(?))",
            &[
                Value::Int(ready_at),
                Value::Int(failures),
                Value::Int(consumer.id),
                Value::Text(&json::numbers(seqs)),
            ],
        )
    }

    /// Acknowledges everything up to an event for the one holder of an ordered consumer. Where
    /// several workers hold events, some of them may be others', so a shared consumer has no such
    /// thing; and what was never handed out is not acknowledged, wherever the event is.
    fn through(
        &self,
        name: &str,
        consumer: &Consumer,
        id: EventId,
        generation: u64,
        now: u64,
    ) -> Outcome {
        let refuse = |rejection: Rejection| Ok(Err(rejection.into()));
        if !consumer.ordered {
            return refuse(Rejection::NotOrdered);
        }
        if id.generation != self.bounds().generation {
            return refuse(Rejection::InvalidCursor);
        }
        if generation != consumer.generation {
            return refuse(Rejection::Fenced);
        }
        if !self.has_holder(consumer.id, now)? {
            return refuse(Rejection::LeaseExpired);
        }
        let done = self.numbers(
            "DELETE FROM held WHERE consumer = ? AND claim IS NOT NULL AND ready_at > ? AND seq <= ?
             RETURNING seq",
            &[
                Value::Int(consumer.id),
                Value::Int(now),
                Value::Int(id.sequence),
            ],
        )?;
        self.keep_acknowledged(name, done.len() as u64, now)?;
        Ok(Ok(Done {
            json: format!(r#"{{"acknowledged":{},"rejected":[]}}"#, done.len()),
            wake: !done.is_empty(),
        }))
    }
}

fn rejected_json((lease, rejection): &(&str, Rejection)) -> String {
    let (lease, code) = (json::text(lease), rejection.code());
    format!(r#"{{"lease":{lease},"code":"{code}"}}"#)
}
