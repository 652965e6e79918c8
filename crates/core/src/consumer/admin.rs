//! What is done with a consumer as a whole.

use super::settle::Done;
use super::{Consumer, Gap, Start};
use crate::feed::db::{Db, DbError, Value};
use crate::feed::{Log, kind};
use crate::problem::Problem;

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
        self.keep(&consumer, None, None)?;
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
            self.forget_tallies(kind::ACK, name)?;
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
    pub fn consumers(&self, now: u64) -> Result<Vec<D::Text>, DbError> {
        let bounds = self.bounds();
        self.texts(
            CONSUMING,
            &[
                Value::Int(bounds.start()),
                Value::Int(bounds.latest),
                Value::Int(now),
                Value::Text(&bounds.prefix()),
            ],
        )
    }
}

/// Every consumer as JSON. Parameters: the sequence before the earliest event, the latest one, the moment, and what
/// stands before a sequence in an id. A Durable Object's parameters are doubles, and so is what is reckoned with them.
pub(crate) const CONSUMING: &str = "SELECT json_object('name', name, 'mode', iif(ordered, 'ordered', 'shared'),
    'max_attempts', max_attempts, 'types', json(types), 'sources', json(sources),
    'position', concat(?4, format('%016d', max(position, ?1))), 'generation', generation,
    'lag', CAST(max(?2 - max(position, ?1), 0) + coalesce(held, 0) AS INTEGER),
    'leases', coalesce(leases, 0),
    'oldest_unacknowledged_seconds', (SELECT CAST(max(?3 - appended_at, 0) / 1000 AS INTEGER) FROM events
        WHERE seq >= coalesce(first, position + 1) ORDER BY seq LIMIT 1),
    'created_at', strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch'),
    'claimed_at', strftime('%Y-%m-%dT%H:%M:%fZ', nullif(claimed_at, 0) / 1000.0, 'unixepoch'),
    'gap', iif(gap_to, json_object('from', concat(?4, format('%016d', gap_from)),
        'to', concat(?4, format('%016d', gap_to))), NULL))
     FROM consumers LEFT JOIN (SELECT consumer AS of, count(*) AS held, min(seq) AS first,
        sum(claim IS NOT NULL AND ready_at > ?3) AS leases FROM held GROUP BY consumer)
    ON of = consumer ORDER BY name";
