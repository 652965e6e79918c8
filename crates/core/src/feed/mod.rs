//! The log: an ordered, durable list of events on SQLite. The truth about what was received.
//!
//! - `db`: the door to SQLite.
//! - `schema`: the tables and their versions.
//! - `append`: the only way in; decides what is a duplicate. `event`: a row of what came in.
//! - `payload`: a body as its event shows it.
//! - `read`: pages, single events and bodies; `render`: the SQL that writes them in each form.
//! - `follow`: the log as a stream.
//! - `reply`: what a reader is answered: status, validators, caching, content.
//! - `retain`: what is removed, and when.
//! - `dead`: what could not become an event, and what a subscription gave up.
//! - `push`: events as subscriptions send them; `subscribers`: who they are, and how far they know.
//! - `tally`: what is counted; `watch`: how everything is, as metrics and for the page.
//! - `own`: events that are no webhooks.
//!
//! Sequences have no holes: an event that was erased leaves its row behind, and pruning takes from
//! the front. So which events a page covers is arithmetic, and an `ETag` needs no query.

mod append;
pub mod db;
mod dead;
mod event;
mod follow;
mod own;
mod payload;
mod push;
mod read;
mod render;
mod reply;
mod retain;
mod schema;
mod subscribers;
mod tally;
mod watch;

use std::cell::Cell;

use crate::cursor::Bounds;
use db::{Db, DbError};

pub use append::{Incoming, Payload, parts};
pub use dead::{Dead, DeadPage};
pub use follow::{HEARTBEAT_MS, STUCK_MS, Step, heartbeat, preamble};
pub use own::{Finding, Own};
pub(crate) use own::{is_own, own_events};
pub use push::{Pushed, Wanted};
pub use read::{Body, BodyBytes, Frame, PAGE_BYTES, Page, Range};
pub use render::Shape;
pub(crate) use render::event_json;
pub use reply::{Content, Next, Reader, Reply, Turn};
pub(crate) use tally::{HEARD_MS, bound};
pub use tally::{Pending, Tallies, kind, outcome};
pub use watch::Watched;

/// A body of a claim-checked event is kept in rows of at most this many bytes.
pub const BODY_PART: u32 = 1_000_000;

/// A feed's log on a database of its own.
///
/// The log is the only writer of its tables, so what it knows about their ends is kept in memory.
#[derive(Debug)]
pub struct Log<D> {
    db: D,
    ends: Cell<Ends>,
    swept: tally::Swept,
}

/// The two ends of the log.
#[derive(Clone, Copy, Debug)]
struct Ends {
    bounds: Bounds,
    /// `end_offset` of the event before the earliest, and of the latest.
    start_offset: u64,
    end_offset: u64,
    /// When the latest event was appended: times never run backwards in a log.
    appended_at: u64,
    /// When anything last changed, pruning and erasing included.
    changed_at: u64,
    /// How many events were erased so far: a page's content changes with it.
    erasures: u64,
}

impl<D: Db> Log<D> {
    /// Opens the log, creating or migrating its tables. `now` becomes the generation of a new one.
    pub fn open(db: D, now: u64) -> Result<Self, DbError> {
        let generation = schema::migrate(&db, now)?;
        let ends = Ends::load(&db, generation)?;
        Ok(Self {
            db,
            ends: Cell::new(ends),
            swept: tally::Swept::default(),
        })
    }

    /// What the log holds now.
    pub fn bounds(&self) -> Bounds {
        self.ends.get().bounds
    }

    /// How many events were erased so far.
    pub fn erasures(&self) -> u64 {
        self.ends.get().erasures
    }

    /// What all that was ever read of this log depends on beside the log's growing: another life, or
    /// something erased, is another epoch.
    pub fn epoch(&self) -> String {
        format!("{}.{}", self.bounds().generation, self.erasures())
    }

    /// When the log last changed, in unix milliseconds; 0 where it never did.
    pub fn changed_at(&self) -> u64 {
        self.ends.get().changed_at
    }

    /// The feed's name, where it has been told.
    pub fn name(&self) -> Result<Option<String>, DbError> {
        schema::name(&self.db)
    }

    /// Tells the log the feed's name: an alarm comes without it.
    pub fn set_name(&self, name: &str) -> Result<(), DbError> {
        schema::set_name(&self.db, name)
    }

    /// The database behind the log.
    pub fn db(&self) -> &D {
        &self.db
    }

    /// Runs `work` in a transaction that may move the ends. If it fails, they are as before.
    fn change<T>(&self, work: impl FnOnce(&mut Ends) -> Result<T, DbError>) -> Result<T, DbError> {
        let mut ends = self.ends.get();
        let done = self.db.transaction(|| work(&mut ends))?;
        self.ends.set(ends);
        Ok(done)
    }
}

impl Ends {
    fn load<D: Db>(db: &D, generation: u64) -> Result<Self, DbError> {
        let kept = |key: &str| Ok::<u64, DbError>(schema::meta(db, key)?.unwrap_or(0));
        let latest = db.first(
            "SELECT seq, end_offset, appended_at FROM events ORDER BY seq DESC LIMIT 1",
            &[],
            |row| (row.int(0), row.int(1), row.int(2)),
        )?;
        // Where pruning took every event, the high-water mark it left is the end.
        let (latest, end_offset, appended_at) = match latest {
            Some(end) => end,
            None => (
                kept("high_water")?,
                kept("end_offset")?,
                kept("appended_at")?,
            ),
        };
        let earliest = db.first("SELECT seq FROM events ORDER BY seq LIMIT 1", &[], |row| {
            row.int(0)
        })?;
        Ok(Self {
            bounds: Bounds {
                generation,
                earliest: earliest.unwrap_or(latest.saturating_add(1)),
                latest,
            },
            start_offset: kept("start_offset")?,
            end_offset,
            appended_at,
            changed_at: appended_at.max(kept("changed_at")?),
            erasures: kept("erasures")?,
        })
    }
}
