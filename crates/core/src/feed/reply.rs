//! What a reader is answered. One path, whatever the face: where does the reader stand, what does
//! the page cover, has the reader got it already, and only then the page itself.

use super::Log;
use super::db::{Db, DbError};
use super::read::{Body, Frame, Range};
use super::render::Shape;
use crate::cache::{Answer, Audience, cache_control, edge_seconds};
use crate::conditional::{Preconditions, Validators};
use crate::cursor::{Bounds, EventId, Lost};
use crate::filter::Filter;
use crate::problem::Problem;
use crate::query::{Face, Position, Query, Question};
use crate::rejection::Rejection;
use crate::represent::Format;

/// `/updates` without a position looks back this far.
const RECENT_MS: u64 = 10 * 60_000;

/// `/updates` with a time repeats this much: clients take the time after the read, and clocks
/// differ.
const OVERLAP_MS: u64 = 5_000;

/// Held answers give cursors that count time in steps of so many milliseconds: those who were held
/// apart and end within one step are held together from then on.
const CURSOR_STEP_MS: u64 = 20_000;

/// Who reads, and what they hold already.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Whether the feed is public.
    pub audience: Audience,
    /// The form that lists are sent in.
    pub format: Format,
    /// Seconds after which to ask again where nothing was held.
    pub poll_interval: u64,
    /// `If-None-Match` and `If-Modified-Since`.
    pub preconditions: Preconditions<'a>,
}

/// An answer without its transport. `T` and `B` are the database's texts and blobs.
#[derive(Debug)]
pub struct Reply<T, B> {
    /// The status code.
    pub status: u16,
    /// `ETag`, with its quotes.
    pub etag: Option<String>,
    /// `Last-Modified`, in unix seconds.
    pub last_modified: Option<u64>,
    /// `Cache-Control`.
    pub cache_control: &'static str,
    /// For how many seconds the Worker's own cache may answer with it.
    pub edge_seconds: Option<u64>,
    /// Where a list goes on.
    pub next: Option<Next>,
    /// The content.
    pub content: Content<T, B>,
}

/// Where a list goes on, and when to ask.
#[derive(Debug)]
pub struct Next {
    /// The URL, relative to the list's own.
    pub url: String,
    /// Seconds to wait before.
    pub after: u64,
}

/// The content of an answer.
#[derive(Debug)]
pub enum Content<T, B> {
    /// None: the reader has it.
    NotModified,
    /// Events.
    Events {
        /// The form.
        format: Format,
        /// Its bytes, one piece after the other.
        pieces: Vec<B>,
    },
    /// The event's own bytes. `attachment` where a browser shall save and not show them.
    Body {
        /// The bytes and their type.
        body: Body<T, B>,
        /// Whether `Content-Disposition: attachment` is sent.
        attachment: bool,
    },
    /// A refusal, with members that say where the log is.
    Problem(Problem),
}

/// What to do for a reader now.
#[derive(Debug)]
pub enum Turn<T, B> {
    /// Answer.
    Answer(Reply<T, B>),
    /// There is nothing yet and the reader is willing to wait.
    Hold,
}

type Answered<D> = Result<Reply<<D as Db>::Text, <D as Db>::Blob>, DbError>;

impl<D: Db> Log<D> {
    /// One turn of a reader. With `held`, its hold is over and it is answered whatever there is.
    pub fn ask(
        &self,
        question: &Question,
        reader: Reader<'_>,
        held: bool,
        now: u64,
    ) -> Result<Turn<D::Text, D::Blob>, DbError> {
        match question {
            Question::List(query) => return self.list(query, reader, held, now),
            Question::Newest => self.newest(reader, now),
            Question::Event(id, base64) => self.event(*id, *base64, reader, now),
            Question::Body(id) => self.event_body(*id, reader, now),
        }
        .map(Turn::Answer)
    }

