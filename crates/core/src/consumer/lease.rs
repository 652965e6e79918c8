//! What a worker holds: one event, for a while.

use super::{Consumer, list};
use crate::feed::Log;
use crate::feed::db::{Db, DbError, Value};
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
        // One spelling alone: no sign, no zeros in front, nothing behind.
        (lease.text() == text).then_some(lease)
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
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.sort_unstable();
        texts.dedup();
        let mut rejected = Vec::new();
        let mut known = Vec::new();
        for text in texts {
            let lease = Lease::parse(text).ok_or(Rejection::UnknownLease);
            match lease.and_then(|lease| lease.known_to(consumer).map(|()| lease)) {
                Ok(lease) => known.push((text, lease)),
                Err(rejection) => rejected.push((text, rejection)),
            }
        }
        known.sort_unstable_by_key(|(_, lease)| lease.seq);
        let rows = self.db().query(
            "SELECT held.claim, ready_at, failed, held.seq FROM json_each(?) AS leased
             LEFT JOIN held ON consumer = ? AND seq = value ORDER BY key",
            &[
                Value::Text(&list(known.iter().map(|(_, lease)| lease.seq))),
                Value::Int(consumer.id),
            ],
            |row| {
                let claim = (!row.is_null(0)).then(|| row.int(0));
                (claim, row.int(1), row.int(2), row.is_null(3))
            },
        )?;
        let mut held = Vec::new();
        for ((text, lease), (claim, ready_at, failed, settled)) in known.into_iter().zip(rows) {
            let same = claim == Some(lease.claim) && failed.saturating_add(1) == lease.attempt;
            if settled {
                rejected.push((text, Rejection::Settled));
            } else if same && ready_at > now {
                held.push(Held {
                    text,
                    seq: lease.seq,
                    failed,
                    claim: lease.claim,
                });
            } else {
                rejected.push((text, Rejection::LeaseExpired));
            }
        }
        Ok((held, rejected))
    }
}
