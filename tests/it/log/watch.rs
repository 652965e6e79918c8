//! Metrics and the overview: what they say, and what they cost.

use serde_json::{Value, json};
use waypost_core::consumer::{Order, Verb, When};
use waypost_core::feed::{Log, Tallies, Watched, kind, outcome};
use waypost_core::metrics;

use super::db::RusqliteDb;
use super::given::{self, BIRTH, id};

const FEED: &str = "orders";
const SUBSCRIPTION: &str = "00000000-0000-4000-8000-000000000001";

fn watched(now: u64) -> Watched<'static> {
    Watched {
        feed: FEED,
        waiting: 3,
        now,
    }
}

/// A feed with something of everything.
fn busy() -> (RusqliteDb, Log<RusqliteDb>) {
    let (db, log) = given::empty();
    given::fill(&log, 1..4, BIRTH + 20);
    let mut tallies = Tallies::default();
    for code in ["bad_signature", "bad_signature", "missing_signature"] {
        tallies.count(kind::WEBHOOK, "acme", code);
    }
    let mut known = Tallies::default();
    known.count(kind::WEBHOOK, "acme", outcome::ALREADY_PROCESSED);
    log.tally(&known.json(), BIRTH + 25).expect("works");
    tallies.count(kind::READ, "events", "200");
    tallies.count(kind::CACHE, "hit", "");
    tallies.took(kind::QUEUE_LAG, 7);
    log.tally(&tallies.json(), BIRTH + 30).expect("works");
    let Ok(Order::Claim(claim)) = Order::parse(Verb::Claim, br#"{"max":1}"#) else {
        panic!("a claim");
    };
    let when = When {
        now: BIRTH + 40,
        first: true,
        held: true,
    };
    log.claim(
        "billing",
        &claim,
        waypost_core::cache::Audience::Token,
        when,
    )
    .expect("works");
    let summary = format!(r#"{{"subscription_id":"{SUBSCRIPTION}","status":"suspended"}}"#);
    log.subscribe(SUBSCRIPTION, &summary, BIRTH).expect("works");
    let stats =
        r#"{"delivered":5,"failed":2,"dead":1,"ms":712,"le":{"10":6,"1000":1},"pending":4}"#;
    log.counted(SUBSCRIPTION, stats, BIRTH + 40).expect("works");
    let letter = format!(
        r#"{{"event":"{}","reason":"x","attempts":1,"last_response":null}}"#,
        id(1)
    );
    log.bury_delivery(SUBSCRIPTION, &letter, BIRTH + 50)
        .expect("works");
    (db, log)
}

fn page(log: &Log<RusqliteDb>, now: u64) -> String {
    let written = log.metrics(watched(now)).expect("works");
    metrics::page(&[(FEED, Some(written)), ("broken", None)])
}

#[test]
fn every_sample() {
    let (_, log) = busy();
    let page = page(&log, BIRTH + 61_000);
    for line in [
        r#"waypost_feed_up{feed="orders"} 1"#,
        r#"waypost_feed_up{feed="broken"} 0"#,
        r#"waypost_webhooks_total{feed="orders",source="acme",outcome="stored"} 3"#,
        r#"waypost_webhooks_total{feed="orders",source="acme",outcome="already_processed"} 1"#,
        r#"waypost_refusals_total{feed="orders",source="acme",code="bad_signature"} 2"#,
        r#"waypost_refusals_total{feed="orders",source="acme",code="missing_signature"} 1"#,
        r#"waypost_reads_total{feed="orders",face="events",status="200"} 1"#,
        r#"waypost_edge_cache_total{feed="orders",result="hit"} 1"#,
        r#"waypost_queue_lag_seconds_bucket{feed="orders",le="0.005"} 0"#,
        r#"waypost_queue_lag_seconds_bucket{feed="orders",le="0.01"} 1"#,
        // Three that were appended as they were brought, and one.
        r#"waypost_queue_lag_seconds_bucket{feed="orders",le="+Inf"} 4"#,
        r#"waypost_queue_lag_seconds_sum{feed="orders"} 0.067"#,
        r#"waypost_append_lag_seconds_count{feed="orders"} 3"#,
        r#"waypost_append_lag_seconds_sum{feed="orders"} 0.060"#,
        r#"waypost_feed_events{feed="orders"} 3"#,
        r#"waypost_feed_oldest_seconds{feed="orders"} 60.98"#,
        r#"waypost_waiting{feed="orders"} 3"#,
        r#"waypost_dead_letters{feed="orders"} 1"#,
        r#"waypost_dead_letters_buried_total{feed="orders",origin="subscription"} 1"#,
        r#"waypost_consumer_lag{feed="orders",consumer="billing"} 3"#,
        r#"waypost_consumer_oldest_unacknowledged_seconds{feed="orders",consumer="billing"} 60"#,
        &format!(
            r#"waypost_subscription_state{{feed="orders",subscription="{SUBSCRIPTION}",state="suspended"}} 1"#
        ),
        &format!(
            r#"waypost_subscription_state{{feed="orders",subscription="{SUBSCRIPTION}",state="active"}} 0"#
        ),
        &format!(
            r#"waypost_deliveries_total{{feed="orders",subscription="{SUBSCRIPTION}",status="delivered"}} 5"#
        ),
        &format!(
            r#"waypost_deliveries_total{{feed="orders",subscription="{SUBSCRIPTION}",status="dead"}} 1"#
        ),
        &format!(r#"waypost_deliveries_pending{{feed="orders",subscription="{SUBSCRIPTION}"}} 4"#),
        &format!(
            r#"waypost_delivery_duration_seconds_bucket{{feed="orders",subscription="{SUBSCRIPTION}",le="0.5"}} 6"#
        ),
        &format!(
            r#"waypost_delivery_duration_seconds_count{{feed="orders",subscription="{SUBSCRIPTION}"}} 7"#
        ),
        &format!(
            r#"waypost_delivery_duration_seconds_sum{{feed="orders",subscription="{SUBSCRIPTION}"}} 0.712"#
        ),
        r#"waypost_source_failing{feed="orders",source="acme"} 2"#,
    ] {
        assert!(page.lines().any(|known| known == line), "{line}\n{page}");
    }
    assert!(page.ends_with("# EOF\n"));
}

/// What was counted is there after the object was made anew, and after its minutes were swept up.
#[test]
fn counters_survive() {
    let (db, log) = busy();
    let counters = |log: &Log<RusqliteDb>, now| {
        let page = page(log, now);
        let counted = page
            .lines()
            .filter(|line| line.contains("_total{") || line.contains("_count{"));
        counted.map(str::to_owned).collect::<Vec<_>>()
    };
    let before = counters(&log, BIRTH + 100);
    let log = Log::open(db, BIRTH).expect("opens");
    assert_eq!(counters(&log, BIRTH + 100), before);
    let later = BIRTH + 24 * 3_600_000;
    log.tally(&Tallies::default().json(), later).expect("works");
    assert_eq!(counters(&log, later), before);
}

#[test]
fn an_overview() {
    let (_, log) = busy();
    let text = log
        .overview(watched(BIRTH + 61_000))
        .expect("works")
        .expect("one");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["earliest"], id(1).to_string());
    assert_eq!(json["latest"], id(3).to_string());
    for (name, expect) in [
        ("events", json!(3)),
        ("waiting", json!(3)),
        ("dead_letters", json!(1)),
        ("oldest_seconds", json!(60)),
        ("alerts", json!([])),
        (
            "sources",
            json!([{"source": "acme", "failing": 2, "heard_seconds": 60}]),
        ),
    ] {
        assert_eq!(json[name], expect, "{name}");
    }
    assert_eq!(json["consumers"][0]["name"], "billing");
    assert_eq!(json["subscriptions"][0]["deliveries"]["pending"], 4);
    let minute = BIRTH / 60_000;
    let tallies = json["tallies"].as_array().expect("a list");
    assert!(
        tallies.contains(&json!(["webhook", "acme", "stored", minute, 3, 0])),
        "{tallies:?}"
    );
    assert!(
        tallies.contains(&json!(["queue_lag", "10", "", 0, 1, 7])),
        "{tallies:?}"
    );
}

/// An empty feed has an overview as well, and one where no subscription has said anything.
#[test]
fn an_overview_of_nothing() {
    let (_, log) = given::empty();
    let text = log.overview(watched(BIRTH)).expect("works").expect("one");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["oldest_seconds"], Value::Null);
    assert_eq!(json["tallies"], json!([]));
    log.subscribe("a", r#"{"status":"active"}"#, BIRTH)
        .expect("works");
    let text = log.overview(watched(BIRTH)).expect("works").expect("one");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        json["subscriptions"],
        json!([{"status": "active", "deliveries": null}])
    );
}
