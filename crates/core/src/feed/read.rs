//! Pages, single events and bodies.
//!
//! SQLite itself writes the JSON: an event is the concatenation of texts that were rendered once
//! at its append, and a page is a `group_concat`. One string crosses into the runtime, whatever
//! the number of events, and the payload in it is the text that was signed.

use super::Log;
use super::append::form;
use super::db::{Db, DbError, Value};
use crate::cache::Audience;
use crate::encoding::Encoding;

/// A page ends before it would pass this many stored bytes (its first event always fits).
pub const PAGE_BYTES: u64 = 8_000_000;

/// A page is put together from pieces of about this size: the platform ends a string at 2 MB, and one
/// event is at most 128 KB of body in base64 and 128 KB of headers.
const SEGMENT_BYTES: u64 = 1_000_000;

/// A run of sequences: those after `after`, up to and with `through`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The last sequence that the reader has.
    pub after: u64,
    /// The last sequence of the run.
    pub through: u64,
}

impl Range {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.through <= self.after
    }
}

/// The JSON of the events of a run, in pieces to be joined with commas.
#[derive(Debug)]
pub struct Page<T> {
    /// Each piece is one or more event objects, joined with commas.
    pub pieces: Vec<T>,
}

/// An event's bytes.
#[derive(Debug)]
pub struct Body<T, B> {
    /// As the provider named it.
    pub content_type: Option<String>,
    /// The bytes.
    pub bytes: BodyBytes<T, B>,
}

/// A body as this database hands it out.
type BodyOf<D> = Body<<D as Db>::Text, <D as Db>::Blob>;

/// Where an event's bytes are.
#[derive(Debug)]
pub enum BodyBytes<T, B> {
    /// The UTF-8 of this text.
    Text(T),
    /// These bytes.
    Decoded(Vec<u8>),
    /// These parts, one after the other.
    Parts(Vec<B>),
}

/// An event's bytes as its row keeps them.
enum Kept<T> {
    Text(T),
    Base64(String),
    Parts,
    Nothing,
}

/// The JSON of one event. `?1` is the generation as it stands in ids; `end` are members that follow,
/// and the brace.
macro_rules! event_json {
    ($signature_headers:literal) => {
        event_json!($signature_headers, "'}'")
    };
    ($signature_headers:literal, $end:expr) => {
        concat!(
            r#"concat('{"id":"', ?1, format('%016d', seq), '",', head, ',"headers":{', headers, "#,
            $signature_headers,
            r#" '},"size":', size, CASE form
                WHEN 0 THEN ',"payload":' || payload
                WHEN 1 THEN ',"payload_base64":"' || payload || '"'
                ELSE ',"body_url":"' || payload || ?1 || format('%016d', seq) || '/body"'
            END, "#,
            $end,
            ")"
        )
    };
}
pub(crate) use event_json;

macro_rules! page_sql {
    ($signature_headers:literal) => {
        concat!(
            "SELECT max(seq), group_concat(json, ',') FROM (SELECT seq, CASE WHEN form < 3 THEN ",
            event_json!($signature_headers),
            " END AS json FROM events WHERE seq > ?2 AND seq <= ?3
              AND (seq = ?2 + 1 OR end_offset <= ?4) ORDER BY seq)"
        )
    };
}

macro_rules! one_sql {
    ($signature_headers:literal) => {
        concat!(
            "SELECT ",
            event_json!($signature_headers),
            " FROM events WHERE seq = ?2"
        )
    };
}

/// A public feed does not show signatures: whoever reads them could replay the webhook elsewhere.
fn page_sql(audience: Audience) -> &'static str {
    match audience {
        Audience::Token => page_sql!("signature_headers,"),
        Audience::Public => page_sql!(""),
    }
}

fn one_sql(audience: Audience) -> &'static str {
    match audience {
        Audience::Token => one_sql!("signature_headers,"),
        Audience::Public => one_sql!(""),
    }
}

impl<D: Db> Log<D> {
    /// The run that a page of at most `limit` events after `after` covers.
    pub fn range(&self, after: u64, limit: u64) -> Result<Range, DbError> {
        let ends = self.ends.get();
        let through = after.saturating_add(limit).min(ends.bounds.latest);
        let whole = Range { after, through };
        if whole.is_empty() || ends.end_offset.saturating_sub(ends.start_offset) <= PAGE_BYTES {
            return Ok(whole);
        }
        let start = self.offset(after)?;
        if self.offset(through)?.saturating_sub(start) <= PAGE_BYTES {
            return Ok(whole);
        }
        let fits = self.search(whole, |_, offset| {
            offset.saturating_sub(start) <= PAGE_BYTES
        })?;
        Ok(Range {
            after,
            through: fits.max(after.saturating_add(1)),
        })
    }