    fn list(
        &self,
        query: &Query,
        reader: Reader<'_>,
        held: bool,
        now: u64,
    ) -> Result<Turn<D::Text, D::Blob>, DbError> {
        let bounds = self.bounds();
        let after = match self.place(query.position, query.face, now)? {
            Ok(after) => after,
            Err(lost) => return Ok(Turn::Answer(gone(lost, bounds, reader.audience))),
        };
        let range = self.shown(self.filtered(after, query.limit, &query.filter)?, query)?;
        let more = range.through < bounds.latest;
        if query.hold > 0 && !held && !more && self.is_nothing(range, &query.filter)? {
            return Ok(Turn::Hold);
        }
        let empty = range.is_empty();
        // What is given to be echoed makes the next hold's URL another one than this one's. That it is the
        // later of two counts, and goes by time, lets those meet again who were held apart.
        let cursor = match held && query.hold > 0 && empty {
            true => (now / CURSOR_STEP_MS).max(query.cursor.saturating_add(1)),
            false => 0,
        };
        let answer = match query.position {
            _ if cursor > 0 && query.cursor == 0 => Answer::Timeout,
            Position::None | Position::Time(_) => Answer::Now,
            Position::After(_) if empty => Answer::Empty,
            Position::After(_) if more => Answer::Settled,
            Position::After(_) => Answer::Tail,
        };
        let base64 = if query.base64 { "b" } else { "" };
        let echo = match cursor {
            0 => String::new(),
            cursor => format!("@{cursor}"),
        };
        let etag = format!(
            r#""{}.{}-{}{}{}{}{base64}{echo}""#,
            bounds.generation,
            range.after,
            range.through,
            self.variant(reader.audience, more),
            reader.format.tag(),
            query.filter.tag(),
        );
        // A window that slides changes without the log, and so does what is given to be echoed: no date
        // can speak for them.
        let changed_at = match (query.face, query.position) {
            (Face::Updates, Position::None) => 0,
            _ if cursor > 0 => 0,
            _ => self.changed_at(),
        };
        let shape = Shape {
            audience: reader.audience,
            format: reader.format,
            base64: query.base64,
        };
        let last = bounds.id(range.through);
        let reply = self.validated(etag, changed_at, answer, reader, now, || {
            let (open, close) = match shape.format {
                Format::Json => frame(query.face, range, last, more, cursor),
                Format::CloudEvents => ("[", "]".to_owned()),
                Format::Lines | Format::Sse => ("", String::new()),
            };
            let frame = Frame {
                open,
                close: &close,
            };
            Ok(Content::Events {
                format: shape.format,
                pieces: self.page(range, shape, &query.filter, frame)?.pieces,
            })
        })?;
        let next = Next {
            url: query.next(last, cursor),
            after: if more || query.hold > 0 {
                0
            } else {
                reader.poll_interval
            },
        };
        Ok(Turn::Answer(Reply {
            next: Some(next),
            ..reply
        }))
    }

    /// Whether there is nothing to show of a run.
    fn is_nothing(&self, range: Range, filter: &Filter) -> Result<bool, DbError> {
        if range.is_empty() || filter.is_empty() {
            return Ok(range.is_empty());
        }
        Ok(!self.shows(range, filter)?)
    }

