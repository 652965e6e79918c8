//! Events of Waypost's own: what a feed tells of itself, and no webhooks. So nothing is counted by them, and no source
//! is heard.

use super::db::{Db, DbError};
use super::tally::Tallies;
use super::{Incoming, Log, Payload};
use crate::config::DEFAULT_FEED;
use crate::subscription::SOURCE;
use crate::wire::{Meta, Outcome, Unique};

/// How long it is known of an event that it was Waypost's own: a year, which outlives what may come of it.
const LIFE_MS: u64 = 365 * 24 * 3_600_000;

/// An event to be told.
#[derive(Debug)]
pub struct Own {
    /// Its type.
    pub kind: String,
    /// Told twice, it is there once.
    pub receipt: String,
    /// JSON.
    pub body: String,
}

/// What is to be told, by the feed's name and the moment.
pub type Finding<'a> = dyn FnMut(&str, u64) -> Result<Vec<Own>, DbError> + 'a;

impl<D: Db> Log<D> {
    /// Appends what `work` finds, in the transaction of `work`. It is given the feed's name, and a moment that is later
    /// than whatever has changed the log. Returns how many of them are new.
    pub fn append_own(&self, now: u64, work: &mut Finding<'_>) -> Result<usize, DbError> {
        self.change(|ends| {
            let now = now.max(ends.changed_at.saturating_add(1));
            let feed = self.name()?.unwrap_or_else(|| DEFAULT_FEED.to_owned());
            let mut new: usize = 0;
            for Own {
                kind,
                receipt,
                body,
            } in work(&feed, now)?
            {
                let key = own_key(ends.bounds.latest.saturating_add(1), &kind);
                let until = now.saturating_add(LIFE_MS);
                let meta = Meta {
                    source: SOURCE.to_owned(),
                    feed: feed.clone(),
                    webhook_id: receipt.clone(),
                    receipt,
                    kind,
                    received_at: now,
                    content_type: Some("application/json".to_owned()),
                    headers: Vec::new(),
                    signature_headers: Vec::new(),
                    unique: vec![Unique { key, until }],
                    size: body.len() as u64,
                    body_key: None,
                };
                let event = Incoming {
                    meta: &meta,
                    payload: Payload::Inline(body.as_bytes()),
                };
                let outcomes = self.append_in(&[event], ends, &mut Tallies::default(), now)?;
                new = new.saturating_add(usize::from(outcomes.contains(&Outcome::Stored)));
            }
            Ok(new)
        })
    }
}

/// The identity by which an event is known as Waypost's own, also when it is no longer kept. They sort as the events.
fn own_key(seq: u64, kind: &str) -> String {
    format!("own:{seq:016}:{kind}")
}

/// A table `own` of the sequences of these events that are kept, for the start of a statement; the parameter is the
/// sequence before the earliest event.
macro_rules! own_events {
    ($start:literal) => {
        concat!(
            "WITH own (seq) AS MATERIALIZED (SELECT CAST(substr(key, 5, 16) AS INTEGER) FROM identities
            WHERE key >= concat('own:', format('%016d', ",
            $start,
            ")) AND key < 'own;') "
        )
    };
}

/// The SQL that is true of a sequence whose event is Waypost's own, of a type.
macro_rules! is_own {
    ($seq:literal, $kind:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM identities WHERE key = concat('own:', format('%016d', ",
            $seq,
            "), ':",
            $kind,
            "'))"
        )
    };
}
pub(crate) use {is_own, own_events};
