//! The only way into the log.
//!
//! Uniqueness is decided here and nowhere else: the receipt, and whatever the source's identity
//! rule names. If any of them is known, the webhook is a duplicate and *none* is recorded, so that
//! a replay under a minted id cannot occupy an id that is still to come.

use super::db::{Db, DbError, Value};
use super::tally::{Tallies, kind, outcome};
use super::{BODY_PART, Ends, Log, payload};
use crate::config::DEFAULT_FEED;
use crate::json;
use crate::when::rfc3339;
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
            let outcomes = batch
                .iter()
                .map(|webhook| self.append_one(webhook, ends, &mut tallies, now))
                .collect::<Result<Vec<_>, _>>()?;
            self.keep_appended(&tallies, now)?;
            Ok(outcomes)
        })
    }

    /// Appends one inside the caller's transaction.
    pub(super) fn append_one(
        &self,
        webhook: &Incoming<'_, D::Blob>,
        ends: &mut Ends,
        tallies: &mut Tallies,
        now: u64,
    ) -> Result<Outcome, DbError> {
        let meta = webhook.meta;
        if let Some(known) = self.claim_identity(meta, now)? {
            tallies.count(kind::WEBHOOK, &meta.source, known);
            return Ok(Outcome::Duplicate);
        }
        tallies.count(kind::WEBHOOK, &meta.source, outcome::STORED);
        tallies.took(kind::APPEND_LAG, now.saturating_sub(meta.received_at));
        let seq = ends.bounds.latest.saturating_add(1);
        // Where the clock is set back, the times of a log still do not run backwards.
        let now = now.max(ends.changed_at);
        let weight = self.insert(webhook, seq, ends.end_offset, now)?;
        ends.bounds.latest = seq;
        ends.end_offset = ends.end_offset.saturating_add(weight);
        ends.appended_at = now;
        ends.changed_at = now;
        Ok(Outcome::Stored)
    }

    /// Whether the log has this webhook already; if so, it is counted as what it is.
    pub fn knows(&self, meta: &Meta, now: u64) -> Result<bool, DbError> {
        let Some(known) = self.known(meta, now)? else {
            return Ok(false);
        };
        let mut tallies = Tallies::default();
        tallies.count(kind::WEBHOOK, &meta.source, known);
        self.tally(&tallies.json(), now)?;
        Ok(true)
    }

    /// The outcome of a webhook that the log has already.
    fn known(&self, meta: &Meta, now: u64) -> Result<Option<&'static str>, DbError> {
        // The receipt comes first.
        let mut known_as = outcome::REDELIVERED;
        for Unique { key, .. } in identity(meta, now) {
            let known = self.db.first(
                "SELECT 1 FROM identities WHERE key = ? AND until > ?",
                &[Value::Text(&key), Value::Int(now)],
                |_| (),
            )?;
            if known.is_some() {
                return Ok(Some(known_as));
            }
            known_as = outcome::DUPLICATE;
        }
        Ok(None)
    }

    /// Records everything that makes the webhook unique, or nothing if any of it is known: then it says how.
    fn claim_identity(&self, meta: &Meta, now: u64) -> Result<Option<&'static str>, DbError> {
        let known = self.known(meta, now)?;
        if known.is_some() {
            return Ok(known);
        }
        for Unique { key, until } in identity(meta, now) {
            self.db.execute(
                "INSERT OR REPLACE INTO identities (key, until) VALUES (?, ?)",
                &[Value::Text(&key), Value::Int(until)],
            )?;
        }
        Ok(None)
    }

    /// Writes the event and returns how many bytes it takes.
    fn insert(
        &self,
        webhook: &Incoming<'_, D::Blob>,
        seq: u64,
        offset: u64,
        now: u64,
    ) -> Result<u64, DbError> {
        let Incoming { meta, payload } = webhook;
        let (form, text) = match payload {
            Payload::Inline(body) => payload::render(body),
            Payload::Parts(parts) => {
                self.insert_parts(seq, parts)?;
                (form::PARTS, events_url(&meta.feed).into())
            }
        };
        let head = head(meta);
        let [headers, signature_headers] = headers(meta);
        let in_parts = if form == form::PARTS { meta.size } else { 0 };
        let texts = [&*head, &*headers, &*signature_headers, &*text].map(str::len);
        let weight = texts
            .iter()
            .fold(in_parts, |sum, &n| sum.saturating_add(n as u64));
        self.db.execute(
            "INSERT INTO events (seq, appended_at, end_offset, source, type, head, headers,
                signature_headers, size, content_type, form, payload)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &[
                Value::Int(seq),
                Value::Int(now),
                Value::Int(offset.saturating_add(weight)),
                Value::Text(&meta.source),
                Value::Text(&meta.kind),
                Value::Text(&head),
                Value::Text(&headers),
                Value::Text(&signature_headers),
                Value::Int(meta.size),
                meta.content_type
                    .as_deref()
                    .map_or(Value::Null, Value::Text),
                Value::Int(form),
                Value::Text(&text),
            ],
        )?;
        Ok(weight)
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

/// The members of an event's JSON between its id and its headers.
fn head(meta: &Meta) -> String {
    let content_type = meta
        .content_type
        .as_deref()
        .map_or("null".to_owned(), json::text);
    format!(
        r#""source":{},"type":{},"webhook_id":{},"received_at":"{}","content_type":{content_type}"#,
        json::text(&meta.source),
        json::text(&meta.kind),
        json::text(&meta.webhook_id),
        rfc3339(meta.received_at),
    )
}

/// The members of an event's `headers`: those that everybody sees, and those that a public feed
/// hides. The second begins with the comma that joins it to the first.
fn headers(meta: &Meta) -> [String; 2] {
    let mut shown = [String::new(), String::new()];
    for hidden in [false, true] {
        for (name, value) in &meta.headers {
            if meta.signature_headers.contains(name) != hidden {
                continue;
            }
            let comma = if shown.iter().all(String::is_empty) {
                ""
            } else {
                ","
            };
            let [open, signatures] = &mut shown;
            let members = if hidden { signatures } else { open };
            members.push_str(&format!(
                "{comma}{}:{}",
                json::text(name),
                json::text(value)
            ));
        }
    }
    shown
}

/// How many parts a body of `size` bytes is kept in, and where each begins and ends.
pub fn parts(size: u32) -> impl Iterator<Item = std::ops::Range<u32>> {
    (0..size)
        .step_by(BODY_PART as usize)
        .map(move |from| from..from.saturating_add(BODY_PART).min(size))
}
