//! What a body asks of a subscription.
//!
//! As with consumers, members that nobody knows are dropped, and an empty value counts as absent.

use super::MAX_IN_FLIGHT;
use crate::cursor::EventId;
use crate::json;
use crate::members::{Members, is_pattern, wrong};
use crate::problem::Problem;
use crate::signing::Key;

/// How long the old secret goes on signing where nothing is said, and at most: 24 hours, 30 days.
const DEFAULT_GRACE_SECONDS: u64 = 24 * 3600;
const LONGEST_GRACE_SECONDS: u64 = 30 * 24 * 3600;

/// The most entries of `events`.
const MOST_PATTERNS: u64 = 50;
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
struct Body(Members);

impl Creation {
    /// Reads the body of `POST /webhooks/subscribe`.
    ///
    /// # Errors
    ///
    /// `invalid_body`, with a sentence about the member.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let body = Body(Members::read(bytes)?);
        let events = body.events()?;
        let max = body.0.number("max_in_flight")?.unwrap_or(MAX_IN_FLIGHT);
        let format = body.0.text("format")?;
        Ok(Self {
            url: body.url()?.ok_or_else(|| wrong("url", A_URL))?,
            events: events.unwrap_or_else(|| r#"["*"]"#.to_owned()),
            secret: body.secret()?,
            raw: match format {
                None | Some("event") => false,
                Some("raw") => true,
                Some(_) => return Err(wrong("format", "`event` or `raw`")),
            },
            ordered: body.0.flag("ordered")?.unwrap_or(false),
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
        let body = Body(Members::read(bytes)?);
        Ok(Self {
            url: body.url()?,
            events: body.events()?,
            paused: body.0.flag("paused")?,
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
        let body = Body(Members::read(bytes)?);
        let grace = body.0.number("grace_seconds")?;
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
        let body = Body(Members::read(bytes)?);
        let since = body.0.id("since_id")?;
        let until = body.0.id("until_id")?;
        match (body.0.flag("failed")?, since, until) {
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
    fn url(&self) -> Result<Option<String>, Problem> {
        match self.0.text("url")? {
            Some(url) if url.len() > LONGEST_URL => Err(wrong("url", A_URL)),
            url => Ok(url.map(str::to_owned)),
        }
    }

    fn secret(&self) -> Result<Option<String>, Problem> {
        match self.0.text("secret")? {
            Some(secret) if Key::read(secret).is_none() => Err(wrong(
                "secret",
                "8 to 256 printable ASCII characters, and behind `whsec_` base 64 with its padding",
            )),
            secret => Ok(secret.map(str::to_owned)),
        }
    }

    fn events(&self) -> Result<Option<String>, Problem> {
        let events = self
            .0
            .texts("events", MOST_PATTERNS, is_wanted, SOME_TYPES)?;
        let Some(events) = events else {
            return Ok(None);
        };
        if events.is_empty() {
            return Err(wrong("events", SOME_TYPES));
        }
        Ok(Some(json::array(&mut events.into_iter().map(json::text))))
    }
}

const SOME_TYPES: &str =
    "1 to 50 types of up to 100 bytes, each exact, ending in `.*`, or `*` for all";
const A_URL: &str = "an absolute https URL of up to 2048 bytes";

/// As a filter's types, and `*` for all.
fn is_wanted(text: &str) -> bool {
    text == "*" || is_pattern(text)
}
