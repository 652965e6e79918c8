//! What a body asks of a consumer.
//!
//! As in a reader's query, numbers are clamped, members that nobody knows are dropped, one that
//! stands twice is refused, and an empty value counts as absent.

use serde::Deserialize;

use crate::config::is_name;
use crate::cursor::EventId;
use crate::problem::Problem;
use crate::query::{MAX_HOLD, MAX_LIMIT};
use crate::rejection::Rejection;
use crate::when::parse_rfc3339;

const DEFAULT_MAX: u64 = 10;
const DEFAULT_LEASE_SECONDS: u64 = 30;
const DEFAULT_MAX_ATTEMPTS: u64 = 10;
/// The longest lease and the longest delay: half a day.
const LONGEST_SECONDS: u64 = 12 * 3600;
const MOST_ATTEMPTS: u64 = 1000;

/// The most entries of a filter, and the longest of them.
const MOST_PATTERNS: usize = 20;
const LONGEST_PATTERN: usize = 100;
const LONGEST_ATTEMPT_ID: usize = 64;

/// What can be asked of a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Events, to be worked on.
    Claim,
    /// They are done.
    Ack,
    /// They failed.
    Nack,
    /// They take longer.
    Extend,
    /// Somebody else shall have them.
    Release,
    /// The consumer goes on from elsewhere.
    Seek,
}

/// Every verb, as it stands in a path.
const VERBS: &[(&str, Verb)] = &[
    ("claim", Verb::Claim),
    ("ack", Verb::Ack),
    ("nack", Verb::Nack),
    ("extend", Verb::Extend),
    ("release", Verb::Release),
    ("seek", Verb::Seek),
];

impl Verb {
    /// The verb of this name.
    pub fn named(name: &str) -> Option<Self> {
        let named = VERBS.iter().find(|(known, _)| *known == name);
        named.map(|(_, verb)| *verb)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let named = VERBS.iter().find(|(_, verb)| *verb == self);
        named.map_or("", |(name, _)| name)
    }
}

/// A body, taken apart.
#[derive(Debug)]
pub enum Order {
    /// Hand out events.
    Claim(Claim),
    /// Do this with each lease. `ms` is how long: the delay of a refusal, the rest of an extension.
    Leases {
        /// Ack, nack, extend or release.
        verb: Verb,
        /// As they came.
        leases: Vec<String>,
        /// Milliseconds.
        ms: u64,
    },
    /// Acknowledge everything of an ordered consumer's holder up to an event.
    Through {
        /// That event.
        id: EventId,
        /// The holder's.
        generation: u64,
    },
    /// Go on from here.
    Seek(Start),
}

/// A claim.
#[derive(Debug)]
pub struct Claim {
    /// The most events.
    pub max: u64,
    /// How long they are the worker's.
    pub lease_ms: u64,
    /// Seconds to hold the answer while there is nothing.
    pub wait: u64,
    /// Names the attempt, so that it can be repeated.
    pub attempt_id: Option<String>,
    /// What the consumer shall be.
    pub options: Options,
}

/// What a consumer is, for its life. `None` takes it as it is, or the default.
#[derive(Debug)]
pub struct Options {
    /// Whether one holder at a time gets events, in order.
    pub ordered: Option<bool>,
    /// Where a new one starts.
    pub from: Start,
    /// How often an event is tried.
    pub max_attempts: Option<u64>,
    /// Types, exact or `prefix.*`, as a sorted JSON array.
    pub types: Option<String>,
    /// Sources, as a sorted JSON array.
    pub sources: Option<String>,
}

impl Options {
    pub(super) fn attempts(&self) -> u64 {
        self.max_attempts.unwrap_or(DEFAULT_MAX_ATTEMPTS)
    }
}

/// A place in a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Before the oldest event kept.
    Earliest,
    /// After the newest.
    Latest,
    /// After this event, as every position is.
    After(EventId),
    /// Before what was appended at this moment or later, in unix milliseconds.
    Time(u64),
}

/// Every member of every body.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    max: Option<u64>,
    lease_seconds: Option<u64>,
    wait: Option<u64>,
    attempt_id: Option<String>,
    mode: Option<String>,
    from: Option<String>,
    max_attempts: Option<u64>,
    types: Option<Vec<String>>,
    sources: Option<Vec<String>>,
    leases: Option<Vec<String>>,
    through: Option<String>,
    generation: Option<u64>,
    delay_seconds: Option<u64>,
    to: Option<String>,
}

impl Order {
    /// Reads a body. No body is an empty one.
    ///
    /// # Errors
    ///
    /// `invalid_body`, with a sentence about the member.
    pub fn parse(verb: Verb, bytes: &[u8]) -> Result<Self, Problem> {
        let body = Body::read(bytes)?;
        match verb {
            Verb::Claim => body.claim().map(Self::Claim),
            Verb::Seek => start("to", body.to)?
                .map(Self::Seek)
                .ok_or_else(|| wrong("`to` is an id, a time, `earliest` or `latest`.")),
            Verb::Ack if body.through.is_some() => body.through(),
            _ => body.leases(verb),
        }
    }
}

