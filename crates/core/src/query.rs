//! What a reader asks for: the query of each face, made canonical.
//!
//! Unknown parameters are dropped and numbers are clamped, so that equal questions have equal
//! texts; a parameter given twice is refused, because two readers of one URL could take different
//! ones (those of a [`Filter`] may be repeated, and mean any of them). An empty value counts as absent.

use std::borrow::Cow;
use std::fmt;

use crate::cursor::EventId;
use crate::filter::{Filter, put};
use crate::rejection::Rejection;
use crate::route::Resource;
use crate::when::parse_rfc3339;

/// The longest hold, in seconds: proxies on the way cut a silent answer at 30.
pub const MAX_HOLD: u64 = 25;

/// The most events of one page.
pub const MAX_LIMIT: u64 = 500;

const DEFAULT_LIMIT: u64 = 100;

/// Room for most questions, in bytes.
const USUAL: usize = 96;

/// Cursors end below this, so that every client can count with them.
const MAX_CURSOR: u64 = 1 << 50;

/// The faces of the one read path that give lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// `GET {base}/events`
    Events,
    /// `GET {base}/long-poll`
    LongPoll,
    /// `GET {base}/updates`
    Updates,
    /// `GET {base}/stream`
    Stream,
}

/// How a face names its parameters, and what it does without them.
struct Names {
    path: &'static str,
    position: &'static str,
    takes_time: bool,
    limit: Option<&'static str>,
    hold: Option<(&'static str, u64)>,
}

impl Face {
    fn names(self) -> &'static Names {
        match self {
            Self::Events => &Names {
                path: "events",
                position: "since_id",
                takes_time: false,
                limit: Some("limit"),
                hold: Some(("wait", 0)),
            },
            Self::LongPoll => &Names {
                path: "long-poll",
                position: "last_event_id",
                takes_time: false,
                limit: Some("limit"),
                hold: Some(("timeout", MAX_HOLD)),
            },
            Self::Updates => &Names {
                path: "updates",
                position: "since",
                takes_time: true,
                limit: None,
                hold: None,
            },
            Self::Stream => &Names {
                path: "stream",
                position: "since_id",
                takes_time: false,
                limit: None,
                hold: None,
            },
        }
    }
}

/// Where a reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// It gave none.
    None,
    /// After this event.
    After(EventId),
    /// At this moment, in unix milliseconds.
    Time(u64),
}

/// A question to a feed's list. Its `Display` is its canonical URL, below the feed's base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Which face asks.
    pub face: Face,
    /// Where the reader stands.
    pub position: Position,
    /// The most events of the page; `None` where only bytes bound it.
    pub limit: Option<u64>,
    /// Seconds to hold the answer while there is nothing.
    pub hold: u64,
    /// What the last held answer gave to be echoed; 0 where it gave nothing. It is no position: it only
    /// makes the URL of the next hold another one than that of a hold which ended with nothing, so that
    /// shared caches cannot answer it with that end.
    pub cursor: u64,
    /// Which events are shown.
    pub filter: Filter,
    /// Whether every payload is shown as base64 of its bytes.
    pub base64: bool,
    /// Whether `hold` came from `Prefer: wait` and not from the URL.
    pub preferred: bool,
}

impl Query {
    /// Reads the query part of a URL, without its `?`. `prefer` are the seconds of `Prefer: wait`, for a
    /// URL that says none.
    pub fn parse(face: Face, query: &str, prefer: Option<u64>) -> Result<Self, Rejection> {
        let names = face.names();
        let given = Given::parse(query);
        let position = match given.one(names.position)? {
            None => Position::None,
            Some(text) => match text.parse() {
                Ok(id) => Position::After(id),
                Err(_) if names.takes_time => {
                    Position::Time(time(text).ok_or(Rejection::InvalidCursor)?)
                }
                Err(_) => return Err(Rejection::InvalidCursor),
            },
        };
        let limit = match names.limit {
            None => None,
            Some(name) => Some(
                given
                    .one(name)?
                    .map_or(Ok(DEFAULT_LIMIT), number)?
                    .clamp(1, MAX_LIMIT),
            ),
        };
        let mut preferred = false;
        let hold = match names.hold {
            None => 0,
            Some((name, default)) => match (given.one(name)?, prefer) {
                (Some(seconds), _) => number(seconds)?,
                (None, Some(seconds)) => {
                    preferred = true;
                    seconds
                }
                (None, None) => default,
            },
        };
        let hold = hold.min(MAX_HOLD);
        let cursor = match hold {
            0 => 0,
            // Whatever else somebody made of it does no harm.
            _ => given
                .one("cursor")?
                .and_then(|n| number(n).ok())
                .filter(|n| *n < MAX_CURSOR)
                .unwrap_or(0),
        };
        Ok(Self {
            face,
            position,
            limit,
            hold,
            cursor,
            filter: Filter::parse(&given)?,
            base64: given.base64()?,
            preferred,
        })
    }

