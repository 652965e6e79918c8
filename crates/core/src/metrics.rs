//! Metrics in [OpenMetrics 1.0](https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md):
//! a table of families, whose samples each feed writes from its own tables.

use crate::json;

/// The content type of [`page`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What stands between the families of one feed's samples.
pub(crate) const BETWEEN: char = '\u{1e}';

/// A family of metrics.
pub(crate) struct Family {
    /// Its name, with its unit where it has one.
    pub(crate) name: &'static str,
    kind: &'static str,
    help: &'static str,
    /// Where its samples come from.
    pub(crate) samples: Samples,
}

/// SQL over a feed's tables, beside `given(feed, now, waiting, events, bytes)`.
pub(crate) enum Samples {
    /// A row each: what follows the family's name.
    Rows(&'static str),
    /// For a histogram: labels, upper bound in milliseconds, number, sum in milliseconds; a row each bound that has
    /// anything, ordered by labels.
    Bounds(&'static str),
}

macro_rules! families {
    ($($name:literal $kind:literal $help:literal $from:ident $sql:literal)*) => {
        &[$(Family { name: $name, kind: $kind, help: $help, samples: Samples::$from($sql) }),*]
    };
}

/// Every family that a feed has samples of.
pub(crate) const FAMILIES: &[Family] = families! {
    "waypost_webhooks" "counter" "Genuine webhooks, by what became of them." Rows
    "'_total{' || feed || ',source=\"' || a || '\",outcome=\"' || b || '\"} ' || sum(n) FROM tallies, given
     WHERE kind = 'webhook' AND b IN ('stored', 'duplicate', 'already_processed', 'answered')
     GROUP BY a, b"
    "waypost_redeliveries" "counter" "Messages that the queue brought once more." Rows
    "'_total{' || feed || ',source=\"' || a || '\"} ' || sum(n) FROM tallies, given
     WHERE kind = 'webhook' AND b = 'redelivered' GROUP BY a"
    "waypost_refusals" "counter" "Webhooks that were refused, by code." Rows
    "'_total{' || feed || ',source=\"' || a || '\",code=\"' || b || '\"} ' || sum(n) FROM tallies, given
     WHERE kind = 'webhook' AND b NOT IN ('stored', 'duplicate', 'redelivered', 'already_processed', 'answered')
     GROUP BY a, b"
    "waypost_reads" "counter" "Reads, by face and status." Rows
    "'_total{' || feed || ',face=\"' || a || '\",status=\"' || b || '\"} ' || sum(n) FROM tallies, given
     WHERE kind = 'read' GROUP BY a, b"
    "waypost_edge_cache" "counter" "Reads that the edge answered (hit), and that the feed did (miss)." Rows
    "'_total{' || feed || ',result=\"' || a || '\"} ' || sum(n) FROM tallies, given WHERE kind = 'cache' GROUP BY a"
    "waypost_queue_lag_seconds" "histogram" "From the receipt of a webhook until the queue brought it." Bounds
    "feed, a, sum(n), sum(sum) FROM tallies, given WHERE kind = 'queue_lag' GROUP BY a"
    "waypost_append_lag_seconds" "histogram" "From the receipt of a webhook until it was an event." Bounds
    "feed, a, sum(n), sum(sum) FROM tallies, given WHERE kind = 'append_lag' GROUP BY a"
    "waypost_feed_events" "gauge" "Events kept." Rows
    "'{' || feed || '} ' || events FROM given"
    "waypost_feed_bytes" "gauge" "Bytes kept." Rows
    "'{' || feed || '} ' || bytes FROM given"
    "waypost_feed_oldest_seconds" "gauge" "Age of the oldest event." Rows
    "'{' || feed || '} ' || (max(now - appended_at, 0) / 1000.0)
     FROM (SELECT appended_at FROM events ORDER BY seq LIMIT 1), given"
    "waypost_waiting" "gauge" "Requests and streams that are held." Rows
    "'{' || feed || '} ' || waiting FROM given"
    "waypost_dead_letters" "gauge" "Dead letters that nobody has dealt with." Rows
    "'{' || feed || '} ' || (SELECT count(*) FROM dead_letters) FROM given"
    "waypost_dead_letters_buried" "counter" "Dead letters made, by whose they were." Rows
    "'_total{' || feed || ',origin=\"' || a || '\"} ' || sum(n) FROM tallies, given WHERE kind = 'dead' GROUP BY a"
    "waypost_consumer_lag" "gauge" "Events that a consumer has not acknowledged." Rows
    "'{' || feed || ',consumer=\"' || (json ->> 'name') || '\"} ' || (json ->> 'lag') FROM consuming, given"
    "waypost_consumer_oldest_unacknowledged_seconds" "gauge" "Age of the oldest of them." Rows
    "'{' || feed || ',consumer=\"' || (json ->> 'name') || '\"} '
        || coalesce(json ->> 'oldest_unacknowledged_seconds', 0) FROM consuming, given"
    "waypost_subscription_state" "gauge" "1 for the state that a subscription is in." Rows
    "'{' || feed || ',subscription=\"' || subscriptions.id || '\",state=\"' || value || '\"} ' || (summary ->> 'status' = value)
     FROM subscriptions, given, json_each('[\"active\",\"paused\",\"suspended\",\"disabled\"]')"
    "waypost_deliveries" "counter" "Deliveries made (delivered) and given up (dead), and attempts that failed (failed)." Rows
    "'_total{' || feed || ',subscription=\"' || subscriptions.id || '\",status=\"' || value || '\"} '
        || coalesce(deliveries ->> value, 0)
     FROM subscriptions, given, json_each('[\"delivered\",\"failed\",\"dead\"]')"
    "waypost_deliveries_pending" "gauge" "Deliveries that wait for an attempt." Rows
    "'{' || feed || ',subscription=\"' || subscriptions.id || '\"} ' || coalesce(deliveries ->> 'pending', 0)
     FROM subscriptions, given"
    "waypost_delivery_duration_seconds" "histogram" "How long attempts took." Bounds
    "feed || ',subscription=\"' || subscriptions.id || '\"', key, value, iif(row_number() OVER (PARTITION BY subscriptions.id) = 1, deliveries ->> 'ms', 0)
     FROM subscriptions, given, json_each(deliveries, '$.le') ORDER BY 1"
    "waypost_source_failing" "gauge" "Webhooks of a source in a row whose signature was wrong." Rows
    "'{' || feed || ',source=\"' || name || '\"} ' || failing FROM sources, given"
    "waypost_alerts" "gauge" "Alerts that are firing." Rows
    "'{' || feed || ',alert=\"' || alert || '\"} ' || count(*) FROM alerts, given GROUP BY alert"
};

/// The family that the edge has samples of: whether a feed answered.
const UP: Family = Family {
    name: "waypost_feed_up",
    kind: "gauge",
    help: "Whether the feed answered.",
    samples: Samples::Rows(""),
};

/// The label that names a feed.
pub(crate) fn feed_label(feed: &str) -> String {
    format!("feed={}", json::text(feed))
}

/// The page: what each feed wrote, or nothing where it did not answer.
pub fn page(feeds: &[(&str, Option<String>)]) -> String {
    let mut page = String::new();
    head(&mut page, &UP);
    for (feed, written) in feeds {
        let up = u8::from(written.is_some());
        page.push_str(&format!("{}{{{}}} {up}\n", UP.name, feed_label(feed)));
    }
    let blocks = |written: &Option<String>, place: usize| {
        let written = written.as_deref().unwrap_or_default();
        written
            .split(BETWEEN)
            .nth(place)
            .unwrap_or_default()
            .to_owned()
    };
    for (place, family) in FAMILIES.iter().enumerate() {
        head(&mut page, family);
        for (_, written) in feeds {
            page.push_str(&blocks(written, place));
        }
    }
    page.push_str("# EOF\n");
    page
}

fn head(
    page: &mut String,
    Family {
        name, kind, help, ..
    }: &Family,
) {
    page.push_str(&format!("# TYPE {name} {kind}\n"));
    if name.ends_with("_seconds") {
        page.push_str(&format!("# UNIT {name} seconds\n"));
    }
    page.push_str(&format!("# HELP {name} {help}\n"));
}
