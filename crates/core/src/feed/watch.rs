//! How the feed is, for those who watch it: metrics, and what the page shows.

use super::Log;
use super::db::{Db, DbError, Value};
use super::tally::BOUNDS;
use crate::consumer::CONSUMING;
use crate::metrics::{BETWEEN, FAMILIES, Family, Samples, feed_label};

/// How many minutes the page draws.
const DRAWN_MINUTES: u64 = 60;

/// What only the feed's object knows of itself.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// The feed's name.
    pub feed: &'a str,
    /// How many requests and streams it holds.
    pub waiting: u64,
    /// Unix milliseconds.
    pub now: u64,
}

impl<D: Db> Log<D> {
    /// Everything that is counted and measured, as `metrics::page` takes it.
    pub fn metrics(&self, watched: Watched<'_>) -> Result<String, DbError> {
        let mut page = String::new();
        for family in FAMILIES {
            self.samples(family, watched, &mut page)?;
            page.push(BETWEEN);
        }
        Ok(page)
    }

    fn samples(
        &self,
        family: &Family,
        watched: Watched<'_>,
        page: &mut String,
    ) -> Result<(), DbError> {
        let (Samples::Rows(sql) | Samples::Bounds(sql)) = family.samples;
        let rows = self.watch(sql, watched, |row| {
            (row.string(0), row.string(1), row.int(2), row.int(3))
        })?;
        if let Samples::Rows(_) = family.samples {
            for (sample, ..) in rows {
                page.push_str(&format!("{}{sample}\n", family.name));
            }
            return Ok(());
        }
        for of_one in rows.chunk_by(|a, b| a.0 == b.0) {
            let mut all = 0_u64;
            let mut line = |suffix: &str, value: &str| {
                page.push_str(&format!("{}{suffix} {value}\n", family.name));
            };
            let labels = of_one.first().map_or("", |(labels, ..)| labels);
            for (bound, seconds) in BOUNDS {
                let bound_ms = bound.to_string();
                let here = of_one.iter().filter(|(_, known, ..)| *known == bound_ms);
                all = here.fold(all, |all, (_, _, n, _)| all.saturating_add(*n));
                line(
                    &format!("_bucket{{{labels},le=\"{seconds}\"}}"),
                    &all.to_string(),
                );
            }
            let sums = |which: fn(&(String, String, u64, u64)) -> u64| {
                of_one
                    .iter()
                    .fold(0, |sum: u64, row| sum.saturating_add(which(row)))
            };
            let count = sums(|(_, _, n, _)| *n).to_string();
            line(&format!("_bucket{{{labels},le=\"+Inf\"}}"), &count);
            line(&format!("_count{{{labels}}}"), &count);
            line(&format!("_sum{{{labels}}}"), &seconds(sums(|(.., ms)| *ms)));
        }
        Ok(())
    }

    /// How everything is, as JSON.
    pub fn overview(&self, watched: Watched<'_>) -> Result<Option<D::Text>, DbError> {
        let rows = self.watch(OVERVIEW, watched, |row| row.text(0))?;
        Ok(rows.into_iter().next())
    }

    fn watch<T>(
        &self,
        sql: &str,
        watched: Watched<'_>,
        read: impl FnMut(&dyn super::db::Row<D>) -> T,
    ) -> Result<Vec<T>, DbError> {
        let ends = self.ends.get();
        let bounds = ends.bounds;
        let minute = (watched.now / 60_000).saturating_sub(DRAWN_MINUTES);
        self.db.query(
            &format!("WITH {GIVEN}, consuming(json) AS ({CONSUMING}) SELECT {sql}"),
            &[
                Value::Int(bounds.start()),
                Value::Int(bounds.latest),
                Value::Int(watched.now),
                Value::Text(&bounds.prefix()),
                Value::Text(&feed_label(watched.feed)),
                Value::Int(watched.waiting),
                Value::Int(ends.end_offset.saturating_sub(ends.start_offset)),
                Value::Int(minute),
            ],
            read,
        )
    }
}

/// A Durable Object's parameters are doubles.
const GIVEN: &str =
    "given(feed, now, waiting, events, bytes, minute) AS (VALUES (?5, CAST(?3 AS INTEGER),
    CAST(?6 AS INTEGER), CAST(?2 - ?1 AS INTEGER), CAST(?7 AS INTEGER), CAST(?8 AS INTEGER)))";

const OVERVIEW: &str = "json_object(
    'earliest', concat(?4, format('%016d', ?1 + 1)), 'latest', concat(?4, format('%016d', ?2)),
    'events', events, 'bytes', bytes, 'waiting', waiting,
    'oldest_seconds', (SELECT max(now - appended_at, 0) / 1000 FROM events ORDER BY seq LIMIT 1),
    'dead_letters', (SELECT count(*) FROM dead_letters),
    'tallies', json((SELECT json_group_array(json_array(kind, a, b, at, n, total)) FROM (
        SELECT kind, a, b, iif(kind IN ('webhook', 'delivery', 'ack') AND tallies.minute > given.minute,
            tallies.minute, 0) AS at, sum(n) AS n, sum(sum) AS total FROM tallies, given GROUP BY kind, a, b, at))),
    'sources', json((SELECT json_group_array(json_object('source', name, 'failing', failing,
        'heard_seconds', iif(heard_at, max(now - heard_at, 0) / 1000, NULL))) FROM sources)),
    'consumers', json((SELECT json_group_array(json(json)) FROM consuming)),
    'subscriptions', json((SELECT json_group_array(json_set(summary, '$.deliveries', json(deliveries)))
        FROM (SELECT summary, deliveries FROM subscriptions ORDER BY made_at, id))),
    'alerts', json((SELECT json_group_array(json_object('alert', alert, 'subject', subject,
        'since', strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000.0, 'unixepoch'), 'detail', json(detail))) FROM alerts))
    ) FROM given";

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}
