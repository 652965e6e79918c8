//! Where a reader stands: ids of events, and what a cursor means for the log as it is now.

use std::fmt;
use std::str::FromStr;

use crate::problem::Problem;
use crate::rejection::Rejection;

/// The id of an event: `<16-digit generation>_<16-digit sequence>`.
///
/// Ids sort as text in log order, so `max(a, b)` of two ids is the later one. The generation is
/// the moment (unix milliseconds) at which the log was created: a log that was wiped and created
/// anew answers cursors of its former life with 410 instead of with the wrong events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The life of the log that the event belongs to.
    pub generation: u64,
    /// The place in that life; the first event has 1.
    pub sequence: u64,
}

const DIGITS: usize = 16;

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016}_{:016}", self.generation, self.sequence)
    }
}

/// The text is not an event id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl FromStr for EventId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (generation, sequence) = text.split_once('_').ok_or(NotAnId)?;
        Ok(Self {
            generation: digits(generation)?,
            sequence: digits(sequence)?,
        })
    }
}

fn digits(text: &str) -> Result<u64, NotAnId> {
    // `parse` alone would take a sign, and ids of other lengths do not sort as text.
    if text.len() != DIGITS || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotAnId);
    }
    text.parse().map_err(|_| NotAnId)
}

/// What the log holds at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The log's life.
    pub generation: u64,
    /// The sequence of the oldest event kept; `latest + 1` while none is.
    pub earliest: u64,
    /// The highest sequence ever given out. It survives the event: pruning does not move it.
    pub latest: u64,
}

/// Why a cursor cannot be continued from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Events after the cursor are gone, or it belongs to another generation.
    Expired,
    /// The cursor is past the end of the log.
    Ahead,
}

impl Bounds {
    /// The id of the event at `sequence`.
    pub fn id(&self, sequence: u64) -> EventId {
        EventId {
            generation: self.generation,
            sequence,
        }
    }

    /// What every id begins with, for SQL to write ids with.
    pub(crate) fn prefix(&self) -> String {
        format!("{:016}_", self.generation)
    }

    /// The sequence after which a reader with this cursor goes on.
    ///
    /// A cursor that pruning has merely caught up with (everything *after* it is still here) is
    /// good; one that would skip an event is not.
    pub fn resume(&self, cursor: EventId) -> Result<u64, Lost> {
        if cursor.generation != self.generation {
            return Err(Lost::Expired);
        }
        if cursor.sequence > self.latest {
            return Err(Lost::Ahead);
        }
        if cursor.sequence.saturating_add(1) < self.earliest {
            return Err(Lost::Expired);
        }
        Ok(cursor.sequence)
    }

    /// Why a cursor is refused, and what is here instead.
    pub fn refusal(&self, lost: Lost) -> Problem {
        let rejection = match lost {
            Lost::Expired => Rejection::CursorExpired,
            Lost::Ahead => Rejection::CursorAhead,
        };
        let earliest = self.earliest.min(self.latest);
        Problem::from(rejection)
            .with("earliest", self.id(earliest).to_string())
            .with("latest", self.id(self.latest).to_string())
    }

    /// The sequence after which a reader without a cursor starts: the oldest event kept.
    pub fn start(&self) -> u64 {
        self.earliest.saturating_sub(1)
    }
}
