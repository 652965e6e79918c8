//! Deliveries, shown, and asked for once more.

use super::schema::status;
use super::{Bulk, Row, Store};
use crate::cursor::EventId;
use crate::due::{self, Duty};
use crate::feed::db::{self, Db, DbError, Value};
use crate::json;
use crate::query::{self, MAX_LIMIT};
use crate::rejection::Rejection;
use crate::when::rfc3339;

const DEFAULT_LIMIT: u64 = 100;

const STATUSES: &[(u64, &str)] = &[
    (status::PENDING, "pending"),
    (status::DELIVERED, "delivered"),
    (status::FAILED, "failed"),
];

/// Which deliveries a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    status: Option<u64>,
    after: u64,
    limit: u64,
}

impl Wanted {
    /// Reads `?status=&since_id=&limit=`.
    ///
    /// # Errors
    ///
    /// `invalid_parameter`, `invalid_cursor`, `duplicate_parameter`.
    pub fn parse(query: &str) -> Result<Self, Rejection> {
        let status = query::parameter(query, "status")?;
        let named = |name: &String| STATUSES.iter().find(|(_, known)| known == name);
        let limit = query::parameter(query, "limit")?;
        let limit = limit.map_or(Ok(DEFAULT_LIMIT), |limit| query::number(&limit))?;
        Ok(Self {
            status: match &status {
                None => None,
                Some(name) => Some(named(name).ok_or(Rejection::InvalidParameter)?.0),
            },
            after: query::dead_letters_after(query)?.map_or(0, |id| id.sequence),
            limit: limit.clamp(1, MAX_LIMIT),
        })
    }
}

const COLUMNS: &str = "seq, type, status, at, attempts, reason, history, response";

/// A delivery as JSON; alone with its attempts and the last answer to them.
fn shown<D: Db>(of: &Row, row: &dyn db::Row<D>, alone: bool) -> String {
    let id = of.event_id(row.int(0));
    let state = row.int(2);
    let name = STATUSES.iter().find(|(known, _)| *known == state);
    let (name, at) = (name.map_or("", |(_, name)| name), rfc3339(row.int(3)));
    let (due, settled) = match state {
        status::PENDING => (json::text(&at), "null".to_owned()),
        _ => ("null".to_owned(), json::text(&at)),
    };
    let more = match alone {
        true => format!(
            r#","history":[{}],"last_response":{}"#,
            row.string(6),
            json::text(&row.string(7))
        ),
        false => String::new(),
    };
    format!(
        r#"{{"id":"{id}","event_id":"{id}","event":{},"status":"{name}","attempts":{},"next_attempt_at":{due},"settled_at":{settled},"reason":{}{more}}}"#,
        json::text(&row.string(1)),
        row.int(4),
        json::text_or_null(&row.string(5)),
    )
}

impl<D: Db> Store<D> {
    /// A page of deliveries, in the order of their events: `{"deliveries","next"}`.
    pub fn deliveries(&self, of: &Row, wanted: Wanted) -> Result<String, DbError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deliveries WHERE seq > ?1 AND (?2 IS NULL OR status = ?2) ORDER BY seq LIMIT ?3"
        );
        let status = wanted.status.map_or(Value::Null, Value::Int);
        let rows = self.db.query(
            &sql,
            &[Value::Int(wanted.after), status, Value::Int(wanted.limit)],
            |row| (row.int(0), shown(of, row, false)),
        )?;
        let last = rows.last().filter(|_| rows.len() as u64 == wanted.limit);
        let next = last.map_or("null".to_owned(), |(seq, _)| {
            format!(r#""{}""#, of.event_id(*seq))
        });
        let mut texts = rows.into_iter().map(|(_, text)| text);
        Ok(format!(
            r#"{{"deliveries":{},"next":{next}}}"#,
            json::array(&mut texts)
        ))
    }

    /// One delivery with its attempts.
    pub fn delivery(&self, of: &Row, id: EventId) -> Result<Option<String>, DbError> {
        if id.generation != of.generation {
            return Ok(None);
        }
        let sql = format!("SELECT {COLUMNS} FROM deliveries WHERE seq = ?");
        self.db
            .first(&sql, &[Value::Int(id.sequence)], |row| shown(of, row, true))
    }

    /// Asks for one delivery once more; whether there is such a one. What is pending is tried at once.
    pub fn replay(&self, of: &Row, id: EventId, now: u64) -> Result<bool, DbError> {
        if id.generation != of.generation {
            return Ok(false);
        }
        let found = self.db.first(
            "UPDATE deliveries SET status = 0, at = ?, made = 0, reason = '' WHERE seq = ? RETURNING seq",
            &[Value::Int(now), Value::Int(id.sequence)],
            |_| (),
        )?;
        Ok(found.is_some())
    }

    /// Asks for many once more; how many, where that is known at once.
    ///
    /// # Errors
    ///
    /// The inner one where the range is not of this feed.
    pub fn replay_bulk(
        &self,
        of: &Row,
        bulk: Bulk,
        now: u64,
    ) -> Result<Result<Option<u64>, Rejection>, DbError> {
        let (since, until) = match bulk {
            Bulk::Failed => {
                let again = "UPDATE deliveries SET status = 0, at = ?, made = 0, reason = ''
                    WHERE status = 2 RETURNING seq";
                let again = self.db.query(again, &[Value::Int(now)], |_| ())?;
                return Ok(Ok(Some(again.len() as u64)));
            }
            Bulk::Range(since, until) => (since, until),
        };
        let foreign = |id: &EventId| id.generation != of.generation;
        if since.iter().chain(&until).any(foreign) {
            return Ok(Err(Rejection::InvalidCursor));
        }
        let after = since.map_or(0, |id| id.sequence);
        // What is not read yet comes by itself.
        let through = until.map_or(of.position, |id| id.sequence.min(of.position));
        if after < through {
            self.db.transaction(|| {
                self.db.execute(
                    "INSERT INTO replays (after, through) VALUES (?, ?)",
                    &[Value::Int(after), Value::Int(through)],
                )?;
                due::set(&self.db, Duty::Read, now)
            })?;
        }
        Ok(Ok(None))
    }
}
