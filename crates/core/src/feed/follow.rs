//! Streams: the log as it comes, in steps.

use super::Log;
use super::db::{Db, DbError};
use super::read::{Frame, Page};
use super::render::Shape;
use super::reply::{Reply, gone};
use crate::cache::Audience;
use crate::cursor::EventId;
use crate::query::{Position, Query};
use crate::represent::Format;

/// A silent stream says so often that it is alive, in milliseconds: proxies give up after a minute.
pub const HEARTBEAT_MS: u64 = 15_000;

/// A client that takes nothing for so long, in milliseconds, is given up.
pub const STUCK_MS: u32 = 30_000;

/// The most events of one step.
const STEP: u64 = 100;

/// The next events of a stream, and where it stands after them.
#[derive(Debug)]
pub struct Step<B> {
    /// The events in the form of server-sent events, in pieces; none where there is nothing to show.
    pub pieces: Vec<B>,
    /// The last event that the step covers, shown or hidden.
    pub last: EventId,
    /// Whether there is more already.
    pub more: bool,
}

/// A step, or why the stream cannot go on from where it stands.
type Followed<D> =
    Result<Result<Step<<D as Db>::Blob>, Reply<<D as Db>::Text, <D as Db>::Blob>>, DbError>;

impl<D: Db> Log<D> {
    /// The next step of a stream from where its query stands.
    pub fn follow(&self, query: &Query, audience: Audience, now: u64) -> Followed<D> {
        let bounds = self.bounds();
        let after = match self.place(query.position, query.face, now)? {
            Ok(after) => after,
            Err(lost) => return Ok(Err(gone(lost, bounds, audience))),
        };
        let range = self.filtered(after, Some(STEP), &query.filter)?;
        let shape = Shape {
            audience,
            format: Format::Sse,
            base64: query.base64,
        };
        let last = bounds.id(range.through);
        let Page { mut pieces, shown } =
            self.page(range, shape, &query.filter, Frame::default())?;
        if shown == 0 {
            pieces.clear();
        } else if !query.filter.is_empty() {
            // Something may have been hidden after what is shown last.
            pieces.push(self.db.blob(&format!("id: {last}\n\n")));
        }
        Ok(Ok(Step {
            pieces,
            last,
            more: range.through < bounds.latest,
        }))
    }

    /// Where a stream stands before its first event.
    pub fn beginning(&self, query: &Query) -> EventId {
        match query.position {
            Position::After(id) => id,
            _ => self.bounds().id(self.bounds().start()),
        }
    }
}

/// What a stream begins with: how long a client waits before it comes back, and where it stands, so that
/// one that is cut off before the first event comes back to the same place.
pub fn preamble(beginning: EventId) -> String {
    format!("retry: 1000\nid: {beginning}\n\n")
}

/// What a stream says where there is nothing: that it has come past what it hid, or only that it is there.
pub fn heartbeat(told: EventId, last: EventId) -> String {
    if last == told {
        ":\n\n".to_owned()
    } else {
        format!("id: {last}\n\n")
    }
}
