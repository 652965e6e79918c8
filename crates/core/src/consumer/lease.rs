//! What a worker holds: one event, for a while.

use super::Consumer;
use crate::feed::Log;
use crate::feed::db::{Db, DbError, Value};
use crate::json;
use crate::rejection::Rejection;

/// What a lease says: whose it is, of which generation, for which event, the how manieth attempt,
/// and by which claim. The last nobody can guess, so a lease is a proof of having been given it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lease {
    consumer: u64,
    generation: u64,
    seq: u64,
    attempt: u64,
    claim: u64,
}

impl Lease {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        let mut part = || parts.next().flatten();
        let lease = Self {
            consumer: part()?,
            generation: part()?,
            seq: part()?,
            attempt: part()?,
            claim: part()?,
        };
        // One spelling alone: no sign, no zeros in front, nothing behind. What nobody has is of claim 0.
        (lease.text() == text && lease.claim > 0).then_some(lease)
    }

    fn text(&self) -> String {
        let Self {
            consumer,
            generation,
            seq,
            attempt,
            claim,
        } = self;
        format!("{consumer}.{generation}.{seq}.{attempt}.{claim}")
    }

    /// Whether it can be one of this consumer's as it is now.
    fn known_to(&self, consumer: &Consumer) -> Result<(), Rejection> {
        let theirs = self.consumer == consumer.id && self.generation <= consumer.generation;
        match (theirs, self.generation < consumer.generation) {
            (false, _) => Err(Rejection::UnknownLease),
            (true, true) => Err(Rejection::Fenced),
            (true, false) if self.seq > consumer.position => Err(Rejection::UnknownLease),
            (true, false) => Ok(()),
        }
    }
}

/// An event whose lease holds.
#[derive(Clone, Debug)]
pub(super) struct Held<'t> {
    pub(super) text: &'t str,
    pub(super) seq: u64,
    pub(super) failed: u64,
    pub(super) claim: u64,
}

/// Leases that hold, in the order of their events, and the others with why they do not.
pub(super) type Judged<'t> = (Vec<Held<'t>>, Vec<(&'t str, Rejection)>);

impl<D: Db> Log<D> {
    /// Tells the leases that hold at this moment from those that do not. One that stands twice counts
    /// once.
    pub(super) fn judge<'t>(
        &self,
        consumer: &Consumer,
        texts: &'t [String],
        now: u64,
    ) -> Result<Judged<'t>, DbError> {
        let mut rejected = Vec::new();
        let mut known = Vec::new();
        for text in texts {
            let lease = Lease::parse(text).ok_or(Rejection::UnknownLease);
            match lease.and_then(|lease| lease.known_to(consumer).map(|()| lease)) {
                Ok(lease) => known.push((text.as_str(), lease)),
                Err(rejection) => rejected.push((text.as_str(), rejection)),
            }
        }
        let rows = self.numbers(
            "SELECT key, held.seq IS NULL, held.claim, ready_at > ?, failed + 1
             FROM json_each(?) LEFT JOIN held ON consumer = ? AND seq = value ORDER BY value",
            &[
                Value::Int(now),
                Value::Text(&json::numbers(
                    &mut known.iter().map(|(_, lease)| lease.seq),
                )),
                Value::Int(consumer.id),
            ],
        )?;
        let mut held: Vec<Held<'t>> = Vec::new();
        for [key, settled, claim, live, attempt, _] in rows {
            let known = usize::try_from(key).ok().and_then(|key| known.get(key));
            let Some(&(text, lease)) = known else {
                continue;
            };
            let seq = lease.seq;
            if settled == 1 {
                rejected.push((text, Rejection::Settled));
            } else if (claim, attempt, live) != (lease.claim, lease.attempt, 1) {
                rejected.push((text, Rejection::LeaseExpired));
            } else if held.last().is_none_or(|last| last.seq != seq) {
                held.push(Held {
                    text,
                    seq,
                    failed: attempt.saturating_sub(1),
                    claim,
                });
            }
        }
        Ok((held, rejected))
    }
}
