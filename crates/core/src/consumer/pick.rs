//! Which events a claim hands out: first those that failed or were given back, then new ones.

use super::Consumer;
use super::dead::Why;
use crate::feed::db::{Db, DbError, Value};
use crate::feed::{Log, PAGE_BYTES};
use crate::filter::{is_wanted, wanted_types};
use crate::json;

/// A claim looks at no more events than this that a filter hides. The position moves past them, so
/// none is looked at again.
const WINDOW: u64 = 5_000;

/// What a claim puts together.
pub(super) struct Batch {
    /// Sequences, each with how often it failed so far.
    pub(super) events: Vec<(u64, u64)>,
    most: u64,
    bytes: u64,
    /// Whether another look would find more.
    pub(super) more: bool,
}

/// What SQL finds out of an event beside its row: how much it adds to a page.
macro_rules! weight {
    () => {
        "end_offset - coalesce((SELECT end_offset FROM events AS before
            WHERE before.seq = events.seq - 1), end_offset - size)"
    };
}

/// A row that is ready: its sequence, how often it failed, when it became ready, whether its lease ran
/// out, whether that was its last, and what is left of its event: bytes and one more, or [`ERASED`], or
/// [`GONE`] where retention took it.
macro_rules! ready_sql {
    ($which:literal) => {
        concat!(
            "SELECT held.seq, failed, ready_at, claim IS NOT NULL, last,
                CASE WHEN form IS NULL THEN 0 WHEN form = 3 THEN 1 ELSE 2 + ",
            weight!(),
            " END FROM held LEFT JOIN events ON events.seq = held.seq WHERE consumer = ?1 AND ",
            $which,
            " LIMIT ?3"
        )
    };
}

const GONE: u64 = 0;
const ERASED: u64 = 1;

impl Batch {
    pub(super) fn new(most: u64) -> Self {
        Self {
            events: Vec::new(),
            most,
            bytes: 0,
            more: false,
        }
    }

    fn room(&self) -> u64 {
        self.most.saturating_sub(self.events.len() as u64)
    }

    /// Takes the event if it fits; the first one always does.
    fn take(&mut self, seq: u64, failed: u64, bytes: u64) -> bool {
        let all = self.bytes.saturating_add(bytes);
        let fits = self.room() > 0 && (self.events.is_empty() || all <= PAGE_BYTES);
        if fits {
            self.events.push((seq, failed));
            self.bytes = all;
        }
        fits
    }
}

impl<D: Db> Log<D> {
    /// What a consumer holds that is ready. Of a shared one whatever it is, for an event that failed
    /// waits for nobody; of an ordered one from the first on, unless somebody has it or it has to wait.
    /// Returns whether new events may follow.
    pub(super) fn pick_held(
        &self,
        consumer: &mut Consumer,
        batch: &mut Batch,
        now: u64,
    ) -> Result<bool, DbError> {
        if consumer.ordered {
            if self.has_holder(consumer.id, now)? {
                return Ok(false);
            }
            self.expire_batch(consumer.id, now)?;
        }
        let rows = self.numbers(
            match consumer.ordered {
                true => ready_sql!("?2 > 0 ORDER BY held.seq"),
                false => ready_sql!("ready_at <= ?2 ORDER BY ready_at, held.seq"),
            },
            &[
                Value::Int(consumer.id),
                Value::Int(now),
                Value::Int(batch.most),
            ],
        )?;
        let found_all = (rows.len() as u64) < batch.most;
        let mut all = true;
        let (mut over, mut dropped) = (Vec::new(), Vec::new());
        for [seq, failed, ready_at, expired, last, left] in rows {
            let failed = failed.saturating_add(expired);
            match left {
                GONE | ERASED => {
                    dropped.push(seq);
                    if left == GONE {
                        consumer.gap.grow(seq, seq);
                    }
                }
                // Only what is leased has a last attempt.
                _ if last == 1 => over.push((seq, failed)),
                bytes => {
                    if ready_at > now || !batch.take(seq, failed, bytes) {
                        all = false;
                        break;
                    }
                }
            }
        }
        self.bury_held(consumer.id, &over, Why::Expired, now)?;
        self.drop_held(consumer.id, &dropped)?;
        // Where all that was looked at is gone, the rest is one more look away.
        batch.more = all && !found_all;
        Ok(all && found_all)
    }

    /// New events, as far as there is room: the position moves past what is taken and what a filter
    /// or an erasure hides.
    pub(super) fn pick_new(
        &self,
        consumer: &mut Consumer,
        batch: &mut Batch,
    ) -> Result<(), DbError> {
        let bounds = self.bounds();
        if consumer.position < bounds.start() {
            let first = consumer.position.saturating_add(1);
            consumer.gap.grow(first, bounds.start());
            consumer.position = bounds.start();
        }
        let room = batch.room();
        if room == 0 || consumer.position >= bounds.latest {
            return Ok(());
        }
        let end = consumer.position.saturating_add(WINDOW.max(room));
        let end = end.min(bounds.latest);
        let rows = self.numbers(
            concat!(
                wanted_types!("?4"),
                "SELECT seq, ",
                weight!(),
                " FROM events WHERE seq > ?1 AND seq <= ?2 AND form < 3
                    AND (?4 = '[]' OR ",
                is_wanted!(),
                ")
                    AND (?5 = '[]' OR source IN (SELECT value FROM json_each(?5)))
                 ORDER BY seq LIMIT ?3"
            ),
            &[
                Value::Int(consumer.position),
                Value::Int(end),
                Value::Int(room),
                Value::Text(&consumer.types),
                Value::Text(&consumer.sources),
            ],
        )?;
        let whole = (rows.len() as u64) < room;
        for [seq, bytes, ..] in rows {
            if !batch.take(seq, 0, bytes) {
                batch.more = true;
                return Ok(());
            }
            consumer.position = seq;
        }
        if whole {
            consumer.position = end;
        }
        batch.more |= consumer.position < bounds.latest;
        Ok(())
    }

    /// Whether somebody has events of an ordered consumer.
    pub(super) fn has_holder(&self, consumer: u64, now: u64) -> Result<bool, DbError> {
        let held = self.number(
            "SELECT 1 FROM held WHERE consumer = ? AND ready_at > ? AND claim IS NOT NULL LIMIT 1",
            &[Value::Int(consumer), Value::Int(now)],
        )?;
        Ok(held.is_some())
    }

    /// When a lease or a delay ends that has not ended yet.
    pub(super) fn next_ready(&self, consumer: u64, now: u64) -> Result<Option<u64>, DbError> {
        let next = self.number(
            "SELECT ready_at FROM held WHERE consumer = ? AND ready_at > ? ORDER BY ready_at LIMIT 1",
            &[Value::Int(consumer), Value::Int(now)],
        )?;
        Ok(next.map(|[at, ..]| at))
    }

    /// Forgets events that are settled, or of which nothing is left.
    pub(super) fn drop_held(&self, consumer: u64, seqs: &[u64]) -> Result<(), DbError> {
        if seqs.is_empty() {
            return Ok(());
        }
        self.db().execute(
            "DELETE FROM held WHERE consumer = ? AND seq IN (SELECT value FROM json_each(?))",
            &[
                Value::Int(consumer),
                Value::Text(&json::numbers(&mut seqs.iter().copied())),
            ],
        )
    }
}
