//! The only way into the log.
//!
//! Uniqueness is decided here and nowhere else: the receipt, and whatever the source's identity
//! rule names. If any of them is known, the webhook is a duplicate and *none* is recorded, so that
//! a replay under a minted id cannot occupy an id that is still to come.

use std::borrow::Cow;
use std::collections::HashSet;

use super::db::{Db, DbError, Value};
use super::event::{AT_ONCE, Event, Events, INSERT, INSERT_ROWS, Place, ROWS};
use super::tally::{Tallies, kind, outcome};
use super::{BODY_PART, Ends, Log, payload};
use crate::json;
use crate::route::base;
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
        self.append_brought(batch, now, now)
    }

    /// The same, where the queue brought it at a moment before.
    pub fn append_brought(
        &self,
        batch: &[Incoming<'_, D::Blob>],
        brought_at: u64,
        now: u64,
    ) -> Result<Vec<Outcome>, DbError> {
        self.change(|ends| {
            let mut tallies = Tallies::default();
            let outcomes = self.append_in(batch, ends, &mut tallies, now)?;
            let stored = batch.iter().zip(&outcomes);
            for (webhook, _) in stored.filter(|(_, outcome)| **outcome == Outcome::Stored) {
                let received_at = webhook.meta.received_at;
                tallies.took(kind::QUEUE_LAG, brought_at.saturating_sub(received_at));
                tallies.took(kind::APPEND_LAG, now.saturating_sub(received_at));
            }
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
        let identities: Vec<_> = batch.iter().map(|one| identity(one.meta, now)).collect();
        let known = self.known(&identities, now)?;
        let mut taken = Taken::default();
        let mut events = Events::default();
        let mut outcomes = Vec::with_capacity(batch.len());
        for (webhook, identity) in batch.iter().zip(&identities) {
            let meta = webhook.meta;
            let known = |key: &str| taken.keys.contains(key) || known.contains(key);
            if let Some(known_as) = known_as(identity, known) {
                tallies.count(kind::WEBHOOK, &meta.source, known_as);
                outcomes.push(Outcome::Duplicate);
                continue;
            }
            // Everything that makes it unique is recorded, or where any of it is known, nothing.
            identity.iter().for_each(|unique| taken.add(unique));
            tallies.count(kind::WEBHOOK, &meta.source, outcome::STORED);
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
                (form::PARTS, format!("{}/events/", base(&meta.feed)).into())
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
        let identity = [identity(meta, now)];
        let known = self.known(&identity, now)?;
        let [identity] = &identity;
        let Some(known_as) = known_as(identity, |key| known.contains(key)) else {
            return Ok(false);
        };
        let mut tallies = Tallies::default();
        tallies.count(kind::WEBHOOK, &meta.source, known_as);
        self.tally(&tallies.json(), now)?;
        Ok(true)
    }

    /// Which of these are taken.
    fn known(&self, identities: &[Identity<'_>], now: u64) -> Result<HashSet<String>, DbError> {
        let mut keys = String::from("[");
        for (key, _) in identities.iter().flatten() {
            if keys.len() > 1 {
                keys.push(',');
            }
            json::push(&mut keys, key);
        }
        keys.push(']');
        let known = self.db.query(
            "SELECT key FROM identities WHERE key IN (SELECT value FROM json_each(?)) AND until > ?",
            &[Value::Text(&keys), Value::Int(now)],
            |row| row.string(0),
        )?;
        Ok(known.into_iter().collect())
    }

    fn take(&self, taken: &Taken<'_>) -> Result<(), DbError> {
        if taken.keys.is_empty() {
            return Ok(());
        }
        self.db.execute(
            "INSERT OR REPLACE INTO identities (key, until) SELECT value ->> 0, value ->> 1 FROM json_each(?)",
            &[Value::Text(&format!("[{}]", taken.rows))],
        )
    }

    /// Writes events.
    fn write(&self, events: &mut Events<'_>) -> Result<(), DbError> {
        let whole = events.list.chunks_exact(ROWS);
        let rest = whole.remainder().iter().map(|event| event.row().into());
        let rest: Vec<Vec<_>> = rest.collect();
        let rows = whole.map(|events| events.iter().flat_map(Event::row).collect());
        let rows: Vec<Vec<_>> = rows.collect();
        self.db.execute_each(INSERT_ROWS, &rows)?;
        self.db.execute_each(INSERT, &rest)?;
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

/// The receipt, and whatever the source's identity rule names: each with the moment until which it is unique.
type Identity<'m> = Vec<(Cow<'m, str>, u64)>;

/// What a batch makes unique.
#[derive(Default)]
struct Taken<'i> {
    keys: HashSet<&'i str>,
    /// As JSON.
    rows: String,
}

impl<'i> Taken<'i> {
    fn add(&mut self, (key, until): &'i (Cow<'_, str>, u64)) {
        if !self.rows.is_empty() {
            self.rows.push(',');
        }
        self.rows.push('[');
        json::push(&mut self.rows, key);
        self.rows.extend([",", &until.to_string(), "]"]);
        self.keys.insert(key);
    }
}

/// The outcome of a webhook of which something is known; none where it is new.
fn known_as(identity: &Identity<'_>, known: impl Fn(&str) -> bool) -> Option<&'static str> {
    // The receipt comes first.
    match identity.iter().position(|(key, _)| known(key))? {
        0 => Some(outcome::REDELIVERED),
        _ => Some(outcome::DUPLICATE),
    }
}

fn identity(meta: &Meta, now: u64) -> Identity<'_> {
    let receipt = format!("receipt:{}", meta.receipt);
    let receipt = (receipt.into(), now.saturating_add(RECEIPT_LIFE_MS));
    let rule = meta
        .unique
        .iter()
        .map(|Unique { key, until }| (key.as_str().into(), *until));
    std::iter::once(receipt).chain(rule).collect()
}

/// How many parts a body of `size` bytes is kept in, and where each begins and ends.
pub fn parts(size: u32) -> impl Iterator<Item = std::ops::Range<u32>> {
    (0..size)
        .step_by(BODY_PART as usize)
        .map(move |from| from..from.saturating_add(BODY_PART).min(size))
}