impl Body {
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let bytes = bytes.trim_ascii();
        match bytes.first() {
            None => return Ok(Self::default()),
            Some(b'{') => {}
            Some(_) => return Err(wrong("The body is a JSON object.")),
        }
        serde_json::from_slice(bytes).map_err(|e| wrong(format!("The body is not readable: {e}.")))
    }

    fn lease_ms(&self) -> u64 {
        let seconds = self.lease_seconds.unwrap_or(DEFAULT_LEASE_SECONDS);
        seconds.clamp(1, LONGEST_SECONDS).saturating_mul(1000)
    }

    fn claim(self) -> Result<Claim, Problem> {
        let lease_ms = self.lease_ms();
        let attempt_id = self.attempt_id.filter(|id| !id.is_empty());
        if attempt_id.as_deref().is_some_and(|id| !is_attempt_id(id)) {
            return Err(wrong(
                "`attempt_id` is up to 64 printable ASCII characters.",
            ));
        }
        let ordered = match self.mode.as_deref() {
            None | Some("") => None,
            Some("shared") => Some(false),
            Some("ordered") => Some(true),
            Some(_) => return Err(wrong("`mode` is `shared` or `ordered`.")),
        };
        let types = filter(
            self.types,
            is_pattern,
            "`types` are up to 20 types of up to 100 bytes, each exact or ending in `.*`.",
        )?;
        let sources = filter(
            self.sources,
            is_name,
            "`sources` are up to 20 names of sources.",
        )?;
        Ok(Claim {
            max: self.max.unwrap_or(DEFAULT_MAX).clamp(1, MAX_LIMIT),
            lease_ms,
            wait: self.wait.unwrap_or(0).min(MAX_HOLD),
            attempt_id,
            options: Options {
                ordered,
                from: start("from", self.from)?.unwrap_or(Start::Earliest),
                max_attempts: self.max_attempts.map(|n| n.clamp(1, MOST_ATTEMPTS)),
                types,
                sources,
            },
        })
    }

    fn leases(self, verb: Verb) -> Result<Order, Problem> {
        let ms = match verb {
            Verb::Extend => self.lease_ms(),
            _ => {
                let seconds = self.delay_seconds.unwrap_or(0).min(LONGEST_SECONDS);
                seconds.saturating_mul(1000)
            }
        };
        let leases = self
            .leases
            .filter(|leases| leases.len() as u64 <= MAX_LIMIT)
            .ok_or_else(|| wrong("`leases` are up to 500 leases, as a claim gave them out."))?;
        Ok(Order::Leases { verb, leases, ms })
    }

    fn through(self) -> Result<Order, Problem> {
        let id = self.through.and_then(|id| id.parse().ok());
        match (id, self.generation, self.leases) {
            (Some(id), Some(generation), None) => Ok(Order::Through { id, generation }),
            _ => Err(wrong(
                "`through` is the id of an event, beside the `generation` of the claim and without `leases`.",
            )),
        }
    }
}

fn wrong(detail: impl Into<String>) -> Problem {
    Problem::from(Rejection::InvalidBody).detail(detail)
}

fn is_attempt_id(id: &str) -> bool {
    id.len() <= LONGEST_ATTEMPT_ID && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A type that ends in `.*` stands for all that begin so; a star stands nowhere else.
fn is_pattern(text: &str) -> bool {
    let stem = text.strip_suffix(".*").unwrap_or(text);
    !stem.is_empty() && text.len() <= LONGEST_PATTERN && !stem.contains('*')
}

/// A filter as it is kept: equal filters have equal texts.
fn filter(
    entries: Option<Vec<String>>,
    is_good: fn(&str) -> bool,
    else_say: &str,
) -> Result<Option<String>, Problem> {
    let Some(mut entries) = entries else {
        return Ok(None);
    };
    if entries.len() > MOST_PATTERNS || !entries.iter().all(|entry| is_good(entry)) {
        return Err(wrong(else_say));
    }
    entries.sort_unstable();
    entries.dedup();
    Ok(serde_json::to_string(&entries).ok())
}

fn start(member: &str, text: Option<String>) -> Result<Option<Start>, Problem> {
    Ok(match text.as_deref() {
        None | Some("") => None,
        Some("earliest") => Some(Start::Earliest),
        Some("latest") => Some(Start::Latest),
        Some(text) => {
            let place = text.parse().map(Start::After).ok();
            let place = place.or_else(|| parse_rfc3339(text).map(Start::Time));
            Some(place.ok_or_else(|| {
                wrong(format!(
                    "`{member}` is an id, a time, `earliest` or `latest`."
                ))
            })?)
        }
    })
}
