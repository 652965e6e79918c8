//! A feed of a million events costs what a feed of a thousand costs.
//!
//! Cost is counted and not timed: statements, and steps of SQLite's machine. What a step costs
//! grows with the depth of the tree alone, which a million rows make one level deeper.

use waypost_core::config::Retention;
use waypost_core::feed::Log;

use super::ask::Ask;
use super::db::{Cost, RusqliteDb};
use super::given::{self, BIRTH, id};

/// A log with so many events, a second apart, filled as appends would have.
pub(crate) fn grown(events: u64) -> (RusqliteDb, Log<RusqliteDb>) {
    let (db, log) = given::empty();
    drop(log);
    let head = r#""source":"acme","type":"push","webhook_id":"w","received_at":"2026-01-01T00:00:00Z","content_type":"application/json""#;
    let weight = head.len() + 2;
    db.raw(&format!(
        "INSERT INTO events
            WITH RECURSIVE n(seq) AS (VALUES (1) UNION ALL SELECT seq + 1 FROM n WHERE seq < {events})
            SELECT seq, {BIRTH} + seq * 1000, seq * {weight}, 'acme', 'push', '{head}', '', '', 2,
                'application/json', 0, '{{}}' FROM n;
         INSERT INTO identities SELECT format('receipt:%08d', seq), {BIRTH} + 2000000000 + seq FROM events"
    ))
    .expect("works");
    let log = Log::open(db.clone(), BIRTH).expect("opens");
    assert_eq!(log.bounds().latest, events);
    (db, log)
}

/// What each thing costs in a log of so many events.
fn costs(events: u64) -> Vec<(&'static str, Cost)> {
    let (db, log) = grown(events);
    let now = BIRTH + events * 1000;
    let ask = |url: String| db.cost_of(|| Ask::url(&url, now).now(&log)).1;
    let keep = Retention {
        days: None,
        events: Some(events),
        bytes: Some(u64::MAX),
    };
    let time = waypost_core::when::rfc3339(now - 100_000);
    vec![
        ("page at the start", ask("/events".to_owned())),
        (
            "page in the middle",
            ask(format!("/events?since_id={}", id(events / 2))),
        ),
        (
            "page at the end",
            ask(format!("/events?since_id={}", id(events - 100))),
        ),
        (
            "nothing new",
            ask(format!("/events?since_id={}", id(events))),
        ),
        (
            "long poll",
            ask(format!("/long-poll?last_event_id={}", id(events - 1))),
        ),
        ("newest", ask("/resource".to_owned())),
        ("one event", ask(format!("/events/{}", id(events / 3)))),
        (
            "updates after an id",
            ask(format!("/updates?since={}", id(events - 100))),
        ),
        (
            "updates since a time",
            ask(format!("/updates?since={time}")),
        ),
        (
            "append",
            db.cost_of(|| given::fill(&log, events..events + 1, now)).1,
        ),
        ("append of a duplicate", {
            let known = given::meta(events);
            db.cost_of(|| given::append(&log, &known, b"{}", now)).1
        }),
        (
            "retention after an append",
            db.cost_of(|| log.settle(keep, now).expect("works")).1,
        ),
        (
            "erase",
            db.cost_of(|| log.erase(events / 2, now).expect("works")).1,
        ),
        (
            "open",
            db.cost_of(|| Log::open(db.clone(), now).expect("opens")).1,
        ),
    ]
}

#[test]
fn a_million_cost_what_a_thousand_cost() {
    let mut dear = Vec::new();
    for ((what, small), (_, large)) in costs(1_000).into_iter().zip(costs(1_000_000)) {
        println!("{what}: {small:?} {large:?}");
        // Two looks more at where a page would pass its bytes, which a small feed's never does;
        // and a moment is found by halving, in ten steps more for a thousand times the events.
        let more = if what == "updates since a time" {
            11
        } else {
            2
        };
        if large.steps * 10 > small.steps * 12 || large.statements > small.statements + more {
            dear.push((what, small, large));
        }
    }
    assert!(dear.is_empty(), "{dear:?}");
}
