//! Events as a subscription sends them.
//!
//! SQLite writes the bodies: a delivery is the same bytes at every attempt because its event does not change.

use super::Log;
use super::db::{Db, DbError, Value};
use super::read::Range;
use crate::filter::{is_wanted, wanted_types};
use crate::query::parameter;

/// What is read at once ends before it would pass this many stored bytes (its first event always fits).
const BYTES: u64 = 1_000_000;

/// What a subscription asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Events after this sequence.
    pub after: u64,
    /// Through this one; none for the end.
    pub through: Option<u64>,
    /// The most sequences.
    pub limit: u64,
    /// Types, exact, `prefix.*` or `*`, as a JSON array.
    pub events: String,
    /// Whether the event's own bytes are sent.
    pub raw: bool,
    /// These sequences as a JSON array, and no others, whatever their types.
    pub only: Option<String>,
}

/// An answer: JSON to be joined with commas.
#[derive(Debug)]
pub struct Pushed<T> {
    /// Where the feed is, and how far this goes: `{"generation","earliest","latest","through","events":[`.
    pub open: String,
    /// `[sequence, type, form, content type, body]` each. The body is text, or base 64 where `form` is 1, or has to be
    /// fetched where it is 2.
    pub pieces: Vec<T>,
}

macro_rules! push_sql {
    ($body:literal, $which:expr) => {
        concat!(
            wanted_types!("?2"),
            "SELECT json_array(seq, type, ",
            $body,
            ") FROM events WHERE ",
            $which,
            " AND form < 3 ORDER BY seq"
        )
    };
}

macro_rules! run_sql {
    ($body:literal) => {
        push_sql!($body, concat!("seq > ?3 AND seq <= ?4 AND ", is_wanted!()))
    };
}

macro_rules! only_sql {
    ($body:literal) => {
        push_sql!($body, "seq IN (SELECT value FROM json_each(?3)) AND ?4 = 0")
    };
}

macro_rules! event_body {
    ($sql:ident) => {
        $sql!(
            r#"0, 'application/json', concat('{"id":"', ?1, format('%016d', seq), '","event":', json_quote(type),
                ',"timestamp":', ('{' || head || '}') -> 'received_at', CASE form
                    WHEN 0 THEN ',"data":' || payload
                    WHEN 1 THEN ',"data":null,"data_base64":"' || payload || '"'
                    ELSE ',"data":null,"body_url":"' || payload || ?1 || format('%016d', seq) || '/body"'
                END, '}')"#
        )
    };
}

macro_rules! raw_body {
    ($sql:ident) => {
        $sql!(
            "form, coalesce(content_type, 'application/octet-stream'), iif(form < 2, payload, ?1 || format('%016d', seq))"
        )
    };
}

impl Wanted {
    /// As a query.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("after", &self.after.to_string());
        query.append_pair("limit", &self.limit.to_string());
        query.append_pair("events", &self.events);
        for (name, value) in [
            ("through", self.through.map(|through| through.to_string())),
            ("raw", self.raw.then(|| "1".to_owned())),
            ("only", self.only.clone()),
        ] {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        query.finish()
    }

    /// Reads what [`Wanted::query`] wrote.
    pub fn parse(query: &str) -> Self {
        let value = |name| parameter(query, name).ok().flatten();
        let number = |name| value(name).and_then(|text| text.parse().ok());
        Self {
            after: number("after").unwrap_or(0),
            through: number("through"),
            limit: number("limit").unwrap_or(1),
            events: value("events").unwrap_or_else(|| "[]".to_owned()),
            raw: value("raw").is_some(),
            only: value("only"),
        }
    }
}

impl<D: Db> Log<D> {
    /// What a subscription asks for.
    pub fn push(&self, wanted: &Wanted) -> Result<Pushed<D::Text>, DbError> {
        let bounds = self.bounds();
        let range = self.pushed_range(wanted)?;
        let prefix = bounds.prefix();
        let sql = match (wanted.raw, wanted.only.is_some()) {
            (false, false) => event_body!(run_sql),
            (false, true) => event_body!(only_sql),
            (true, false) => raw_body!(run_sql),
            (true, true) => raw_body!(only_sql),
        };
        let [from, to] = match &wanted.only {
            Some(only) => [Value::Text(only), Value::Int(0)],
            None => [Value::Int(range.after), Value::Int(range.through)],
        };
        let pieces = self.db.query(
            sql,
            &[Value::Text(&prefix), Value::Text(&wanted.events), from, to],
            |row| row.text(0),
        )?;
        Ok(Pushed {
            open: format!(
                r#"{{"generation":{},"earliest":{},"latest":{},"through":{},"events":["#,
                bounds.generation, bounds.earliest, bounds.latest, range.through
            ),
            pieces,
        })
    }

    fn pushed_range(&self, wanted: &Wanted) -> Result<Range, DbError> {
        let bounds = self.bounds();
        let after = wanted.after.max(bounds.start()).min(bounds.latest);
        let end = wanted.through.unwrap_or(u64::MAX).min(bounds.latest);
        let through = after.saturating_add(wanted.limit).min(end).max(after);
        self.fitting(Range { after, through }, BYTES)
    }
}
