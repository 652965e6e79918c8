//! What is done with a consumer as a whole.

use super::settle::Done;
use super::{Consumer, Gap, Start};
use crate::feed::Log;
use crate::feed::db::{Db, DbError, Value};
use crate::problem::Problem;
use crate::when::rfc3339;

impl<D: Db> Log<D> {
    /// Goes on from elsewhere. What was handed out before is nobody's: its leases are fenced.
    pub(super) fn seek(
        &self,
        consumer: &Consumer,
        start: Start,
    ) -> Result<Result<Done, Problem>, DbError> {
        let position = match self.place_of(start)? {
            Ok(position) => position,
            Err(problem) => return Ok(Err(problem)),
        };
        self.forget(consumer.id)?;
        let consumer = Consumer {
            position,
            generation: consumer.generation.saturating_add(1),
            gap: Gap::default(),
            ..consumer.clone()
        };
        self.keep(&consumer, None)?;
        Ok(Ok(Done {
            json: format!(
                r#"{{"position":"{}","generation":{}}}"#,
                self.bounds().id(position),
                consumer.generation
            ),
            wake: true,
        }))
    }

    /// Removes a consumer. Returns whether there was one.
    pub fn delete_consumer(&self, name: &str) -> Result<bool, DbError> {
        self.db().transaction(|| {
            let Some(consumer) = self.consumer(name)? else {
                return Ok(false);
            };
            self.forget(consumer.id)?;
            self.db().execute(
                "DELETE FROM consumers WHERE consumer = ?",
                &[Value::Int(consumer.id)],
            )?;
            Ok(true)
        })
    }

    /// Forgets everything that was handed out.
    fn forget(&self, consumer: u64) -> Result<(), DbError> {
        self.db().execute(
            "DELETE FROM held WHERE consumer = ?",
            &[Value::Int(consumer)],
        )?;
        self.db().execute(
            "DELETE FROM claims WHERE consumer = ?",
            &[Value::Int(consumer)],
        )
    }

    /// Every consumer, by name, as JSON. `lag` counts what is not acknowledged; where a filter is set,
    /// events that are yet to be looked at count as if it took them.
    pub fn consumers(&self, now: u64) -> Result<String, DbError> {
        let bounds = self.bounds();
        let rows = self.db().query(
            "SELECT name, ordered, max_attempts, types, sources, max(position, ?1), generation,
                created_at, claimed_at, gap_from, gap_to,
                (SELECT count(*) FROM held WHERE held.consumer = consumers.consumer),
                (SELECT count(*) FROM held WHERE held.consumer = consumers.consumer
                    AND claim IS NOT NULL AND ready_at > ?2),
                (SELECT appended_at FROM events WHERE seq >= coalesce(
                    (SELECT min(seq) FROM held WHERE held.consumer = consumers.consumer),
                    position + 1) ORDER BY seq LIMIT 1)
             FROM consumers ORDER BY name",
            &[Value::Int(bounds.start()), Value::Int(now)],
            |row| {
                let mode = if row.int(1) == 1 { "ordered" } else { "shared" };
                let gap = Gap {
                    from: row.int(9),
                    to: row.int(10),
                    told: None,
                };
                let ahead = bounds.latest.saturating_sub(row.int(5));
                let age = match row.is_null(13) {
                    true => "null".to_owned(),
                    false => (now.saturating_sub(row.int(13)) / 1000).to_string(),
                };
                let claimed = match row.int(8) {
                    0 => "null".to_owned(),
                    at => format!("\"{}\"", rfc3339(at)),
                };
                // No name holds what JSON would escape, and the filters are JSON.
                format!(
                    r#"{{"name":"{}","mode":"{mode}","max_attempts":{},"types":{},"sources":{},"position":"{}","generation":{},"lag":{},"leases":{},"oldest_unacknowledged_seconds":{age},"created_at":"{}","claimed_at":{claimed}{}}}"#,
                    row.string(0),
                    row.int(2),
                    row.string(3),
                    row.string(4),
                    bounds.id(row.int(5)),
                    row.int(6),
                    ahead.saturating_add(row.int(11)),
                    row.int(12),
                    rfc3339(row.int(7)),
                    gap.member(bounds),
                )
            },
        )?;
        Ok(format!(r#"{{"consumers":[{}]}}"#, rows.join(",")))
    }
}