    /// The same question by one who has read up to and with `id`, with what a held answer gave to be
    /// echoed. Relative to the URL of this one.
    pub(crate) fn next(&self, id: EventId, cursor: u64) -> String {
        let next = Self {
            position: Position::After(id),
            cursor,
            ..self.clone()
        };
        format!("?{}", next.encoded())
    }

    /// Its parameters, in their one order.
    fn encoded(&self) -> String {
        let names = self.face.names();
        let position = match self.position {
            Position::None => None,
            Position::After(id) => Some(id.to_string()),
            Position::Time(ms) => Some(crate::when::rfc3339(ms)),
        };
        let hold = names.hold.map(|(name, _)| (name, self.hold.to_string()));
        let cursor = (self.cursor > 0).then(|| ("cursor", self.cursor.to_string()));
        let encoding = self.base64.then(|| ("encoding", "base64".to_owned()));
        let limit = names.limit.zip(self.limit.map(|n| n.to_string()));
        let position = position.map(|position| (names.position, position));
        let mut parameters = self.filter.clone().0;
        for parameter in [cursor, encoding, limit, position, hold]
            .into_iter()
            .flatten()
        {
            put(&mut parameters, parameter);
        }
        let mut encoded = form_urlencoded::Serializer::new(String::with_capacity(USUAL));
        for (name, value) in &parameters {
            encoded.append_pair(name, value);
        }
        encoded.finish()
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}?{}", self.face.names().path, self.encoded())
    }
}

/// The position in a list of dead letters: `?since_id=ID`.
pub fn dead_letters_after(query: &str) -> Result<Option<EventId>, Rejection> {
    let id = parameter(query, "since_id")?;
    id.map(|id| id.parse().map_err(|_| Rejection::InvalidCursor))
        .transpose()
}

/// What the queue says of a message that it gives up, as a query.
pub fn burial_query(reason: &str, attempts: u32) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("attempts", &attempts.to_string())
        .append_pair("reason", reason)
        .finish()
}

/// Reads what [`burial_query`] wrote.
pub fn burial(query: &str) -> (String, u32) {
    let value = |name| parameter(query, name).ok().flatten().unwrap_or_default();
    (value("reason"), value("attempts").parse().unwrap_or(0))
}

/// How far a feed goes: `?latest=ID`.
pub fn latest(query: &str) -> Option<EventId> {
    parameter(query, "latest").ok()??.parse().ok()
}

/// Whether this may be shown as a position: an id or a time, and nothing that anybody may have put there instead.
pub fn is_position(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_digit() || b"_-:.TZ+ ".contains(&byte);
    text.len() <= 40 && text.bytes().all(plain)
}

/// The value of a parameter; `None` where it is absent or empty.
///
/// # Errors
///
/// `duplicate_parameter`.
pub fn parameter(query: &str, name: &str) -> Result<Option<String>, Rejection> {
    let given = Given::parse(query);
    given.one(name).map(|value| value.map(str::to_owned))
}

/// The parameters of a query, decoded once, whichever are asked for.
pub(crate) struct Given<'q>(Vec<(Cow<'q, str>, Cow<'q, str>)>);

impl<'q> Given<'q> {
    fn parse(query: &'q str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).collect())
    }

    /// Every value of a parameter.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.0.iter().filter(move |(given, _)| given == name);
        named.map(|(_, value)| value.as_ref())
    }

    /// Its one value; `None` where it is absent or empty.
    fn one(&self, name: &str) -> Result<Option<&str>, Rejection> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            Some(_) => Err(Rejection::DuplicateParameter),
            None => Ok(first.filter(|value| !value.is_empty())),
        }
    }

    fn base64(&self) -> Result<bool, Rejection> {
        match self.one("encoding")? {
            None => Ok(false),
            Some("base64") => Ok(true),
            Some(_) => Err(Rejection::InvalidParameter),
        }
    }
}

