//! What a reader asks for: the query of each face, made canonical.
//!
//! Unknown parameters are dropped and numbers are clamped, so that equal questions have equal
//! texts; a parameter given twice is refused, because two readers of one URL could take different
//! ones. An empty value counts as absent.

use std::fmt;

use crate::cursor::EventId;
use crate::rejection::Rejection;
use crate::route::Resource;
use crate::when::parse_rfc3339;

/// The longest hold, in seconds: proxies on the way cut a silent answer at 30.
pub const MAX_HOLD: u64 = 25;

/// The most events of one page.
pub const MAX_LIMIT: u64 = 500;

const DEFAULT_LIMIT: u64 = 100;

/// The faces of the one read path that give lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// `GET {base}/events`
    Events,
    /// `GET {base}/long-poll`
    LongPoll,
    /// `GET {base}/updates`
    Updates,
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
}

impl Query {
    /// Reads the query part of a URL, without its `?`.
    pub fn parse(face: Face, query: &str) -> Result<Self, Rejection> {
        let names = face.names();
        let given = |name: &str| parameter(query, name);
        let position = match given(names.position)? {
            None => Position::None,
            Some(text) => match text.parse() {
                Ok(id) => Position::After(id),
                Err(_) if names.takes_time => {
                    Position::Time(time(&text).ok_or(Rejection::InvalidCursor)?)
                }
                Err(_) => return Err(Rejection::InvalidCursor),
            },
        };
        let limit = match names.limit {
            None => None,
            Some(name) => Some(
                given(name)?
                    .map_or(Ok(DEFAULT_LIMIT), |n| number(&n))?
                    .clamp(1, MAX_LIMIT),
            ),
        };
        let hold = match names.hold {
            None => 0,
            Some((name, default)) => given(name)?
                .map_or(Ok(default), |n| number(&n))?
                .min(MAX_HOLD),
        };
        Ok(Self {
            face,
            position,
            limit,
            hold,
        })
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.face.names();
        let position = match self.position {
            Position::None => None,
            Position::After(id) => Some(id.to_string()),
            Position::Time(ms) => Some(crate::when::rfc3339(ms)),
        };
        let mut parameters = [
            (Some(names.position), position),
            (names.limit, self.limit.map(|n| n.to_string())),
            (
                names.hold.map(|(name, _)| name),
                names.hold.map(|_| self.hold.to_string()),
            ),
        ];
        parameters.sort();
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        for (name, value) in parameters {
            if let (Some(name), Some(value)) = (name, value) {
                encoded.append_pair(name, &value);
            }
        }
        write!(f, "/{}?{}", names.path, encoded.finish())
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

/// The value of a parameter; `None` where it is absent or empty.
pub(crate) fn parameter(query: &str, name: &str) -> Result<Option<String>, Rejection> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(n, _)| n == name);
    let first = values.next();
    if values.next().is_some() {
        return Err(Rejection::DuplicateParameter);
    }
    Ok(first
        .map(|(_, value)| value.into_owned())
        .filter(|value| !value.is_empty()))
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
    /// One event.
    Event(EventId),
    /// One event's bytes.
    Body(EventId),
}

impl Question {
    /// What a URL below a feed's base asks.
    pub fn parse(resource: Resource, id: Option<&str>, query: &str) -> Result<Self, Rejection> {
        let list = |face| Query::parse(face, query).map(Self::List);
        let event = || {
            id.and_then(|id| id.parse().ok())
                .ok_or(Rejection::UnknownEvent)
        };
        match resource {
            Resource::Events => list(Face::Events),
            Resource::LongPoll => list(Face::LongPoll),
            Resource::Updates => list(Face::Updates),
            Resource::Newest => Ok(Self::Newest),
            Resource::Event => event().map(Self::Event),
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
            ["resource"] => (Resource::Newest, None),
            ["events", id] => (Resource::Event, Some(*id)),
            ["events", id, "body"] => (Resource::EventBody, Some(*id)),
            _ => return Err(Rejection::NotFound),
        };
        Self::parse(resource, id, query)
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
            Self::Event(id) => write!(f, "/events/{id}"),
            Self::Body(id) => write!(f, "/events/{id}/body"),
        }
    }
}
