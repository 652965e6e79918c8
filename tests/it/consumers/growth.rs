//! A claim and an acknowledgement cost the same in a feed of a million events as in one of a thousand,
//! with a backlog of a million, and with a hundred thousand leases out.
//!
//! Cost is counted and not timed, as in `log/growth.rs`.

use serde_json::json;
use waypost_core::config::Retention;
use waypost_core::consumer::Verb;

use super::worker::{ack, claim, settle};
use crate::log::db::Cost;
use crate::log::given::BIRTH;
use crate::log::growth::grown;

/// What each thing costs in a feed of so many events, of which so many are out. Everything behind
/// them is the backlog.
fn costs(events: u64, out: u64) -> Vec<(String, Cost)> {
    let (db, log) = grown(events);
    let now = BIRTH + events * 1000;
    let mut all = Vec::new();
    for mode in ["shared", "ordered"] {
        // An ordered consumer has one batch out.
        let out = if mode == "shared" { out } else { 0 };
        let first = json!({"max": 1, "mode": mode, "max_attempts": 3});
        let lease = claim(&log, mode, first, now).leases();
        ack(&log, mode, &lease, now);
        db.raw(&format!(
            "INSERT INTO held SELECT consumer, seq, {now} + 1000000 + seq, 0, 7, 0 FROM events, consumers
                WHERE name = '{mode}' AND seq > 1 AND seq <= {out};
             UPDATE consumers SET position = max(1, {out}) WHERE name = '{mode}'"
        ))
        .expect("works");
        let mut cost = |what: &str, cost: Cost| all.push((format!("{what}, {mode}"), cost));
        let ten = || json!({"max": 10, "lease_seconds": 60, "attempt_id": "a"});
        let (given, spent) = db.cost_of(|| claim(&log, mode, ten(), now));
        cost("claim of ten", spent);
        let leases = given.leases();
        assert_eq!(leases.len(), 10);
        let (again, spent) = db.cost_of(|| claim(&log, mode, ten(), now));
        assert_eq!(again, given);
        cost("the same claim again", spent);
        let ask = |verb, leases: &[String]| {
            let body = json!({"leases": leases, "delay_seconds": 1});
            let (said, spent) = db.cost_of(|| settle(&log, mode, verb, body, now).expect("leases"));
            assert_eq!(said["rejected"], json!([]), "{mode} {verb:?}");
            spent
        };
        cost("extension of ten", ask(Verb::Extend, &leases));
        cost("acknowledgement of eight", ask(Verb::Ack, &leases[..8]));
        cost("refusal of one", ask(Verb::Nack, &leases[8..9]));
        if mode == "shared" {
            cost("release of one", ask(Verb::Release, &leases[9..]));
        }
        let later = now + 2_000;
        let (given, spent) = db.cost_of(|| claim(&log, mode, json!({"max": 10}), later));
        cost("claim of what came back and new ones", spent);
        assert_eq!(given.leases().len(), 10);
        let (count, spent) = db.cost_of(|| ack(&log, mode, &given.leases(), later));
        assert_eq!(count.0, 10);
        cost("acknowledgement of ten", spent);
        let seek = json!({"to": "latest"});
        if mode == "ordered" {
            settle(&log, mode, Verb::Seek, seek, now).expect("seeks");
        } else {
            db.raw(&format!(
                "UPDATE consumers SET position = {events} WHERE name = '{mode}'"
            ))
            .expect("works");
        }
        let (given, spent) = db.cost_of(|| claim(&log, mode, json!({"max": 10}), now));
        assert_eq!(given.leases().len(), 0);
        cost("claim that finds nothing", spent);
    }
    // Most of the feed is hidden by the filter, and has been looked at.
    let some = json!({"types": ["invoice.*"], "sources": ["acme"], "max_attempts": 1});
    claim(&log, "some", some.clone(), now);
    let spent = db.cost_of(|| claim(&log, "some", some, now)).1;
    all.push(("claim with a filter that finds nothing".to_owned(), spent));
    // A last attempt that the alarm gives up.
    let last = json!({"max": 1, "max_attempts": 1, "lease_seconds": 1});
    claim(&log, "last", last, now);
    let spent = db
        .cost_of(|| {
            log.housekeep(Retention::default(), None, now + 1_000)
                .expect("works")
        })
        .1;
    all.push(("alarm for a last attempt".to_owned(), spent));
    all
}

fn compare(small: Vec<(String, Cost)>, large: Vec<(String, Cost)>) {
    let mut dear = Vec::new();
    for ((what, small), (_, large)) in small.into_iter().zip(large) {
        println!("{what}: {small:?} {large:?}");
        if large.steps * 10 > small.steps * 12 || large.statements > small.statements {
            dear.push((what, small, large));
        }
    }
    assert!(dear.is_empty(), "{dear:?}");
}

#[test]
fn a_backlog_of_a_million_costs_what_one_of_a_thousand_costs() {
    compare(costs(1_000, 100), costs(1_000_000, 100));
}

#[test]
fn a_hundred_thousand_leases_cost_what_a_hundred_cost() {
    compare(costs(200_000, 100), costs(200_000, 100_000));
}

/// A filter that hides everything is paid for once for each event, in looks of bounded length.
#[test]
fn what_a_filter_hides_is_looked_at_once() {
    let (db, log) = grown(20_000);
    let now = BIRTH + 1;
    let some = json!({"types": ["invoice.*"]});
    let (_, first) = db.cost_of(|| claim(&log, "some", some.clone(), now));
    let (_, second) = db.cost_of(|| claim(&log, "some", some, now));
    println!("{first:?} {second:?}");
    assert!(
        first.steps > 20_000 * 5 && second.steps < 1_000,
        "{first:?} {second:?}"
    );
    assert!(
        first.statements >= second.statements + 3,
        "{first:?} {second:?}"
    );
}
