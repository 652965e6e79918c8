//! Cases that chance would hardly bring about.

use serde_json::json;
use waypost_core::config::Retention;
use waypost_core::consumer::{Order, Revived, Verb};
use waypost_core::cursor::EventId;
use waypost_core::feed::Log;

use super::worker::{Answer, ack, claim, codes, settle};
use crate::log::db::RusqliteDb;
use crate::log::given::{self, BIRTH, id};

const NOW: u64 = BIRTH + 1_000_000;

fn with(events: u64) -> (RusqliteDb, Log<RusqliteDb>) {
    let (db, log) = given::empty();
    given::fill(&log, 1..events + 1, BIRTH);
    (db, log)
}

#[test]
fn a_lease_from_before_a_release_is_not_the_one_after_it() {
    let (_, log) = with(1);
    let before = claim(&log, "c", json!({}), NOW).leases();
    settle(&log, "c", Verb::Release, json!({ "leases": before }), NOW).expect("works");
    let after = claim(&log, "c", json!({}), NOW);
    assert_eq!(
        after.clone().json()["events"][0]["attempt"],
        1,
        "it was never tried"
    );
    assert_eq!(
        ack(&log, "c", &before, NOW),
        (0, vec!["lease_expired".to_owned()])
    );
    assert_eq!(ack(&log, "c", &after.leases(), NOW), (1, vec![]));
}

#[test]
fn a_claim_is_repeated_for_as_long_as_it_was_extended() {
    let (_, log) = with(3);
    let one = || json!({"max": 1, "attempt_id": "a", "lease_seconds": 10});
    let first = claim(&log, "c", one(), NOW);
    let body = json!({"leases": first.leases(), "lease_seconds": 60});
    settle(&log, "c", Verb::Extend, body, NOW).expect("works");
    // Another claim sweeps away what is forgotten.
    let other = json!({"max": 1, "attempt_id": "b", "lease_seconds": 60});
    claim(&log, "c", other, NOW + 11_000);
    assert_eq!(claim(&log, "c", one(), NOW + 11_000), first);
    // An extension does not shorten.
    let body = json!({"leases": first.leases(), "lease_seconds": 1});
    settle(&log, "c", Verb::Extend, body, NOW + 11_000).expect("works");
    assert_eq!(claim(&log, "c", one(), NOW + 59_999), first);
    assert_ne!(claim(&log, "c", one(), NOW + 60_000), first);
}

#[test]
fn a_dead_letter_behind_the_position_comes_once() {
    let (_, log) = with(3);
    let one = || json!({"max": 1, "max_attempts": 1});
    let held = claim(&log, "c", one(), NOW);
    let nacked = settle(&log, "c", Verb::Nack, json!({"leases": held.leases()}), NOW);
    assert_eq!(nacked.expect("works")["dead_lettered"], 1);
    settle(&log, "c", Verb::Seek, json!({"to": "earliest"}), NOW).expect("works");
    let letter = EventId {
        sequence: 1,
        ..id(1)
    };
    assert_eq!(log.revive(letter), Ok(Revived::Redelivered));
    assert_eq!(log.revive(letter), Ok(Revived::NotOurs), "it is gone");
    assert_eq!(claim(&log, "c", one(), NOW).seqs(), [1]);
    assert_eq!(claim(&log, "c", json!({}), NOW).seqs(), [2, 3]);
    assert_eq!(
        claim(&log, "c", json!({}), NOW),
        Answer::Held(Some(NOW + 30_000))
    );
}

#[test]
fn dead_letters_of_another_life_or_of_nobody_stay() {
    let (_, log) = with(1);
    let held = claim(&log, "c", json!({"max_attempts": 1}), NOW);
    settle(&log, "c", Verb::Nack, json!({"leases": held.leases()}), NOW).expect("works");
    let other = EventId {
        generation: BIRTH + 1,
        sequence: 1,
    };
    assert_eq!(log.revive(other), Ok(Revived::NotOurs));
    assert_eq!(log.delete_consumer("c"), Ok(true));
    assert_eq!(log.revive(id(1)), Ok(Revived::Lost));
    // Whoever bears the name gets it.
    claim(&log, "c", json!({"from": "latest"}), NOW);
    assert_eq!(log.revive(id(1)), Ok(Revived::Redelivered));
    assert_eq!(claim(&log, "c", json!({}), NOW).seqs(), [1]);
}

