//! What a body asks of a consumer.
//!
//! As in a reader's query, numbers are clamped, members that nobody knows are dropped, and an empty
//! value counts as absent.

use serde_json::Value;

use crate::config::is_name;
use crate::cursor::EventId;
use crate::json;
use crate::members::{Members, is_pattern, wrong};
use crate::problem::Problem;
use crate::query::{MAX_HOLD, MAX_LIMIT};
use crate::when::parse_rfc3339;

const DEFAULT_MAX: u64 = 10;
const DEFAULT_LEASE_SECONDS: u64 = 30;
const DEFAULT_MAX_ATTEMPTS: u64 = 10;
/// The longest lease and the longest delay: half a day.
const LONGEST_SECONDS: u64 = 12 * 3600;
const MOST_ATTEMPTS: u64 = 1000;

/// The most entries of a filter.
const MOST_PATTERNS: u64 = 20;
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

/// The members of a body, whichever it is.
struct Body(Members);

impl Order {
    /// Reads a body. No body is an empty one.
    ///
    /// # Errors
    ///
    /// `invalid_body`, with a sentence about the member.
    pub fn parse(verb: Verb, bytes: &[u8]) -> Result<Self, Problem> {
        let body = Body(Members::read(bytes)?);
        match verb {
            Verb::Claim => body.claim().map(Self::Claim),
            Verb::Seek => match body.start("to")? {
                Some(start) => Ok(Self::Seek(start)),
                None => Err(wrong("to", A_PLACE)),
            },
            Verb::Ack if body.0.member("through").is_some() => body.through(),
            _ => body.leases(verb),
        }
    }
}

impl Body {
    /// A filter as it is kept: equal filters have equal texts.
    fn filter(
        &self,
        name: &str,
        is_good: fn(&str) -> bool,
        what: &str,
    ) -> Result<Option<String>, Problem> {
        let Some(entries) = self.0.texts(name, MOST_PATTERNS, is_good, what)? else {
            return Ok(None);
        };
        let mut sorted: Vec<&str> = Vec::new();
        for entry in entries {
            let at = sorted.partition_point(|known| *known < entry);
            if sorted.get(at) != Some(&entry) {
                sorted.insert(at, entry);
            }
        }
        Ok(Some(json::array(&mut sorted.into_iter().map(json::text))))
    }

    fn start(&self, name: &str) -> Result<Option<Start>, Problem> {
        let Some(value) = self.0.member(name) else {
            return Ok(None);
        };
        let text = value.as_str().unwrap_or_default();
        let start = match text {
            "earliest" => Some(Start::Earliest),
            "latest" => Some(Start::Latest),
            _ => {
                let after = text.parse().map(Start::After).ok();
                after.or_else(|| parse_rfc3339(text).map(Start::Time))
            }
        };
        match start {
            Some(start) => Ok(Some(start)),
            None => Err(wrong(name, A_PLACE)),
        }
    }

    fn lease_ms(&self) -> Result<u64, Problem> {
        let seconds = self.0.number("lease_seconds")?;
        let seconds = seconds.unwrap_or(DEFAULT_LEASE_SECONDS);
        Ok(seconds.clamp(1, LONGEST_SECONDS).saturating_mul(1000))
    }

    fn claim(&self) -> Result<Claim, Problem> {
        let attempt_id = match self.0.member("attempt_id") {
            None => None,
            Some(id) => match id.as_str().filter(|id| is_attempt_id(id)) {
                Some(id) => Some(id.to_owned()),
                None => return Err(wrong("attempt_id", "up to 64 printable ASCII characters")),
            },
        };
        let ordered = match self.0.member("mode").map(Value::as_str) {
            None => None,
            Some(Some("shared")) => Some(false),
            Some(Some("ordered")) => Some(true),
            Some(_) => return Err(wrong("mode", "`shared` or `ordered`")),
        };
        let max = self.0.number("max")?.unwrap_or(DEFAULT_MAX);
        Ok(Claim {
            max: max.clamp(1, MAX_LIMIT),
            lease_ms: self.lease_ms()?,
            wait: self.0.number("wait")?.unwrap_or(0).min(MAX_HOLD),
            attempt_id,
            options: Options {
                ordered,
                from: self.start("from")?.unwrap_or(Start::Earliest),
                max_attempts: self
                    .0
                    .number("max_attempts")?
                    .map(|number| number.clamp(1, MOST_ATTEMPTS)),
                types: self.filter(
                    "types",
                    is_pattern,
                    "up to 20 types of up to 100 bytes, each exact or ending in `.*`",
                )?,
                sources: self.filter("sources", is_name, "up to 20 names of sources")?,
            },
        })
    }

    fn leases(&self, verb: Verb) -> Result<Order, Problem> {
        let ms = match verb {
            Verb::Extend => self.lease_ms()?,
            _ => {
                let seconds = self.0.number("delay_seconds")?.unwrap_or(0);
                seconds.min(LONGEST_SECONDS).saturating_mul(1000)
            }
        };
        let what = "up to 500 leases, as a claim gave them out";
        match self.0.texts("leases", MAX_LIMIT, |_| true, what)? {
            Some(leases) => Ok(Order::Leases {
                verb,
                leases: leases.into_iter().map(str::to_owned).collect(),
                ms,
            }),
            None => Err(wrong("leases", what)),
        }
    }

    fn through(&self) -> Result<Order, Problem> {
        let id = self.0.member("through").and_then(Value::as_str);
        match (id.map(str::parse), self.0.number("generation")?) {
            (Some(Ok(id)), Some(generation)) if self.0.member("leases").is_none() => {
                Ok(Order::Through { id, generation })
            }
            _ => Err(wrong(
                "through",
                "the id of an event, beside the `generation` of the claim and without `leases`",
            )),
        }
    }
}

const A_PLACE: &str = "an id, a time, `earliest` or `latest`";

fn is_attempt_id(id: &str) -> bool {
    id.len() <= LONGEST_ATTEMPT_ID && id.bytes().all(|byte| byte.is_ascii_graphic())
}