    /// One event.
    fn event(&self, id: EventId, base64: bool, reader: Reader<'_>, now: u64) -> Answered<D> {
        let at = match self.kept(id)? {
            Ok(at) => at,
            Err(refused) => return Ok(refusal(refused)),
        };
        let EventId {
            generation,
            sequence,
        } = id;
        let open = if reader.audience == Audience::Public {
            "p"
        } else {
            ""
        };
        let encoding = if base64 { "b" } else { "" };
        let etag = format!(r#""{generation}.{sequence}{open}{encoding}""#);
        let shape = Shape {
            audience: reader.audience,
            format: Format::Json,
            base64,
        };
        self.validated(etag, at, Answer::Settled, reader, now, || {
            let run = Range {
                after: sequence.saturating_sub(1),
                through: sequence,
            };
            let page = self.page(run, shape, &Filter::default(), Frame::default())?;
            Ok(Content::Events {
                format: Format::Json,
                pieces: page.pieces,
            })
        })
    }

    /// One event's bytes.
    fn event_body(&self, id: EventId, reader: Reader<'_>, now: u64) -> Answered<D> {
        let at = match self.kept(id)? {
            Ok(at) => at,
            Err(refused) => return Ok(refusal(refused)),
        };
        let etag = format!(r#""{}.{}.body""#, id.generation, id.sequence);
        let reply = self.validated(etag, at, Answer::Settled, reader, now, || {
            self.body_content(id.sequence, true)
        })?;
        Ok(unkept(reply))
    }

    /// When the event was appended, where there is something left of it.
    fn kept(&self, id: EventId) -> Result<Result<u64, Rejection>, DbError> {
        let known = id.generation == self.bounds().generation;
        Ok(match self.stored(id.sequence)?.filter(|_| known) {
            None => Err(Rejection::UnknownEvent),
            Some((_, true)) => Err(Rejection::EventErased),
            Some((at, false)) => Ok(at),
        })
    }

    /// The newest event's bytes.
    fn newest(&self, reader: Reader<'_>, now: u64) -> Answered<D> {
        let newest = self.db.first(
            "SELECT seq FROM events WHERE form < 3 ORDER BY seq DESC LIMIT 1",
            &[],
            |row| row.int(0),
        )?;
        let Some(seq) = newest else {
            return Ok(refusal(Rejection::UnknownEvent));
        };
        let etag = format!(r#""{}.{seq}""#, self.bounds().generation);
        // Not when it was appended: an older event becomes the newest where a newer one is erased.
        let reply = self.validated(etag, self.changed_at(), Answer::Now, reader, now, || {
            self.body_content(seq, false)
        })?;
        Ok(unkept(reply))
    }

    /// The sequence after which the reader goes on.
    pub(super) fn place(
        &self,
        position: Position,
        face: Face,
        now: u64,
    ) -> Result<Result<u64, Lost>, DbError> {
        Ok(match (position, face) {
            (Position::After(id), _) => self.bounds().resume(id),
            (Position::Time(at), _) => Ok(self.since(at.saturating_sub(OVERLAP_MS))?),
            (Position::None, Face::Updates) => Ok(self.since(now.saturating_sub(RECENT_MS))?),
            (Position::None, _) => Ok(self.bounds().start()),
        })
    }

    /// `/long-poll` has no `next`: it must not be answered with nothing but events that are erased or
    /// hidden, or its reader would ask the same for ever.
    fn shown(&self, mut range: Range, query: &Query) -> Result<Range, DbError> {
        let all = query.filter.is_empty() && self.erasures() == 0;
        if query.face != Face::LongPoll || all {
            return Ok(range);
        }
        while !range.is_empty() && !self.shows(range, &query.filter)? {
            range = self.filtered(range.through, query.limit, &query.filter)?;
        }
        Ok(range)
    }

    /// Answers 304 where the reader has this already, else with the content.
    fn validated(
        &self,
        etag: String,
        changed_at: u64,
        answer: Answer,
        reader: Reader<'_>,
        now: u64,
        content: impl FnOnce() -> Result<Content<D::Text, D::Blob>, DbError>,
    ) -> Answered<D> {
        // A date has whole seconds: within the second of a change another one may follow, so the
        // date is given only when that second is over (RFC 9110, section 8.8.2.2).
        let last_modified = Some(changed_at / 1000).filter(|&at| at > 0 && at < now / 1000);
        let validators = Validators {
            etag: &etag,
            last_modified,
        };
        let modified = !reader.preconditions.not_modified(validators);
        Ok(Reply {
            status: if modified { 200 } else { 304 },
            content: if modified {
                content()?
            } else {
                Content::NotModified
            },
            etag: Some(etag),
            last_modified,
            cache_control: cache_control(answer, reader.audience),
            edge_seconds: edge_seconds(answer),
            next: None,
        })
    }

    fn body_content(
        &self,
        seq: u64,
        attachment: bool,
    ) -> Result<Content<D::Text, D::Blob>, DbError> {
        let body = self
            .body(seq)?
            .ok_or(DbError("the event went while it was read".to_owned()))?;
        Ok(Content::Body { body, attachment })
    }

    /// What a page depends on besides its range: who sees it, whether more follows, and what was
    /// erased since.
    fn variant(&self, audience: Audience, more: bool) -> String {
        let open = if audience == Audience::Public {
            "p"
        } else {
            ""
        };
        let more = if more { "+" } else { "" };
        match self.erasures() {
            0 => format!("{open}{more}"),
            erasures => format!("{open}{more}.{erasures}"),
        }
    }
}

pub(super) fn gone<T, B>(lost: Lost, bounds: Bounds, audience: Audience) -> Reply<T, B> {
    let problem = bounds.refusal(lost);
    let rejection = problem.rejection();
    Reply {
        cache_control: cache_control(Answer::Gone, audience),
        content: Content::Problem(problem),
        ..refusal(rejection)
    }
}

fn refusal<T, B>(rejection: Rejection) -> Reply<T, B> {
    Reply {
        status: rejection.status(),
        etag: None,
        last_modified: None,
        cache_control: cache_control(Answer::Never, Audience::Token),
        edge_seconds: None,
        next: None,
        content: Content::Problem(rejection.into()),
    }
}

/// Bytes may be many: they are not kept at the edge, but go through it as they are read.
fn unkept<T, B>(reply: Reply<T, B>) -> Reply<T, B> {
    Reply {
        edge_seconds: None,
        ..reply
    }
}

/// What stands around the events of a face's own JSON.
fn frame(
    face: Face,
    range: Range,
    last: EventId,
    more: bool,
    cursor: u64,
) -> (&'static str, String) {
    let close = match face {
        Face::LongPoll if range.is_empty() => r#"],"message":"timeout"}"#.to_owned(),
        // `/updates` is bounded by bytes alone, and never silently.
        Face::LongPoll => "]}".to_owned(),
        Face::Updates if !more => "]}".to_owned(),
        _ if cursor > 0 => {
            format!(r#"],"next":"{last}","has_more":{more},"cursor":"{cursor}"}}"#)
        }
        _ => format!(r#"],"next":"{last}","has_more":{more}}}"#),
    };
    let open = match face {
        Face::Updates => r#"{"updates":["#,
        _ => r#"{"events":["#,
    };
    (open, close)
}