#[test]
fn a_claim_is_no_larger_than_a_page() {
    let (_, log) = given::empty();
    let body = vec![b'x'; 90_000];
    for n in 1..=100 {
        given::append(&log, &given::meta(n), &body, BIRTH);
    }
    let mut seqs = Vec::new();
    let mut counts = Vec::new();
    loop {
        let given = claim(&log, "c", json!({"max": 500}), NOW);
        if given.leases().is_empty() {
            break;
        }
        counts.push(given.seqs().len());
        seqs.extend(given.seqs());
    }
    assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
    assert!(counts.len() == 2 && counts[0] >= 60, "{counts:?}");
    // So it is where they come back.
    let again = claim(&log, "c", json!({"max": 500}), NOW + 40_000);
    assert_eq!(again.seqs().len(), counts[0]);
}

#[test]
fn one_event_larger_than_a_page_is_handed_out_alone() {
    use waypost_core::feed::{Incoming, Payload};
    let (_, log) = with(1);
    let parts = [b"ab".to_vec()];
    let meta = waypost_core::wire::Meta {
        size: 20_000_000,
        ..given::meta(2)
    };
    let large = Incoming {
        meta: &meta,
        payload: Payload::Parts(&parts),
    };
    log.append(&[large], BIRTH).expect("works");
    given::fill(&log, 3..4, BIRTH);
    for seq in 1..=3 {
        assert_eq!(claim(&log, "c", json!({}), NOW).seqs(), [seq]);
    }
}

/// Feeds of the version before there were consumers.
#[test]
fn an_older_feed_gets_its_tables() {
    let (db, log) = with(2);
    drop(log);
    db.raw(
        "DROP TRIGGER dead_letters_counted; DROP TABLE tallies; DROP TABLE sources; DROP TABLE alerts;
         DROP INDEX dead_letters_at;
         DROP TABLE consumers; DROP TABLE held; DROP TABLE claims; DROP TABLE subscriptions;
         ALTER TABLE dead_letters DROP COLUMN subscription;
         ALTER TABLE dead_letters DROP COLUMN last_response;
         ALTER TABLE dead_letters DROP COLUMN consumer; ALTER TABLE dead_letters DROP COLUMN event;
         UPDATE meta SET value = 1 WHERE key = 'schema_version'",
    )
    .expect("works");
    let log = Log::open(db.clone(), NOW).expect("opens");
    assert_eq!(claim(&log, "c", json!({}), NOW).seqs(), [1, 2]);
    let log = Log::open(db, NOW).expect("opens once more");
    assert_eq!(claim(&log, "c", json!({}), NOW).seqs(), [] as [u64; 0]);
}

/// A consumer that nobody uses stops no retention.
#[test]
fn a_consumer_that_nobody_uses_keeps_nothing() {
    let (db, log) = with(10);
    let held = claim(&log, "c", json!({"max": 3}), NOW);
    let keep = Retention {
        events: Some(2),
        ..Retention::default()
    };
    while log.prune(keep, NOW).expect("works") {}
    assert_eq!(log.bounds().earliest, 9);
    // Whoever still has an event may finish it.
    assert_eq!(ack(&log, "c", &held.leases()[..1], NOW), (1, vec![]));
    let later = NOW + 31_000;
    let json = claim(&log, "c", json!({"max": 2}), later).json();
    assert_eq!(
        json["gap"],
        json!({"from": id(2).to_string(), "to": id(3).to_string()}),
        "at first what was held"
    );
    let json = claim(&log, "c", json!({"max": 2}), later).json();
    assert_eq!(
        json["gap"],
        json!({"from": id(4).to_string(), "to": id(8).to_string()})
    );
    assert_eq!(json["events"].as_array().map(Vec::len), Some(2));
    drop(db);
}

