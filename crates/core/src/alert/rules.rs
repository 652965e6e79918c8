//! The rules, as SQL over the feed's own tables.

use crate::config::{Alerts, MOST_COUNTED};
use crate::feed::db::{Db, DbError, Value};
use crate::feed::{HEARD_MS, Log, is_own, own_events};
use crate::json;

/// What is broken, as `[[alert, subject, detail], …]`. A rule that is off has NULL for its bound, of which no comparison
/// is true. (A Durable Object's parameters are doubles, and it joins five SELECTs at most.)
const BROKEN: &str = concat!(
    own_events!("?8"),
    "SELECT json_group_array(json_array(alert, subject, json(detail))) FROM (SELECT * FROM (
        SELECT 'source_failing' AS alert, name AS subject, json_object('failing', failing) AS detail
        FROM sources WHERE failing >= ?2 AND (?3 IS NULL OR name IN (SELECT value FROM json_each(?3)))
     UNION ALL
        SELECT 'source_silent', name, json_object('silent_seconds', CAST((?1 - heard) / 1000 AS INTEGER))
        FROM (SELECT rule.key AS name, rule.value AS bound,
                max(coalesce((SELECT heard_at FROM sources WHERE name = rule.key), 0),
                    (SELECT meta.value FROM meta WHERE meta.key = concat('silent:', rule.key))) AS heard
            FROM json_each(?4) AS rule)
        WHERE ?1 - heard >= bound
     UNION ALL
        SELECT 'consumer_behind', name, json_object('lag', CAST(lag AS INTEGER),
            'unacknowledged_seconds', CAST(coalesce(max(age, 0), 0) / 1000 AS INTEGER))
        FROM (SELECT name, max(?7 - max(position, ?8), 0)
                + (SELECT count(*) FROM held WHERE held.consumer = consumers.consumer)
                - (SELECT count(*) FROM own WHERE own.seq > max(position, ?8) OR EXISTS
                    (SELECT 1 FROM held WHERE held.consumer = consumers.consumer AND held.seq = own.seq)) AS lag,
                ?1 - coalesce(
                    (SELECT appended_at FROM held JOIN events ON events.seq = held.seq
                        WHERE held.consumer = consumers.consumer AND held.seq NOT IN own
                        ORDER BY held.seq LIMIT 1),
                    (SELECT appended_at FROM events WHERE events.seq > position AND events.seq NOT IN own
                        ORDER BY events.seq LIMIT 1)) AS age
            FROM consumers WHERE coalesce(?5, ?6) IS NOT NULL)
        WHERE lag >= ?5 OR age >= ?6
     ) UNION ALL SELECT * FROM (
        SELECT 'dead_letters' AS alert, ?13 AS subject, json_object('dead_letters', n) AS detail
        FROM (SELECT count(*) AS n FROM (SELECT 1 FROM dead_letters AS letter WHERE ?9 IS NOT NULL
            AND letter.at > ?10 AND NOT ", is_own!("letter.event", "waypost.alert.dead_letters"), " LIMIT ?15))
        WHERE n >= ?9
     UNION ALL
        SELECT 'subscription_stopped', id, json_object('status', status)
        FROM (SELECT id, CASE WHEN json_valid(summary) THEN summary ->> 'status' END AS status
            FROM subscriptions WHERE ?11)
        WHERE status IN ('suspended', 'disabled')
     UNION ALL
        SELECT 'consumer_gap', name, json_object('from', concat(?14, format('%016d', gap_from)),
            'to', concat(?14, format('%016d', gap_to)))
        FROM consumers WHERE ?12 AND gap_at > ?10 AND gap_to > 0
     ))"
);

/// How many milliseconds each source may be silent, as a JSON object. When it was heard is known to a few seconds.
pub(super) fn silent(rules: Option<&Alerts>) -> String {
    let rules = rules.into_iter().flat_map(|rules| &rules.silent_seconds);
    let mut text = String::from("{");
    for (name, seconds) in rules {
        if text.len() > 1 {
            text.push(',');
        }
        let ms = seconds.saturating_mul(1_000).saturating_add(HEARD_MS);
        text.push_str(&format!("{}:{ms}", json::text(name)));
    }
    text.push('}');
    text
}

impl<D: Db> Log<D> {
    /// What is broken now.
    pub(super) fn broken(&self, rules: &Alerts, feed: &str, now: u64) -> Result<String, DbError> {
        let bounds = self.bounds();
        let number = |number: Option<u64>| number.map_or(Value::Null, Value::Int);
        let flag = |on: bool| number(on.then_some(1));
        let sources = rules.sources.as_deref();
        let window = rules.window_seconds.saturating_mul(1_000);
        let unacknowledged = rules.unacknowledged_seconds;
        let found = self.db().first(
            BROKEN,
            &[
                Value::Int(now),
                number(rules.failing_webhooks),
                sources.map_or(Value::Null, Value::Text),
                Value::Text(&silent(Some(rules))),
                number(rules.consumer_lag),
                number(unacknowledged.map(|seconds| seconds.saturating_mul(1_000))),
                Value::Int(bounds.latest),
                Value::Int(bounds.start()),
                number(rules.dead_letters),
                Value::Int(now.saturating_sub(window)),
                flag(rules.subscriptions),
                flag(rules.gaps),
                Value::Text(feed),
                Value::Text(&bounds.prefix()),
                Value::Int(MOST_COUNTED),
            ],
            |row| row.string(0),
        )?;
        Ok(found.unwrap_or_default())
    }
}
