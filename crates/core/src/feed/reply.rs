//! What a reader is answered. One path, whatever the face: where does the reader stand, what does
//! the page cover, has the reader got it already, and only then the page itself.

use super::Log;
use super::db::{Db, DbError};
use super::read::{Body, Range};
use crate::cache::{Answer, Audience, cache_control};
use crate::conditional::{Preconditions, Validators};
use crate::cursor::{Bounds, EventId, Lost};
use crate::problem::Problem;
use crate::query::{Face, Position, Query, Question};
use crate::rejection::Rejection;

/// `/updates` without a position looks back this far.
const RECENT_MS: u64 = 10 * 60_000;

/// `/updates` with a time repeats this much: clients take the time after the read, and clocks
/// differ.
const OVERLAP_MS: u64 = 5_000;

/// Who reads, and what they hold already.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Whether the feed is public.
    pub audience: Audience,
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
    /// The content.
    pub content: Content<T, B>,
}

/// The content of an answer.
#[derive(Debug)]
pub enum Content<T, B> {
    /// None: the reader has it.
    NotModified,
    /// JSON: `open`, the pieces joined with commas, `close`.
    Json {
        /// What stands before the events.
        open: &'static str,
        /// The events.
        pieces: Vec<T>,
        /// What stands after them.
        close: String,
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
            Question::Event(id) => self.single(*id, false, reader, now),
            Question::Body(id) => self.single(*id, true, reader, now),
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
        let range = self.shown(self.range(after, query.limit.unwrap_or(u64::MAX))?, query)?;
        if range.is_empty() && query.hold > 0 && !held {
            return Ok(Turn::Hold);
        }
        let more = range.through < bounds.latest;
        let answer = match query.position {
            Position::None | Position::Time(_) => Answer::Now,
            Position::After(_) if range.is_empty() => Answer::Empty,
            Position::After(_) if more => Answer::Settled,
            Position::After(_) => Answer::Tail,
        };
        let etag = format!(
            r#""{}.{}-{}{}""#,
            bounds.generation,
            range.after,
            range.through,
            self.variant(reader.audience, more)
        );
        // A window that slides changes without the log: no date can speak for it.
        let changed_at = match (query.face, query.position) {
            (Face::Updates, Position::None) => 0,
            _ => self.changed_at(),
        };
        self.validated(etag, changed_at, answer, reader, now, || {
            let page = self.page(range, reader.audience)?;
            let empty = range.is_empty();
            let (open, close) = match query.face {
                Face::Events => (
                    r#"{"events":["#,
                    format!(
                        r#"],"next":"{}","has_more":{more}}}"#,
                        bounds.id(range.through)
                    ),
                ),
                Face::LongPoll if empty => {
                    (r#"{"events":["#, r#"],"message":"timeout"}"#.to_owned())
                }
                Face::LongPoll => (r#"{"events":["#, "]}".to_owned()),
                // Bounded by bytes alone, and never silently.
                Face::Updates if more => (
                    r#"{"updates":["#,
                    format!(
                        r#"],"next":"{}","has_more":true}}"#,
                        bounds.id(range.through)
                    ),
                ),
                Face::Updates => (r#"{"updates":["#, "]}".to_owned()),
            };
            Ok(Content::Json {
                open,
                pieces: page.pieces,
                close,
            })
        })
        .map(Turn::Answer)
    }

    /// One event, or with `bytes` its body.
    fn single(&self, id: EventId, bytes: bool, reader: Reader<'_>, now: u64) -> Answered<D> {
        let bounds = self.bounds();
        let known = id.generation == bounds.generation;
        let (at, erased) = match self.stored(id.sequence)?.filter(|_| known) {
            Some(stored) => stored,
            None => return Ok(refusal(Rejection::UnknownEvent)),
        };
        if erased {
            return Ok(refusal(Rejection::EventErased));
        }
        let form = match (bytes, reader.audience) {
            (true, _) => ".body",
            (false, Audience::Token) => "",
            (false, Audience::Public) => "p",
        };
        let etag = format!(r#""{}.{}{form}""#, id.generation, id.sequence);
        self.validated(etag, at, Answer::Settled, reader, now, || {
            if bytes {
                return self.body_content(id.sequence, true);
            }
            let event = self.event(id.sequence, reader.audience)?;
            Ok(Content::Json {
                open: "",
                pieces: event.into_iter().collect(),
                close: String::new(),
            })
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
        self.validated(etag, self.changed_at(), Answer::Now, reader, now, || {
            self.body_content(seq, false)
        })
    }

    /// The sequence after which the reader goes on.
    fn place(
        &self,
        position: Position,
        face: Face,
        now: u64,
    ) -> Result<Result<u64, Lost>, DbError> {
        Ok(match (position, face) {
            (Position::After(id), _) => self.bounds().resume(id),
            (Position::Time(at), _) => Ok(self.since(at.saturating_sub(OVERLAP_MS))?),
            (Position::None, Face::Updates) => Ok(self.since(now.saturating_sub(RECENT_MS))?),
            (Position::None, Face::Events | Face::LongPoll) => Ok(self.bounds().start()),
        })
    }

    /// `/long-poll` has no `next`: it must not be answered with nothing but erased events, or its
    /// reader would ask the same for ever.
    fn shown(&self, mut range: Range, query: &Query) -> Result<Range, DbError> {
        if query.face != Face::LongPoll || self.erasures() == 0 {
            return Ok(range);
        }
        while !range.is_empty() && !self.shows(range)? {
            range = self.range(range.through, query.limit.unwrap_or(u64::MAX))?;
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

fn gone<T, B>(lost: Lost, bounds: Bounds, audience: Audience) -> Reply<T, B> {
    let rejection = match lost {
        Lost::Expired => Rejection::CursorExpired,
        Lost::Ahead => Rejection::CursorAhead,
    };
    let problem = Problem::from(rejection)
        .with(
            "earliest",
            bounds.id(bounds.earliest.min(bounds.latest)).to_string(),
        )
        .with("latest", bounds.id(bounds.latest).to_string());
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
        content: Content::Problem(rejection.into()),
    }
}
