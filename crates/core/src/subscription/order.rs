//! What a body asks of a subscription.
//!
//! As with consumers, members that nobody knows are dropped, and an empty value counts as absent.

use serde_json::{Map, Value};

use super::MAX_IN_FLIGHT;
use crate::cursor::EventId;
use crate::json;
use crate::problem::Problem;
use crate::rejection::Rejection;
use crate::signing::Key;

/// How long the old secret goes on signing where nothing is said, and at most: 24 hours, 30 days.
const DEFAULT_GRACE_SECONDS: u64 = 24 * 3600;
const LONGEST_GRACE_SECONDS: u64 = 30 * 24 * 3600;

/// The most entries of `events`, and the longest of them.
const MOST_PATTERNS: usize = 50;
const LONGEST_PATTERN: usize = 100;
const LONGEST_URL: usize = 2048;

/// A subscription that is asked for.
#[derive(Debug)]
pub struct Creation {
    /// As it was given; the host has not parsed it yet.
    pub url: String,
    /// Types, exact, `prefix.*` or `*`, as a JSON array.
    pub events: String,
    /// The secret, where it is not to be made.
    pub secret: Option<String>,
    /// Whether the event's own bytes are sent.
    pub raw: bool,
    /// Whether each event waits for the one before it.
    pub ordered: bool,
    /// The most attempts at once.
    pub max_in_flight: u64,
}

/// What is to be changed.
#[derive(Debug, Default)]
pub struct Changes {
    /// The URL.
    pub url: Option<String>,
    /// What is sent, as a JSON array.
    pub events: Option<String>,
    /// Whether nothing is sent for now.
    pub paused: Option<bool>,
}

/// A new secret beside the old ones.
#[derive(Debug)]
pub struct Rotation {
    /// It; none where it is to be made.
    pub secret: Option<String>,
    /// How long the old ones go on signing.
    pub grace_seconds: u64,
}

/// Deliveries that are asked for once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bulk {
    /// All that failed.
    Failed,
    /// Events after one, through another; none for the first one kept, and for the last.
    Range(Option<EventId>, Option<EventId>),
}

/// The members of a body, whichever it is.
struct Body(Map<String, Value>);

impl Creation {
    /// Reads the body of `POST /webhooks/subscribe`.
    ///
    /// # Errors
    ///
    /// `invalid_body`, with a sentence about the member.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let body = Body::read(bytes)?;
        let events = body.events()?;
        let max = body.number("max_in_flight")?.unwrap_or(MAX_IN_FLIGHT);
        let format = body.text("format")?;
        Ok(Self {
            url: body.url()?.ok_or_else(|| wrong("url", A_URL))?,
            events: events.unwrap_or_else(|| r#"["*"]"#.to_owned()),
            secret: body.secret()?,
            raw: match format {
                None | Some("event") => false,
                Some("raw") => true,
                Some(_) => return Err(wrong("format", "`event` or `raw`")),
            },
            ordered: body.flag("ordered")?.unwrap_or(false),
            max_in_flight: max.clamp(1, MAX_IN_FLIGHT),
        })
    }
}

impl Changes {
    /// Reads the body of `PATCH /webhooks/{id}`.
    ///
    /// # Errors
    ///
    /// `invalid_body`, with a sentence about the member.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let body = Body::read(bytes)?;
        Ok(Self {
            url: body.url()?,
            events: body.events()?,
            paused: body.flag("paused")?,
        })
    }
}

impl Rotation {
    /// Reads the body of `POST /webhooks/{id}/rotate`.
    ///
    /// # Errors
    ///
    /// `invalid_body`, with a sentence about the member.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let body = Body::read(bytes)?;
        let grace = body.number("grace_seconds")?;
        Ok(Self {
            secret: body.secret()?,
            grace_seconds: grace
                .unwrap_or(DEFAULT_GRACE_SECONDS)
                .min(LONGEST_GRACE_SECONDS),
        })
    }
}

impl Bulk {
    /// Reads the body of `POST /webhooks/{id}/replay`.
    ///
    /// # Errors
    ///
    /// `invalid_body`, with a sentence about the member.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let body = Body::read(bytes)?;
        let since = body.id("since_id")?;
        let until = body.id("until_id")?;
        match (body.flag("failed")?, since, until) {
            (Some(true), None, None) => Ok(Self::Failed),
            (None | Some(false), since, until) if since.is_some() || until.is_some() => {
                Ok(Self::Range(since, until))
            }
            _ => Err(wrong(
                "The body",
                "`since_id` or `until_id` or both, or else `failed` alone",
            )),
        }
    }
}

impl Body {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            _ => Err(wrong("The body", "a JSON object")),
        }
    }

    /// A member; none where it is null or empty.
    fn member(&self, name: &str) -> Option<&Value> {
        let value = self.0.get(name);
        value.filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        let read = |value: &'_ Value| value.is_string();
        match self.member(name) {
            Some(value) if !read(value) => Err(wrong(name, "a string")),
            value => Ok(value.and_then(Value::as_str)),
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        match self.member(name) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                None => Err(wrong(name, "a whole number")),
                number => Ok(number),
            },
        }
    }

    fn id(&self, name: &str) -> Result<Option<EventId>, Problem> {
        match self.text(name)?.map(str::parse) {
            None => Ok(None),
            Some(Ok(id)) => Ok(Some(id)),
            Some(Err(_)) => Err(wrong(name, "the id of an event")),
        }
    }

    fn url(&self) -> Result<Option<String>, Problem> {
        match self.text("url")? {
            Some(url) if url.len() > LONGEST_URL => Err(wrong("url", A_URL)),
            url => Ok(url.map(str::to_owned)),
        }
    }

    fn secret(&self) -> Result<Option<String>, Problem> {
        match self.text("secret")? {
            Some(secret) if Key::read(secret).is_none() => Err(wrong(
                "secret",
                "8 to 256 printable ASCII characters, and behind `whsec_` base 64 with its padding",
            )),
            secret => Ok(secret.map(str::to_owned)),
        }
    }

    fn events(&self) -> Result<Option<String>, Problem> {
        let Some(value) = self.member("events") else {
            return Ok(None);
        };
        let entries = value.as_array();
        let entries = entries.filter(|entries| (1..=MOST_PATTERNS).contains(&entries.len()));
        let text = |entry| {
            Value::as_str(entry)
                .filter(|text| is_pattern(text))
                .map(json::text)
        };
        match entries.and_then(|entries| entries.iter().map(text).collect::<Option<Vec<_>>>()) {
            Some(texts) => Ok(Some(format!("[{}]", texts.join(",")))),
            None => Err(wrong(
                "events",
                "1 to 50 types of up to 100 bytes, each exact, ending in `.*`, or `*` for all",
            )),
        }
    }
}

const A_URL: &str = "an absolute https URL of up to 2048 bytes";

#[inline(never)]
fn wrong(member: &str, what: &str) -> Problem {
    Problem::from(Rejection::InvalidBody).detail(format!("{member} must be {what}."))
}

/// A type that ends in `.*` stands for all that begin so, and `*` for all; a star stands nowhere else.
fn is_pattern(text: &str) -> bool {
    let stem = text.strip_suffix(".*").unwrap_or(text);
    text == "*" || (!stem.is_empty() && text.len() <= LONGEST_PATTERN && !stem.contains('*'))
}
