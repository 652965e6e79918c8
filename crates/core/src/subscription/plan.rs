//! What is to be done now, and when the alarm rings next.

use super::{Message, ReadOrder, Row, Status, Store};
use crate::breaker::State;
use crate::due::{self, Duty};
use crate::feed::db::{Db, DbError, Value};
use crate::json;

/// No more events are read while so many deliveries wait: what an endpoint does not take stays in the feed.
const ENOUGH: u64 = 200;

/// Records of settled deliveries are kept for a week, and so many of them.
const KEPT_MS: u64 = 7 * 24 * 3_600_000;
const MOST_KEPT: u64 = 10_000;

/// A step of clearing away comes so long after the first was settled and after the step before it, in milliseconds,
/// and clears so many.
pub(super) const TIDY_MS: u64 = 3_600_000;
const STEP: u64 = 1_000;

/// What is being done already.
#[derive(Clone, Copy, Debug, Default)]
pub struct Running<'a> {
    /// Sequences of the events that an attempt is made of.
    pub attempts: &'a [u64],
    /// Whether the feed is being read.
    pub reading: bool,
    /// Whether the feed is being told something.
    pub telling: bool,
}

/// What is to be begun.
#[derive(Debug, Default)]
pub struct Plan {
    /// Tell the feed this.
    pub tell: Option<Message>,
    /// Read this of the feed.
    pub read: Option<ReadOrder>,
    /// Attempt the deliveries of these events.
    pub attempts: Vec<u64>,
    /// When there will be something to begin, in unix milliseconds, if nothing ends and nobody says anything until
    /// then.
    pub next: Option<u64>,
}

impl Plan {
    /// Whether there is nothing to begin.
    pub fn is_empty(&self) -> bool {
        self.tell.is_none() && self.read.is_none() && self.attempts.is_empty()
    }
}

impl<D: Db> Store<D> {
    /// What is to be begun beside what is running.
    pub fn plan(&self, row: &Row, running: Running<'_>, now: u64) -> Result<Plan, DbError> {
        let mut plan = Plan::default();
        let mut owed = due::all(&self.db)?;
        if owed
            .iter()
            .any(|(duty, at)| *duty == Duty::Report && *at <= now)
        {
            self.report(now)?;
            owed = due::all(&self.db)?;
        }
        let at = |duty| {
            owed.iter()
                .find(|(known, _)| *known == duty)
                .map(|(_, at)| *at)
        };
        let due = |duty| at(duty).is_some_and(|at| at <= now);
        let mut next: Vec<u64> = Vec::new();
        match due(Duty::Tell) && !running.telling {
            true => plan.tell = self.first_message()?,
            false => next.extend(at(Duty::Tell)),
        }
        next.extend(at(Duty::Report));
        match due(Duty::Tidy) {
            true => next.extend(self.tidy(now)?),
            false => next.extend(at(Duty::Tidy)),
        }
        if row.status == Status::Active {
            self.plan_active(row, running, at(Duty::Read), &mut plan, &mut next, now)?;
        }
        plan.next = next.into_iter().min().map(|at| at.max(now));
        Ok(plan)
    }

    fn plan_active(
        &self,
        row: &Row,
        running: Running<'_>,
        read_at: Option<u64>,
        plan: &mut Plan,
        next: &mut Vec<u64>,
        now: u64,
    ) -> Result<(), DbError> {
        let open_until = row.breaker.open_until;
        let most = match (row.breaker.state(now), row.ordered) {
            (State::Open, _) => 0,
            (State::HalfOpen, _) | (_, true) => 1,
            (State::Closed, false) => row.max_in_flight,
        };
        let free = most.saturating_sub(running.attempts.len() as u64);
        if free > 0 {
            plan.attempts = self.pick(row.ordered, running.attempts, free, now)?;
        }
        if let Some(at) = read_at {
            // Where the breaker is not closed, its probe comes first; one must be read where there is none.
            let room = if row.breaker.openings == 0 { ENOUGH } else { 1 };
            let reads = self.pending()? < room && !running.reading;
            let at = at.max(open_until);
            if reads && at <= now {
                plan.read = self.next_read(row)?;
                if plan.read.is_none() {
                    due::clear(&self.db, Duty::Read)?;
                }
            } else if reads {
                next.push(at);
            }
        }
        // Where every place is taken, whatever ends says when to look again.
        if most == 0 || (plan.attempts.len() as u64) < free {
            let first = self.first_after(row.ordered, now, most == 0)?;
            next.extend(first.map(|at| at.max(open_until)));
        }
        Ok(())
    }

    /// When an attempt is due after `now`, or `any` attempt.
    fn first_after(&self, ordered: bool, now: u64, any: bool) -> Result<Option<u64>, DbError> {
        let sql = match ordered {
            true => {
                "SELECT at FROM (SELECT at FROM deliveries WHERE status = 0 ORDER BY seq LIMIT 1)
                 WHERE at > ?"
            }
            false => "SELECT at FROM deliveries WHERE status = 0 AND at > ? ORDER BY at LIMIT 1",
        };
        let after = if any { 0 } else { now };
        self.db.first(sql, &[Value::Int(after)], |row| row.int(0))
    }

    fn pick(
        &self,
        ordered: bool,
        running: &[u64],
        most: u64,
        now: u64,
    ) -> Result<Vec<u64>, DbError> {
        let running = json::numbers(&mut running.iter().copied());
        let sql = match ordered {
            // The oldest of all, when its time has come.
            true => {
                "SELECT seq FROM (SELECT seq, at FROM deliveries WHERE status = 0 ORDER BY seq LIMIT 1)
                 WHERE at <= ?1 AND seq NOT IN (SELECT value FROM json_each(?2)) LIMIT ?3"
            }
            false => {
                "SELECT seq FROM deliveries
                 WHERE status = 0 AND at <= ?1 AND seq NOT IN (SELECT value FROM json_each(?2))
                 ORDER BY at, seq LIMIT ?3"
            }
        };
        self.db.query(
            sql,
            &[Value::Int(now), Value::Text(&running), Value::Int(most)],
            |row| row.int(0),
        )
    }

    /// Clears away a step of the records that are no longer kept. Returns when the next step is due.
    fn tidy(&self, now: u64) -> Result<Option<u64>, DbError> {
        let old = now.saturating_sub(KEPT_MS);
        self.db.execute(
            "DELETE FROM deliveries WHERE seq IN (
                SELECT seq FROM deliveries WHERE status > 0 AND at <= ? ORDER BY at LIMIT ?)",
            &[Value::Int(old), Value::Int(STEP)],
        )?;
        self.db.execute(
            "DELETE FROM deliveries WHERE seq IN (
                SELECT seq FROM deliveries WHERE status > 0 ORDER BY at DESC LIMIT ? OFFSET ?)",
            &[Value::Int(STEP), Value::Int(MOST_KEPT)],
        )?;
        let oldest = "SELECT at FROM deliveries WHERE status > 0 ORDER BY at LIMIT 1";
        match self.db.first(oldest, &[], |row| row.int(0))? {
            None => due::clear(&self.db, Duty::Tidy).map(|()| None),
            Some(_) => {
                let next = now.saturating_add(TIDY_MS);
                due::set(&self.db, Duty::Tidy, next).map(|()| Some(next))
            }
        }
    }
}
