//! What a subscription is, kept and shown.

use super::{Creation, Store};
use crate::breaker::Breaker;
use crate::cursor::EventId;
use crate::feed::db::{Db, DbError, Value};
use crate::json;
use crate::signing::Key;
use crate::when::rfc3339;

/// Whether anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Yes.
    Active,
    /// Somebody stopped it.
    Paused,
    /// Its endpoint failed for too long.
    Suspended,
    /// Its endpoint answered 410: it wants nothing more.
    Disabled,
}

const STATUSES: &[(Status, &str)] = &[
    (Status::Active, "active"),
    (Status::Paused, "paused"),
    (Status::Suspended, "suspended"),
    (Status::Disabled, "disabled"),
];

impl Status {
    /// Its name.
    pub fn name(self) -> &'static str {
        let named = STATUSES.iter().find(|(known, _)| *known == self);
        named.map_or("", |(_, name)| name)
    }

    fn named(name: &str) -> Self {
        let named = STATUSES.iter().find(|(_, known)| *known == name);
        named.map_or(Self::Paused, |(status, _)| *status)
    }
}

/// A subscription, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// The feed that it reads.
    pub feed: String,
    /// Where events go.
    pub url: String,
    /// Which ones, as a JSON array of types.
    pub events: String,
    /// Whether the event's own bytes are sent.
    pub raw: bool,
    /// Whether each event waits for the one before it.
    pub ordered: bool,
    /// The most attempts at once.
    pub max_in_flight: u64,
    /// Whether anything is sent.
    pub status: Status,
    /// Why not; empty where it is.
    pub reason: String,
    /// Unix milliseconds.
    pub created_at: u64,
    /// The feed's life.
    pub generation: u64,
    /// Every event up to here has its delivery, or is none of this subscription's.
    pub position: u64,
    /// How far the feed is known to go.
    pub latest: u64,
    /// The run of events that retention took before they were read; 0 where there is none.
    pub gap: (u64, u64),
    /// Its endpoint's health.
    pub breaker: Breaker,
}

const COLUMNS: &str =
    "id, feed, url, events, raw, ordered, max_in_flight, status, reason, created_at, generation,
    position, latest, gap_from, gap_to, failures, openings, open_until, failing_since";

pub(super) fn read<D: Db>(db: &D) -> Result<Option<Row>, DbError> {
    db.first(&format!("SELECT {COLUMNS} FROM subscription"), &[], |row| {
        Row {
            id: row.string(0),
            feed: row.string(1),
            url: row.string(2),
            events: row.string(3),
            raw: row.int(4) == 1,
            ordered: row.int(5) == 1,
            max_in_flight: row.int(6),
            status: Status::named(&row.string(7)),
            reason: row.string(8),
            created_at: row.int(9),
            generation: row.int(10),
            position: row.int(11),
            latest: row.int(12),
            gap: (row.int(13), row.int(14)),
            breaker: Breaker {
                failures: row.int(15),
                openings: row.int(16),
                open_until: row.int(17),
                failing_since: row.int(18),
            },
        }
    })
}

pub(super) fn insert<D: Db>(db: &D, row: &Row) -> Result<(), DbError> {
    let sql = format!(
        "INSERT INTO subscription ({COLUMNS}, one) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)"
    );
    let Breaker {
        failures,
        openings,
        open_until,
        failing_since,
    } = row.breaker;
    db.execute(
        &sql,
        &[
            Value::Text(&row.id),
            Value::Text(&row.feed),
            Value::Text(&row.url),
            Value::Text(&row.events),
            Value::Int(row.raw.into()),
            Value::Int(row.ordered.into()),
            Value::Int(row.max_in_flight),
            Value::Text(row.status.name()),
            Value::Text(&row.reason),
            Value::Int(row.created_at),
            Value::Int(row.generation),
            Value::Int(row.position),
            Value::Int(row.latest),
            Value::Int(row.gap.0),
            Value::Int(row.gap.1),
            Value::Int(failures),
            Value::Int(openings),
            Value::Int(open_until),
            Value::Int(failing_since),
        ],
    )
}

