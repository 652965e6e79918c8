//! An event as its row.

use std::borrow::Cow;

use super::append::form;
use super::db::Value;
use crate::json;
use crate::when::rfc3339;
use crate::wire::Meta;

macro_rules! insert {
    ($($row:literal)*) => {
        concat!(
            "INSERT INTO events (seq, appended_at, end_offset, source, type, head, headers, signature_headers, size,
                content_type, form, payload)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            $(concat!(", (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", $row)),*
        )
    };
}

/// Writes one.
pub(super) const INSERT: &str = insert!();

/// Writes so many at once: a statement has a hundred parameters at most.
pub(super) const ROWS: usize = 8;
pub(super) const INSERT_ROWS: &str = insert!("" "" "" "" "" "" "");

/// Events that are yet to be written.
#[derive(Default)]
pub(super) struct Events<'w> {
    pub(super) list: Vec<Event<'w>>,
    pub(super) characters: u64,
}

/// So much is handed to the database at once: what is on its way is there twice.
pub(super) const AT_ONCE: u64 = 512 * 1024;

/// A row of the log.
pub(super) struct Event<'w> {
    place: Place,
    pub(super) end_offset: u64,
    meta: &'w Meta,
    head: String,
    headers: String,
    signature_headers: String,
    form: u64,
    payload: Cow<'w, str>,
}

/// Where an event stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) seq: u64,
    /// Unix milliseconds.
    pub(super) at: u64,
    /// `end_offset` of the event before it.
    pub(super) offset: u64,
}

impl<'w> Event<'w> {
    pub(super) fn new(meta: &'w Meta, form: u64, payload: Cow<'w, str>, place: Place) -> Self {
        let [headers, signature_headers] = headers(meta);
        let mut event = Self {
            place,
            end_offset: 0,
            meta,
            head: head(meta),
            headers,
            signature_headers,
            form,
            payload,
        };
        let in_parts = if form == form::PARTS { meta.size } else { 0 };
        let weight = in_parts.saturating_add(event.characters());
        event.end_offset = place.offset.saturating_add(weight);
        event
    }

    /// How long its texts are together, which is what the event is counted as.
    pub(super) fn characters(&self) -> u64 {
        let texts = [
            &self.head,
            &self.headers,
            &self.signature_headers,
            &*self.payload,
        ];
        let lengths = texts.map(str::len).into_iter();
        lengths.fold(0, |sum, length| sum.saturating_add(length as u64))
    }

    /// Its columns, in the order of [`INSERT`].
    pub(super) fn row<B>(&self) -> [Value<'_, B>; 12] {
        let content_type = self.meta.content_type.as_deref();
        [
            Value::Int(self.place.seq),
            Value::Int(self.place.at),
            Value::Int(self.end_offset),
            Value::Text(&self.meta.source),
            Value::Text(&self.meta.kind),
            Value::Text(&self.head),
            Value::Text(&self.headers),
            Value::Text(&self.signature_headers),
            Value::Int(self.meta.size),
            content_type.map_or(Value::Null, Value::Text),
            Value::Int(self.form),
            Value::Text(&self.payload),
        ]
    }
}

/// The members of an event's JSON between its id and its headers.
fn head(meta: &Meta) -> String {
    let mut head = String::from(r#""source":"#);
    json::push(&mut head, &meta.source);
    head.push_str(r#","type":"#);
    json::push(&mut head, &meta.kind);
    head.push_str(r#","webhook_id":"#);
    json::push(&mut head, &meta.webhook_id);
    let received_at = rfc3339(meta.received_at);
    head.extend([r#","received_at":""#, &received_at, r#"","content_type":"#]);
    match &meta.content_type {
        Some(content_type) => json::push(&mut head, content_type),
        None => head.push_str("null"),
    }
    head
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
            let first = shown.iter().all(String::is_empty);
            let [open, signatures] = &mut shown;
            let members = if hidden { signatures } else { open };
            if !first {
                members.push(',');
            }
            json::push(members, name);
            members.push(':');
            json::push(members, value);
        }
    }
    shown
}
