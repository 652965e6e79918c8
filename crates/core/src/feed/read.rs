//! Pages, single events and bodies.
//!
//! SQLite itself writes the JSON, and a page is a `group_concat`. One blob crosses into the runtime,
//! whatever the number of events, and the payload in it is the text that was signed: as bytes it is what is
//! sent, while a text would become the runtime's string and be encoded again.

use super::Log;
use super::append::form;
use super::db::{Db, DbError, Row, Value};
use super::render::{self, Shape};
use crate::encoding::Encoding;
use crate::filter::Filter;

/// A page ends before it would pass this many stored bytes (its first event always fits).
pub const PAGE_BYTES: u64 = 8_000_000;

/// A page is put together from pieces of about this size: the platform ends a string at 2 MB, and one
/// event is at most 128 KB of body in base64 and 128 KB of headers. A payload may be quoted, which
/// takes at most twice its bytes.
const SEGMENT_BYTES: u64 = 800_000;

/// One page of a filter looks at no more than so many events: what is rare is found in several.
const SCAN: u64 = 10_000;

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

/// What stands around the events of a page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame<'a> {
    /// Before the first.
    pub open: &'a str,
    /// After the last.
    pub close: &'a str,
}

/// A page as it is sent.
#[derive(Debug)]
pub struct Page<B> {
    /// Its bytes, one piece after the other.
    pub pieces: Vec<B>,
    /// How many events are in it.
    pub shown: u64,
}

/// A piece of a page: what was written of a run.
struct Segment<B> {
    /// The last sequence that it covers.
    through: u64,
    shown: u64,
    bytes: B,
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

impl<D: Db> Log<D> {
    /// The run that a page of at most `limit` events after `after` covers.
    pub fn range(&self, after: u64, limit: u64) -> Result<Range, DbError> {
        let through = after.saturating_add(limit).min(self.bounds().latest);
        self.fitting(Range { after, through }, PAGE_BYTES)
    }

    /// As much of a run as is no more than `most` stored bytes; its first event always is.
    pub(super) fn fitting(&self, whole: Range, most: u64) -> Result<Range, DbError> {
        let ends = self.ends.get();
        if whole.is_empty() || ends.end_offset.saturating_sub(ends.start_offset) <= most {
            return Ok(whole);
        }
        let start = self.offset(whole.after)?;
        let fits = |offset: u64| offset.saturating_sub(start) <= most;
        if fits(self.offset(whole.through)?) {
            return Ok(whole);
        }
        let through = self.search(whole, |_, offset| fits(offset))?;
        Ok(Range {
            through: through.max(whole.after.saturating_add(1)),
            ..whole
        })
    }

    /// The run that a page of at most `limit` events covers, of those that the filter shows; what it
    /// hides on the way is covered too.
    pub(super) fn filtered(
        &self,
        after: u64,
        limit: Option<u64>,
        filter: &Filter,
    ) -> Result<Range, DbError> {
        let Some(limit) = limit.filter(|_| !filter.is_empty()) else {
            return self.range(after, limit.unwrap_or(u64::MAX));
        };
        let scanned = Range {
            after,
            through: after.saturating_add(SCAN).min(self.bounds().latest),
        };
        let (found, last) = self.matching(scanned, limit, filter)?;
        let through = if found < limit { scanned.through } else { last };
        self.range(after, through.saturating_sub(after))
    }

    /// How many events of a run the filter shows, counting to `limit`, and the last that was counted.
    fn matching(&self, run: Range, limit: u64, filter: &Filter) -> Result<(u64, u64), DbError> {
        let sql = format!(
            "SELECT count(*), max(seq) FROM (SELECT seq FROM events
                WHERE seq > ?2 AND seq <= ?3 AND form < 3{} ORDER BY seq LIMIT ?4)",
            render::condition(filter)
        );
        let read = |row: &dyn Row<D>| (row.int(0), row.int(1));
        let found = self.of_run(&sql, run, limit, filter, None, read)?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// Whether any event of the run is left to show.
    pub(super) fn shows(&self, run: Range, filter: &Filter) -> Result<bool, DbError> {
        Ok(self.matching(run, 1, filter)?.0 > 0)
    }