pub(crate) fn number(text: &str) -> Result<u64, Rejection> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Rejection::InvalidParameter);
    }
    // Digits that overflow are a number above every bound.
    Ok(text.parse().unwrap_or(u64::MAX))
}

/// A time, with the blank that an unescaped `+` of its offset turns into.
fn time(text: &str) -> Option<u64> {
    parse_rfc3339(&text.replace(' ', "+"))
}

/// Anything that a feed can be asked. Its `Display` is its canonical URL below the feed's base:
/// equal questions have equal URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// A page of a list.
    List(Query),
    /// The newest event's bytes.
    Newest,
    /// One event, and whether its payload is shown as base64.
    Event(EventId, bool),
    /// One event's bytes.
    Body(EventId),
}

impl Question {
    /// What a URL below a feed's base asks. `prefer` are the seconds of `Prefer: wait`.
    pub fn parse(
        resource: Resource,
        id: Option<&str>,
        query: &str,
        prefer: Option<u64>,
    ) -> Result<Self, Rejection> {
        let list = |face| Query::parse(face, query, prefer).map(Self::List);
        let event = || {
            id.and_then(|id| id.parse().ok())
                .ok_or(Rejection::UnknownEvent)
        };
        match resource {
            Resource::Events => list(Face::Events),
            Resource::LongPoll => list(Face::LongPoll),
            Resource::Updates => list(Face::Updates),
            Resource::Stream => list(Face::Stream),
            Resource::Newest => Ok(Self::Newest),
            Resource::Event => Ok(Self::Event(event()?, Given::parse(query).base64()?)),
            Resource::EventBody => event().map(Self::Body),
            _ => Err(Rejection::NotFound),
        }
    }

    /// Reads what `Display` wrote, its path split at slashes.
    pub fn canonical(path: &[&str], query: &str) -> Result<Self, Rejection> {
        let (resource, id) = match path {
            ["events"] => (Resource::Events, None),
            ["long-poll"] => (Resource::LongPoll, None),
            ["updates"] => (Resource::Updates, None),
            ["stream"] => (Resource::Stream, None),
            ["resource"] => (Resource::Newest, None),
            ["events", id] => (Resource::Event, Some(*id)),
            ["events", id, "body"] => (Resource::EventBody, Some(*id)),
            _ => return Err(Rejection::NotFound),
        };
        Self::parse(resource, id, query, None)
    }

    /// A stream's reader goes on after `Last-Event-ID`, wherever its URL says it began.
    pub fn resumed(mut self, last_event_id: Option<&str>) -> Result<Self, Rejection> {
        let last = last_event_id.filter(|id| !id.is_empty());
        if let (Self::List(query), Some(id)) = (&mut self, last)
            && query.face == Face::Stream
        {
            query.position = Position::After(id.parse().map_err(|_| Rejection::InvalidCursor)?);
        }
        Ok(self)
    }

    /// The question without what is echoed, where its answer may be one that was given to somebody else; none
    /// where that would be of no use (a time is each reader's own), or too much to keep.
    pub fn shared(&self) -> Option<Self> {
        match self {
            Self::List(query) => {
                let own = matches!(query.position, Position::Time(_)) || query.face == Face::Stream;
                (!own).then(|| {
                    Self::List(Query {
                        cursor: 0,
                        ..query.clone()
                    })
                })
            }
            Self::Event(..) => Some(self.clone()),
            Self::Newest | Self::Body(_) => None,
        }
    }

    /// Whether the hold came from `Prefer: wait`.
    pub fn is_preferred(&self) -> bool {
        matches!(self, Self::List(query) if query.preferred)
    }

    /// Whether its answer may take its time, so that it must be told when its reader has gone.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::List(query) if query.hold > 0 || query.face == Face::Stream)
    }

    /// Seconds to hold the answer while there is nothing.
    pub fn hold(&self) -> u64 {
        match self {
            Self::List(query) => query.hold,
            _ => 0,
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(query) => query.fmt(f),
            Self::Newest => f.write_str("/resource"),
            Self::Event(id, false) => write!(f, "/events/{id}"),
            Self::Event(id, true) => write!(f, "/events/{id}?encoding=base64"),
            Self::Body(id) => write!(f, "/events/{id}/body"),
        }
    }
}
