//! A look at a feed of a million events costs what one at a feed of a thousand costs. Cost is counted and not timed, as
//! in `log/growth.rs`.

use serde_json::json;
use waypost_core::config::Retention;

use super::given::rules;
use crate::consumers::worker::claim;
use crate::log::db::Cost;
use crate::log::given::BIRTH;
use crate::log::growth::grown;

/// What a look costs at which everything begins, and one at which nothing changes.
fn costs(events: u64) -> [Cost; 2] {
    let (db, log) = grown(events);
    let now = BIRTH + events * 1_000 + 3_600_000;
    let rules = rules(json!({
        "every_seconds": 1, "failing_webhooks": 1, "silent_seconds": {"github": 1}, "consumer_lag": 1,
        "unacknowledged_seconds": 1, "dead_letters": 1, "subscriptions": true, "gaps": true,
    }));
    log.watch_by(Some(&rules), now - 100_000).expect("works");
    for consumer in ["a", "b"] {
        claim(&log, consumer, json!({"max": 10}), now);
    }
    [0, 1_000].map(|later| {
        let rung = || log.housekeep(Retention::default(), Some(&rules), now + later);
        let (rung, cost) = db.cost_of(rung);
        rung.expect("works");
        cost
    })
}

#[test]
fn a_million_cost_what_a_thousand_cost() {
    for (small, large) in costs(1_000).into_iter().zip(costs(1_000_000)) {
        println!("{small:?} {large:?}");
        assert!(
            large.steps * 10 <= small.steps * 12 && large.statements <= small.statements + 2,
            "{small:?} {large:?}"
        );
    }
}