#[test]
fn an_ordered_batch_that_fails_is_the_first_events_failure() {
    let (_, log) = with(3);
    let ordered = || json!({"mode": "ordered", "max_attempts": 2, "lease_seconds": 1});
    let attempts = |answer: Answer| -> Vec<u64> {
        let json = answer.json();
        let events = json["events"].as_array().expect("events").iter();
        events
            .map(|event| event["attempt"].as_u64().expect("a number"))
            .collect()
    };
    assert_eq!(attempts(claim(&log, "c", ordered(), NOW)), [1, 1, 1]);
    assert_eq!(
        attempts(claim(&log, "c", ordered(), NOW + 1_000)),
        [2, 1, 1]
    );
    // The first is given up, and nothing of the others is known.
    let third = claim(&log, "c", ordered(), NOW + 2_000);
    assert_eq!(third.seqs(), [2, 3]);
    assert_eq!(attempts(third.clone()), [1, 1]);
    let nacked = settle(
        &log,
        "c",
        Verb::Nack,
        json!({"leases": third.leases()[1..], "delay_seconds": 9}),
        NOW + 2_000,
    );
    assert_eq!(codes(&nacked.expect("works")), ["out_of_order"]);
    let nacked = settle(
        &log,
        "c",
        Verb::Nack,
        json!({"leases": third.leases()[..1], "delay_seconds": 9}),
        NOW + 2_000,
    );
    assert_eq!(nacked.expect("works")["nacked"], 1);
    // What is behind waits for it.
    assert_eq!(
        claim(&log, "c", ordered(), NOW + 2_000),
        Answer::Held(Some(NOW + 11_000))
    );
    assert_eq!(attempts(claim(&log, "c", ordered(), NOW + 11_000)), [2, 1]);
}

#[test]
fn what_was_erased_stands_in_nobodys_way() {
    let (_, log) = with(3);
    let ordered = || json!({"mode": "ordered", "attempt_id": "a"});
    let first = claim(&log, "c", ordered(), NOW).leases()[..1].to_vec();
    assert_eq!(log.erase(1, NOW), Ok(true));
    // Whoever lost that answer does not hear of the first.
    let again = claim(&log, "c", ordered(), NOW);
    assert_eq!(again.seqs(), [2, 3]);
    let leases = again.leases();
    assert_eq!(
        ack(&log, "c", &leases[1..], NOW),
        (0, vec!["out_of_order".to_owned()])
    );
    assert_eq!(ack(&log, "c", &leases, NOW), (2, vec![]));
    assert_eq!(ack(&log, "c", &first, NOW), (0, vec!["settled".to_owned()]));
}

#[test]
fn bodies() {
    let check = |verb: Verb, body: &str, good: bool| {
        let order = Order::parse(verb, body.as_bytes());
        assert_eq!(order.is_ok(), good, "{verb:?} {body} {order:?}");
    };
    for body in [
        "",
        " \n",
        "{}",
        r#"{"unknown":{"deep":[1]}}"#,
        r#"{"max":null,"mode":"","from":null}"#,
        r#"{"max":1.0,"wait":1e30}"#,
    ] {
        check(Verb::Claim, body, true);
    }
    for body in ["[]", "7", "null", "{", "{}{}", r#"{"max":1.5}"#] {
        check(Verb::Claim, body, false);
    }
    for verb in [Verb::Ack, Verb::Nack, Verb::Extend, Verb::Release] {
        check(verb, r#"{"leases":[]}"#, true);
        check(verb, "{}", false);
        let many = |count: usize| json!({ "leases": vec!["x"; count] }).to_string();
        check(verb, &many(500), true);
        check(verb, &many(501), false);
        assert_eq!(Verb::named(verb.name()), Some(verb));
    }
    check(Verb::Seek, r#"{"to":"earliest"}"#, true);
    check(Verb::Seek, r#"{"to":"2026-01-01T00:00:00+02:00"}"#, true);
    check(Verb::Seek, r#"{"to":"now"}"#, false);
    assert_eq!(Verb::named("steal"), None);
}
