//! What is removed from the log, and when.

use super::append::form;
use super::db::{Db, DbError, Value};
use super::read::Range;
use super::{Log, schema};
use crate::config::{Alerts, Retention};
use crate::due::{self, Duty};

const DAY_MS: u64 = 24 * 3_600_000;

/// One call removes at most this many events and as many identities, so that no call is long.
const STEP: u64 = 500;

/// Expiry is looked at no more often than this: one alarm clears a minute's worth.
const LEAST_PAUSE_MS: u64 = 60_000;

impl<D: Db> Log<D> {
    /// Removes a step of what the policy no longer keeps, and of expired identities. Returns
    /// whether more is left to remove.
    pub fn prune(&self, keep: Retention, now: u64) -> Result<bool, DbError> {
        let cut = self.cut(keep, now)?;
        let through = cut.min(self.bounds().start().saturating_add(STEP));
        if through > self.bounds().start() {
            self.remove_through(through, now)?;
        }
        self.db.execute(
            "DELETE FROM identities WHERE key IN
                (SELECT key FROM identities WHERE until <= ? ORDER BY until LIMIT ?)",
            &[Value::Int(now), Value::Int(STEP)],
        )?;
        let expired = self.db.first(
            "SELECT 1 FROM identities WHERE until <= ? LIMIT 1",
            &[Value::Int(now)],
            |_| (),
        )?;
        Ok(through < cut || expired.is_some())
    }

    /// Does what is due, and returns when the alarm must ring next (unix milliseconds). A duty that fails stops none of
    /// the others.
    pub fn housekeep(
        &self,
        keep: Retention,
        rules: Option<&Alerts>,
        now: u64,
    ) -> Result<Option<u64>, DbError> {
        let mut failed = Ok(());
        for duty in due::take(&self.db, now)? {
            let done = match duty {
                Duty::Prune => self.prune_and_plan(keep, now),
                Duty::Expire => self.expire(now),
                Duty::Watch => self.look_and_settle(keep, rules, now),
                // Whoever has the alarm pokes whom `to_poke` names; the others are no duties of a feed.
                Duty::Poke | Duty::Read | Duty::Tell | Duty::Tidy | Duty::Report => Ok(()),
            };
            // One that fails is still owed.
            let done = done.inspect_err(|_| {
                let _ = due::schedule(&self.db, duty, now.saturating_add(LEAST_PAUSE_MS));
            });
            failed = failed.and(done);
        }
        failed.and_then(|()| self.next_duty())
    }

    /// When the alarm must ring next (unix milliseconds).
    pub fn next_duty(&self) -> Result<Option<u64>, DbError> {
        due::next(&self.db)
    }

    fn look_and_settle(
        &self,
        keep: Retention,
        rules: Option<&Alerts>,
        now: u64,
    ) -> Result<(), DbError> {
        match rules {
            // What is told is appended like anything else.
            Some(rules) if self.look(rules, now)? => self.settle(keep, now).map(drop),
            _ => Ok(()),
        }
    }

    /// What an append owes to retention: bounds of count and size hold at once, age is the alarm's.
    /// Returns when the alarm must ring.
    pub fn settle(&self, keep: Retention, now: u64) -> Result<Option<u64>, DbError> {
        let aged = Retention { days: None, ..keep };
        match self.cut(aged, now)? > self.bounds().start() {
            true => self.prune_and_plan(keep, now)?,
            false => self.plan(keep, now)?,
        }
        due::next(&self.db)
    }

    fn prune_and_plan(&self, keep: Retention, now: u64) -> Result<(), DbError> {
        match self.prune(keep, now)? {
            true => due::schedule(&self.db, Duty::Prune, now),
            false => self.plan(keep, now),
        }
    }

    fn plan(&self, keep: Retention, now: u64) -> Result<(), DbError> {
        match self.next_expiry(keep)? {
            Some(at) => due::schedule(
                &self.db,
                Duty::Prune,
                at.max(now.saturating_add(LEAST_PAUSE_MS)),
            ),
            None => Ok(()),
        }
    }

    /// When the next event or identity comes of age, in unix milliseconds.
    fn next_expiry(&self, keep: Retention) -> Result<Option<u64>, DbError> {
        let earliest = self.stored(self.bounds().earliest)?;
        let event = earliest
            .zip(keep.days)
            .map(|((at, _), days)| at.saturating_add(days.saturating_mul(DAY_MS)));
        let identity = self.db.first(
            "SELECT until FROM identities ORDER BY until LIMIT 1",
            &[],
            |row| row.int(0),
        )?;
        Ok(event.into_iter().chain(identity).min())
    }

    /// The last sequence that the policy no longer keeps.
    fn cut(&self, keep: Retention, now: u64) -> Result<u64, DbError> {
        let ends = self.ends.get();
        let all = Range {
            after: ends.bounds.start(),
            through: ends.bounds.latest,
        };
        let mut cut = all.after;
        if let Some(days) = keep.days {
            let old = now.saturating_sub(days.saturating_mul(DAY_MS));
            cut = cut.max(self.search(all, |appended_at, _| appended_at <= old)?);
        }
        if let Some(events) = keep.events {
            cut = cut.max(ends.bounds.latest.saturating_sub(events));
        }
        if let Some(bytes) = keep.bytes {
            // What is left must not pass `bytes`, so everything that starts below this goes.
            let floor = ends.end_offset.saturating_sub(bytes);
            if floor > ends.start_offset {
                let below = self.search(all, |_, end| end < floor)?;
                cut = cut.max(below.saturating_add(1).min(ends.bounds.latest));
            }
        }
        Ok(cut)
    }

    fn remove_through(&self, through: u64, now: u64) -> Result<(), DbError> {
        let start_offset = self.offset(through)?;
        self.change(|ends| {
            ends.changed_at = now.max(ends.changed_at);
            self.db
                .execute("DELETE FROM events WHERE seq <= ?", &[Value::Int(through)])?;
            self.db
                .execute("DELETE FROM bodies WHERE seq <= ?", &[Value::Int(through)])?;
            // The marks that the removed rows carried: where the last one goes, the end of the log
            // must still be known.
            for (key, value) in [
                ("high_water", ends.bounds.latest),
                ("end_offset", ends.end_offset),
                ("start_offset", start_offset),
                ("appended_at", ends.appended_at),
                ("changed_at", ends.changed_at),
            ] {
                schema::set_meta(&self.db, key, value)?;
            }
            ends.bounds.earliest = through.saturating_add(1);
            ends.start_offset = start_offset;
            Ok(())
        })
    }

    /// Erases one event for good. Its row stays, empty, so that cursors hold; its identity stays
    /// too, so that a replay does not bring it back. Returns whether there was such an event.
    pub fn erase(&self, seq: u64, now: u64) -> Result<bool, DbError> {
        if self.stored(seq)?.is_none_or(|(_, erased)| erased) {
            return Ok(false);
        }
        self.change(|ends| {
            self.db.execute(
                "UPDATE events SET head = '', headers = '', signature_headers = '', payload = '',
                    type = '', content_type = NULL, form = ? WHERE seq = ?",
                &[Value::Int(form::ERASED), Value::Int(seq)],
            )?;
            self.db
                .execute("DELETE FROM bodies WHERE seq = ?", &[Value::Int(seq)])?;
            ends.erasures = ends.erasures.saturating_add(1);
            ends.changed_at = now.max(ends.changed_at);
            schema::set_meta(&self.db, "changed_at", ends.changed_at)?;
            schema::set_meta(&self.db, "erasures", ends.erasures)
        })?;
        Ok(true)
    }
}