    /// The events of a run as JSON.
    pub fn page(&self, range: Range, audience: Audience) -> Result<Page<D::Text>, DbError> {
        let generation = self.id_prefix();
        let mut pieces = Vec::new();
        let mut after = range.after;
        while after < range.through {
            let end = self.offset(after)?.saturating_add(SEGMENT_BYTES);
            let piece = self.db.first(
                page_sql(audience),
                &[
                    Value::Text(&generation),
                    Value::Int(after),
                    Value::Int(range.through),
                    Value::Int(end),
                ],
                |row| (row.int(0), (!row.is_null(1)).then(|| row.text(1))),
            )?;
            let Some((through, text)) = piece.filter(|(through, _)| *through > after) else {
                break;
            };
            pieces.extend(text);
            after = through;
        }
        Ok(Page { pieces })
    }

    /// One event as JSON.
    pub fn event(&self, seq: u64, audience: Audience) -> Result<Option<D::Text>, DbError> {
        self.db.first(
            one_sql(audience),
            &[Value::Text(&self.id_prefix()), Value::Int(seq)],
            |row| row.text(0),
        )
    }

    /// One event's bytes; `None` where there is no such event, or nothing left of it.
    pub fn body(&self, seq: u64) -> Result<Option<BodyOf<D>>, DbError> {
        let kept = self.db.first(
            "SELECT content_type, form, payload FROM events WHERE seq = ?",
            &[Value::Int(seq)],
            |row| {
                let bytes = match row.int(1) {
                    form::JSON => Kept::Text(row.text(2)),
                    form::BASE64 => Kept::Base64(row.string(2)),
                    form::PARTS => Kept::Parts,
                    _ => Kept::Nothing,
                };
                (Some(row.string(0)).filter(|kind| !kind.is_empty()), bytes)
            },
        )?;
        let Some((content_type, kept)) = kept else {
            return Ok(None);
        };
        let bytes = match kept {
            Kept::Text(text) => BodyBytes::Text(text),
            Kept::Base64(text) => BodyBytes::Decoded(
                Encoding::Base64
                    .decode(&text)
                    .ok_or_else(|| DbError("the stored body is not base64".to_owned()))?,
            ),
            Kept::Parts => BodyBytes::Parts(self.parts(seq)?),
            Kept::Nothing => return Ok(None),
        };
        Ok(Some(Body {
            content_type,
            bytes,
        }))
    }

    /// The first sequence after which everything was appended at `time` or later.
    pub fn since(&self, time: u64) -> Result<u64, DbError> {
        let bounds = self.bounds();
        let all = Range {
            after: bounds.start(),
            through: bounds.latest,
        };
        self.search(all, |appended_at, _| appended_at < time)
    }

    /// When the event was appended, in unix milliseconds, and whether it was erased.
    pub(super) fn stored(&self, seq: u64) -> Result<Option<(u64, bool)>, DbError> {
        self.db.first(
            "SELECT appended_at, form FROM events WHERE seq = ?",
            &[Value::Int(seq)],
            |row| (row.int(0), row.int(1) == form::ERASED),
        )
    }

    /// Whether any event of the run is left to show.
    pub(super) fn shows(&self, range: Range) -> Result<bool, DbError> {
        let shown = self.db.first(
            "SELECT 1 FROM events WHERE seq > ? AND seq <= ? AND form < 3 LIMIT 1",
            &[Value::Int(range.after), Value::Int(range.through)],
            |_| (),
        )?;
        Ok(shown.is_some())
    }

    fn parts(&self, seq: u64) -> Result<Vec<D::Blob>, DbError> {
        let parts = self.db.query(
            "SELECT bytes FROM bodies WHERE seq = ? ORDER BY part",
            &[Value::Int(seq)],
            |row| row.blob(0),
        )?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// The last sequence of the run for which `holds(appended_at, end_offset)`, or `after` where it
    /// holds for none. Both columns only grow, so `holds` must be true of a beginning of the run.
    pub(super) fn search(
        &self,
        run: Range,
        holds: impl Fn(u64, u64) -> bool,
    ) -> Result<u64, DbError> {
        let (mut low, mut high) = (run.after, run.through);
        while low < high {
            let middle = low.saturating_add(high.saturating_sub(low).div_ceil(2));
            let found = self.db.first(
                "SELECT appended_at, end_offset FROM events WHERE seq = ?",
                &[Value::Int(middle)],
                |row| (row.int(0), row.int(1)),
            )?;
            match found {
                Some((appended_at, offset)) if holds(appended_at, offset) => low = middle,
                _ => high = middle.saturating_sub(1),
            }
        }
        Ok(low)
    }

    /// The bytes stored up to and with the event at `seq`; for the one before the earliest, where
    /// the log starts.
    pub(super) fn offset(&self, seq: u64) -> Result<u64, DbError> {
        let ends = self.ends.get();
        if seq < ends.bounds.earliest {
            return Ok(ends.start_offset);
        }
        if seq >= ends.bounds.latest {
            return Ok(ends.end_offset);
        }
        let found = self.db.first(
            "SELECT end_offset FROM events WHERE seq = ?",
            &[Value::Int(seq)],
            |row| row.int(0),
        )?;
        Ok(found.unwrap_or(ends.end_offset))
    }

    fn id_prefix(&self) -> String {
        format!("{:016}_", self.bounds().generation)
    }
}
