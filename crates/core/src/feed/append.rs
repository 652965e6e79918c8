//! The only way into the log.
//!
//! Uniqueness is decided here and nowhere else: the receipt, and whatever the source's identity
//! rule names. If any of them is known, the webhook is a duplicate and *none* is recorded, so that
//! a replay under a minted id cannot occupy an id that is still to come.

use std::collections::HashSet;

use super::db::{Db, DbError, Value};
use super::event::{AT_ONCE, Event, Events, INSERT, Place};
use super::tally::{Tallies, kind, outcome};
use super::{BODY_PART, Ends, Log, payload};
use crate::config::DEFAULT_FEED;
use crate::json;
use crate::wire::{Meta, Outcome, Unique};

/// The longest that the queue may keep a message and still bring it (its retention, and a day).
const RECEIPT_LIFE_MS: u64 = 15 * 24 * 3_600_000;

/// A webhook on its way into the log.
#[derive(Debug)]
pub struct Incoming<'a, B> {
    /// Everything about it but the body.
    pub meta: &'a Meta,
    /// Its body.
    pub payload: Payload<'a, B>,
}

/// How the body is kept.
#[derive(Debug)]
pub enum Payload<'a, B> {
    /// Bytes that arrived with the message.
    Inline(&'a [u8]),
    /// Bytes that took the claim check, in parts of at most [`BODY_PART`] bytes.
    Parts(&'a [B]),
}

/// The `form` column: how `payload` is to be read.
pub(super) mod form {
    /// The JSON text that was signed.
    pub(in crate::feed) const JSON: u64 = 0;
    /// Base64 of the bytes.
    pub(in crate::feed) const BASE64: u64 = 1;
    /// The bytes are in `bodies`; `payload` is the URL up to the event's id.
    pub(in crate::feed) const PARTS: u64 = 2;
    /// Nothing is left of it.
    pub(in crate::feed) const ERASED: u64 = 3;
}

impl<D: Db> Log<D> {
    /// Appends a batch in one transaction. Each webhook has its own outcome, in order.
    pub fn append(
        &self,
        batch: &[Incoming<'_, D::Blob>],
        now: u64,
    ) -> Result<Vec<Outcome>, DbError> {
        self.change(|ends| {
            let mut tallies = Tallies::default();
            let outcomes = self.append_in(batch, ends, &mut tallies, now)?;
            self.keep_appended(&tallies, now)?;
            Ok(outcomes)
        })
    }

    /// Appends a batch inside the caller's transaction: what is known is asked once, and what is new is written with
    /// two statements, however many they are.
    pub(super) fn append_in(
        &self,
        batch: &[Incoming<'_, D::Blob>],
        ends: &mut Ends,
        tallies: &mut Tallies,
        now: u64,
    ) -> Result<Vec<Outcome>, DbError> {
        let metas = batch.iter().map(|webhook| webhook.meta);
        let mut known = self.known(&mut metas.flat_map(|meta| identity(meta, now)), now)?;
        let mut taken = Vec::new();
        let mut events = Events::default();
        let mut outcomes = Vec::with_capacity(batch.len());
        for webhook in batch {
            let meta = webhook.meta;
            if let Some(known_as) = known_as(&known, meta, now) {
                tallies.count(kind::WEBHOOK, &meta.source, known_as);
                outcomes.push(Outcome::Duplicate);
                continue;
            }
            // Everything that makes it unique is recorded, or where any of it is known, nothing.
            for unique in identity(meta, now) {
                known.insert(unique.key.clone());
                taken.push(unique);
            }
            tallies.count(kind::WEBHOOK, &meta.source, outcome::STORED);
            tallies.took(kind::APPEND_LAG, now.saturating_sub(meta.received_at));
            self.add(webhook, ends, &mut events, now)?;
            outcomes.push(Outcome::Stored);
        }
        self.write(&mut events)?;
        self.take(&taken)?;
        Ok(outcomes)
    }

    /// Adds an event at the end of the log.
    fn add<'w>(
        &self,
        webhook: &Incoming<'w, D::Blob>,
        ends: &mut Ends,
        events: &mut Events<'w>,
        now: u64,
    ) -> Result<(), DbError> {
        let seq = ends.bounds.latest.saturating_add(1);
        // Where the clock is set back, the times of a log still do not run backwards.
        let now = now.max(ends.changed_at);
        let Incoming { meta, payload } = webhook;
        let (form, payload) = match payload {
            Payload::Inline(body) => payload::render(body),
            Payload::Parts(parts) => {
                self.insert_parts(seq, parts)?;
                (form::PARTS, events_url(&meta.feed).into())
            }
        };
        let event = Event::new(
            meta,
            form,
            payload,
            Place {
                seq,
                at: now,
                offset: ends.end_offset,
            },
        );
        ends.bounds.latest = seq;
        ends.end_offset = event.end_offset;
        ends.appended_at = now;
        ends.changed_at = now;
        events.characters = events.characters.saturating_add(event.characters());
        events.list.push(event);
        match events.characters > AT_ONCE {
            true => self.write(events),
            false => Ok(()),
        }
    }

    /// Whether the log has this webhook already; if so, it is counted as what it is.
    pub fn knows(&self, meta: &Meta, now: u64) -> Result<bool, DbError> {
        let known = self.known(&mut identity(meta, now), now)?;
        let Some(known_as) = known_as(&known, meta, now) else {
            return Ok(false);
        };
        let mut tallies = Tallies::default();
        tallies.count(kind::WEBHOOK, &meta.source, known_as);
        self.tally(&tallies.json(), now)?;
        Ok(true)
    }

    /// Which of these are taken.
    fn known(
        &self,
        identities: &mut dyn Iterator<Item = Unique>,
        now: u64,
    ) -> Result<HashSet<String>, DbError> {
        let keys = json::array(&mut identities.map(|unique| json::text(&unique.key)));
        let known = self.db.query(
            "SELECT key FROM identities WHERE key IN (SELECT value FROM json_each(?)) AND until > ?",
            &[Value::Text(&keys), Value::Int(now)],
            |row| row.string(0),
        )?;
        Ok(known.into_iter().collect())
    }

    fn take(&self, identities: &[Unique]) -> Result<(), DbError> {
        let rows: Vec<_> = identities
            .iter()
            .map(|Unique { key, until }| vec![Value::Text(key), Value::Int(*until)])
            .collect();
        let sql = "INSERT OR REPLACE INTO identities (key, until) VALUES (?, ?)";
        self.db.execute_each(sql, &rows)
    }

    /// Writes events.
    fn write(&self, events: &mut Events<'_>) -> Result<(), DbError> {
        let rows: Vec<_> = events.list.iter().map(Event::row).collect();
        self.db.execute_each(INSERT, &rows)?;
        *events = Events::default();
        Ok(())
    }

    fn insert_parts(&self, seq: u64, parts: &[D::Blob]) -> Result<(), DbError> {
        for (part, bytes) in (0..).zip(parts) {
            self.db.execute(
                "INSERT INTO bodies (seq, part, bytes) VALUES (?, ?, ?)",
                &[Value::Int(seq), Value::Int(part), Value::Blob(bytes)],
            )?;
        }
        Ok(())
    }
}

/// The outcome of a webhook of which something is known; none where it is new.
fn known_as(known: &HashSet<String>, meta: &Meta, now: u64) -> Option<&'static str> {
    // The receipt comes first.
    let mut known_as = outcome::REDELIVERED;
    for unique in identity(meta, now) {
        if known.contains(&unique.key) {
            return Some(known_as);
        }
        known_as = outcome::DUPLICATE;
    }
    None
}

/// The URL of a feed's events, up to the id.
fn events_url(feed: &str) -> String {
    match feed {
        DEFAULT_FEED => "/events/".to_owned(),
        _ => format!("/feeds/{feed}/events/"),
    }
}

/// The receipt, and whatever the source's identity rule names.
fn identity(meta: &Meta, now: u64) -> impl Iterator<Item = Unique> + '_ {
    let receipt = Unique {
        key: format!("receipt:{}", meta.receipt),
        until: now.saturating_add(RECEIPT_LIFE_MS),
    };
    std::iter::once(receipt).chain(meta.unique.iter().cloned())
}

/// How many parts a body of `size` bytes is kept in, and where each begins and ends.
pub fn parts(size: u32) -> impl Iterator<Item = std::ops::Range<u32>> {
    (0..size)
        .step_by(BODY_PART as usize)
        .map(move |from| from..from.saturating_add(BODY_PART).min(size))
}
