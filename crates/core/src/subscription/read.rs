//! Events become deliveries.

use super::{Row, Store};
use crate::due::{self, Duty};
use crate::feed::Wanted;
use crate::feed::db::{Db, DbError, Value};
use crate::json;

/// The most events that are read at once.
const LIMIT: u64 = 100;

/// After a failure the feed is read again in this time, in milliseconds.
const PAUSE_MS: u64 = 2_000;

/// What is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOrder {
    /// After this sequence.
    pub after: u64,
    /// Through this one; none for the end.
    pub through: Option<u64>,
    /// The most sequences.
    pub limit: u64,
    /// The range that was asked for once more, where it is one.
    replay: Option<u64>,
}

/// What the feed said beside the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its life.
    pub generation: u64,
    /// Its first event.
    pub earliest: u64,
    /// Its last.
    pub latest: u64,
    /// How far the page goes, with what the filter hid.
    pub through: u64,
}

/// An event of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its sequence.
    pub seq: u64,
    /// Its type.
    pub kind: String,
}

impl ReadOrder {
    /// What the feed is asked for it.
    pub fn wanted(&self, row: &Row) -> Wanted {
        Wanted {
            after: self.after,
            through: self.through,
            limit: self.limit,
            events: row.events.clone(),
            raw: row.raw,
            only: None,
        }
    }

    /// What the feed is asked for one event that was read before.
    pub fn again(row: &Row, seq: u64) -> Wanted {
        Wanted {
            after: 0,
            through: None,
            limit: 1,
            events: "[]".to_owned(),
            raw: row.raw,
            only: Some(format!("[{seq}]")),
        }
    }
}

impl<D: Db> Store<D> {
    /// The feed has events up to this one. Whoever says so may forget it: it is written down.
    pub fn poked(&self, row: &Row, generation: u64, latest: u64, now: u64) -> Result<(), DbError> {
        if (generation, latest) == (row.generation, row.latest) {
            return Ok(());
        }
        self.db.transaction(|| {
            // One of another life is found out by reading on.
            self.db.execute(
                "UPDATE subscription SET latest = iif(generation = ?2, max(latest, ?1), position + 1)",
                &[Value::Int(latest), Value::Int(generation)],
            )?;
            due::schedule(&self.db, Duty::Read, now)
        })
    }

    /// What is to be read next; none where nothing is.
    pub(super) fn next_read(&self, row: &Row) -> Result<Option<ReadOrder>, DbError> {
        let sql = "SELECT n, after, through FROM replays ORDER BY n LIMIT 1";
        let replay = self.db.first(sql, &[], |row| ReadOrder {
            after: row.int(1),
            through: Some(row.int(2)),
            limit: LIMIT,
            replay: Some(row.int(0)),
        })?;
        let ahead = ReadOrder {
            after: row.position,
            through: None,
            limit: LIMIT,
            replay: None,
        };
        Ok(replay.or((row.position < row.latest).then_some(ahead)))
    }

    /// Makes deliveries of what was read, and moves on. Both or neither.
    pub fn take(
        &self,
        row: &Row,
        order: &ReadOrder,
        page: Page,
        events: &[Found],
        now: u64,
    ) -> Result<(), DbError> {
        self.db.transaction(|| {
            if page.generation != row.generation {
                return self.start_over(page, now);
            }
            self.add(events, order.replay.is_some(), now)?;
            match (order.replay, order.through) {
                (Some(n), through) if page.through >= through.unwrap_or(0).min(page.latest) => self
                    .db
                    .execute("DELETE FROM replays WHERE n = ?", &[Value::Int(n)])?,
                (Some(n), _) => self.db.execute(
                    "UPDATE replays SET after = ? WHERE n = ?",
                    &[Value::Int(page.through), Value::Int(n)],
                )?,
                (None, _) => {
                    self.move_on(order.after, page)?;
                }
            }
            due::set(&self.db, Duty::Read, now)
        })
    }

    fn move_on(&self, after: u64, page: Page) -> Result<(), DbError> {
        // What retention took before it was read.
        let lost = page.earliest.saturating_sub(1);
        if after < lost {
            self.db.execute(
                "UPDATE subscription SET gap_from = iif(gap_to = 0, ?1, gap_from), gap_to = ?2",
                &[Value::Int(after.saturating_add(1)), Value::Int(lost)],
            )?;
        }
        self.db.execute(
            "UPDATE subscription SET position = max(position, ?), latest = max(latest, ?)",
            &[Value::Int(page.through), Value::Int(page.latest)],
        )
    }

    fn add(&self, events: &[Found], again: bool, now: u64) -> Result<(), DbError> {
        if events.is_empty() {
            return Ok(());
        }
        let events = events.iter();
        let mut events = events.map(|event| format!("[{},{}]", event.seq, json::text(&event.kind)));
        let events = json::array(&mut events);
        let sql = match again {
            false => {
                "INSERT OR IGNORE INTO deliveries
                 SELECT value ->> 0, value ->> 1, 0, ?2, 0, 0, '', '', '' FROM json_each(?1)"
            }
            // What is pending is so already.
            true => {
                "INSERT INTO deliveries
                 SELECT value ->> 0, value ->> 1, 0, ?2, 0, 0, '', '', '' FROM json_each(?1) WHERE 1
                 ON CONFLICT (seq) DO UPDATE SET status = 0, at = excluded.at, made = 0 WHERE status > 0"
            }
        };
        self.db
            .execute(sql, &[Value::Text(&events), Value::Int(now)])
    }

    /// The feed was wiped and made anew: nothing that was pending is there any more.
    fn start_over(&self, page: Page, now: u64) -> Result<(), DbError> {
        self.db.execute("DELETE FROM deliveries", &[])?;
        self.db.execute("DELETE FROM replays", &[])?;
        self.db.execute(
            "UPDATE subscription SET generation = ?, position = 0, latest = ?, gap_from = 0, gap_to = 0",
            &[Value::Int(page.generation), Value::Int(page.latest)],
        )?;
        due::set(&self.db, Duty::Read, now)
    }

    /// The feed could not be read; it is tried again.
    pub fn read_failed(&self, now: u64) -> Result<(), DbError> {
        due::set(&self.db, Duty::Read, now.saturating_add(PAUSE_MS))
    }
}