impl Row {
    /// A new one, which has not been told its place in the feed yet. Its URL has been judged.
    pub fn new(id: &str, feed: &str, creation: Creation, now: u64) -> Self {
        Self {
            id: id.to_owned(),
            feed: feed.to_owned(),
            url: creation.url,
            events: creation.events,
            raw: creation.raw,
            ordered: creation.ordered,
            max_in_flight: creation.max_in_flight,
            status: Status::Active,
            reason: String::new(),
            created_at: now,
            generation: 0,
            position: 0,
            latest: 0,
            gap: (0, 0),
            breaker: Breaker::default(),
        }
    }

    /// It begins after this event, the feed's last.
    pub fn begin(&mut self, after: EventId) {
        self.generation = after.generation;
        self.position = after.sequence;
        self.latest = after.sequence;
    }

    /// The id of an event of its feed.
    pub fn event_id(&self, sequence: u64) -> EventId {
        EventId {
            generation: self.generation,
            sequence,
        }
    }

    /// What everybody who may see it is shown, without the closing brace. No secret is in it.
    fn members(&self) -> String {
        let mut text = format!(
            r#"{{"subscription_id":{},"url":{},"events":{},"format":"{}","ordered":{},"max_in_flight":{},"status":"{}","created_at":"{}""#,
            json::text(&self.id),
            json::text(&self.url),
            self.events,
            if self.raw { "raw" } else { "event" },
            self.ordered,
            self.max_in_flight,
            self.status.name(),
            rfc3339(self.created_at),
        );
        if !self.reason.is_empty() {
            text.push_str(&format!(r#","reason":{}"#, json::text(&self.reason)));
        }
        text
    }

    /// As it stands in a list: `{"subscription_id","url","events","format","ordered","max_in_flight","status",
    /// "created_at","reason"?}`.
    pub fn summary(&self) -> String {
        format!("{}}}", self.members())
    }
}

impl<D: Db> Store<D> {
    /// As it is shown alone: the members of its summary, where it stands, its endpoint's health and its secrets'
    /// times.
    pub fn show(&self, row: &Row, now: u64) -> Result<String, DbError> {
        let moment = |at: u64| match at {
            0 => "null".to_owned(),
            at => json::text(&rfc3339(at)),
        };
        let breaker = row.breaker;
        let secrets = self.db.query(
            "SELECT made_at, coalesce(until, 0) FROM secrets WHERE until IS NULL OR until > ? ORDER BY n DESC",
            &[Value::Int(now)],
            |row| {
                let (made, until) = (moment(row.int(0)), moment(row.int(1)));
                format!(r#"{{"created_at":{made},"until":{until}}}"#)
            },
        )?;
        let gap = match row.gap {
            (_, 0) => String::new(),
            (from, to) => {
                let (from, to) = (row.event_id(from), row.event_id(to));
                format!(r#","gap":{{"from":"{from}","to":"{to}"}}"#)
            }
        };
        Ok(format!(
            r#"{},"position":"{}","latest":"{}","pending":{}{gap},"breaker":{{"state":"{}","failures":{},"failing_since":{},"until":{}}},"secrets":[{}]}}"#,
            row.members(),
            row.event_id(row.position),
            row.event_id(row.latest.max(row.position)),
            self.pending()?,
            breaker.state(now).name(),
            breaker.failures,
            moment(breaker.failing_since),
            moment(if breaker.open_until > now {
                breaker.open_until
            } else {
                0
            }),
            secrets.join(","),
        ))
    }

    /// The keys that sign now, newest first.
    pub fn keys(&self, now: u64) -> Result<Vec<Key>, DbError> {
        let secrets = self.db.query(
            "SELECT secret FROM secrets WHERE until IS NULL OR until > ? ORDER BY n DESC",
            &[Value::Int(now)],
            |row| row.string(0),
        )?;
        Ok(secrets
            .iter()
            .filter_map(|secret| Key::read(secret))
            .collect())
    }

    /// How many deliveries wait for an attempt.
    pub(super) fn pending(&self) -> Result<u64, DbError> {
        let count = "SELECT count(*) FROM deliveries WHERE status = 0";
        Ok(self.db.first(count, &[], |row| row.int(0))?.unwrap_or(0))
    }
}