    /// Asks about the events of a run: `?1` is the generation as it stands in ids, `?2` and `?3` are the
    /// run, `?4` is `bound`, `?5` and `?6` are the filter's where it is none that shows everything, `?7` and `?8` the
    /// frame's where there is one.
    fn of_run<T>(
        &self,
        sql: &str,
        run: Range,
        bound: u64,
        filter: &Filter,
        frame: Option<Frame<'_>>,
        read: impl FnMut(&dyn Row<D>) -> T,
    ) -> Result<Vec<T>, DbError> {
        let generation = self.bounds().prefix();
        let [types, sources] = ["type", "source"].map(|name| filter.values(name));
        let parameters = [
            Value::Text(&generation),
            Value::Int(run.after),
            Value::Int(run.through),
            Value::Int(bound),
            types.as_deref().map_or(Value::Null, Value::Text),
            sources.as_deref().map_or(Value::Null, Value::Text),
            Value::Text(frame.map_or("", |frame| frame.open)),
            Value::Text(frame.map_or("", |frame| frame.close)),
        ];
        let count = match frame {
            Some(_) => 8,
            None if filter.is_empty() => 4,
            None => 6,
        };
        self.db
            .query(sql, parameters.get(..count).unwrap_or_default(), read)
    }

    /// The events of a run that the filter shows, in their frame.
    pub fn page(
        &self,
        range: Range,
        shape: Shape,
        filter: &Filter,
        frame: Frame<'_>,
    ) -> Result<Page<D::Blob>, DbError> {
        let sql = shape.page(filter);
        let mut page = Page {
            pieces: Vec::new(),
            shown: 0,
        };
        let (mut run, mut left) = (range, frame);
        while !run.is_empty() {
            let end = self.offset(run.after)?.saturating_add(SEGMENT_BYTES);
            let segment = self.segment(&sql, run, end, shape, filter, left)?;
            let Some(segment) = segment.filter(|segment| segment.through > run.after) else {
                break;
            };
            if page.shown > 0 && segment.shown > 0 {
                page.pieces.push(self.db.blob(shape.format.separator()));
            }
            page.pieces.push(segment.bytes);
            page.shown = page.shown.saturating_add(segment.shown);
            run.after = segment.through;
            left.open = "";
        }
        if page.pieces.is_empty() || !run.is_empty() {
            let Frame { open, close } = left;
            page.pieces.push(self.db.blob(&format!("{open}{close}")));
        }
        Ok(page)
    }

    /// A piece of a page: as SQLite writes it, or with its payloads in base64.
    fn segment(
        &self,
        sql: &str,
        run: Range,
        end: u64,
        shape: Shape,
        filter: &Filter,
        frame: Frame<'_>,
    ) -> Result<Option<Segment<D::Blob>>, DbError> {
        let mut bytes = frame.open.to_owned();
        let mut shown = 0_u64;
        let read = |row: &dyn Row<D>| {
            if !shape.base64 {
                return (row.int(0), row.int(1), row.blob(2));
            }
            if let Some(event) = text(row, shape) {
                if shown > 0 {
                    bytes.push_str(shape.format.separator());
                }
                bytes.push_str(&event);
                shown = shown.saturating_add(1);
            }
            (row.int(0), shown, None)
        };
        let rows = self.of_run(
            sql,
            run,
            end,
            filter,
            (!shape.base64).then_some(frame),
            read,
        )?;
        let Some((through, shown, written)) = rows.into_iter().next_back() else {
            return Ok(None);
        };
        let bytes = match written {
            Some(written) => written,
            // What SQLite was to write and did not is no page.
            None if !shape.base64 => return Ok(None),
            None => {
                if through == run.through {
                    bytes.push_str(frame.close);
                }
                self.db.blob(&bytes)
            }
        };
        Ok(Some(Segment {
            through,
            shown,
            bytes,
        }))
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
}

/// The text of an event whose payload is base64; nothing where it is not shown.
fn text<D: Db>(row: &dyn Row<D>, shape: Shape) -> Option<String> {
    if row.is_null(1) {
        return None;
    }
    let payload = match row.int(2) {
        form::JSON => Encoding::Base64.encode(row.string(3).as_bytes()),
        form::BASE64 => row.string(3),
        _ => return Some(row.string(1)),
    };
    Some(format!("{}{payload}\"{}", row.string(1), shape.close()))
}
