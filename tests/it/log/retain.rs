//! What is removed and what is not, and when the alarm must ring.

use waypost_core::config::Retention;
use waypost_core::feed::Log;
use waypost_core::wire::{Meta, Outcome, Unique};

use super::db::RusqliteDb;
use super::given::{self, BIRTH};

const DAY: u64 = 86_400_000;
const NONE: Retention = Retention {
    days: None,
    events: None,
    bytes: None,
};

/// Ten events, one a day.
fn ten_days() -> Log<RusqliteDb> {
    let (_, log) = given::empty();
    for n in 0..10 {
        given::fill(&log, n..n + 1, BIRTH + n * DAY);
    }
    log
}

fn prune(log: &Log<RusqliteDb>, keep: Retention, now: u64) {
    while log.prune(keep, now).expect("works") {}
}

#[test]
fn limits() {
    let check = |keep: Retention, day: u64, earliest: u64| {
        let log = ten_days();
        prune(&log, keep, BIRTH + day * DAY);
        assert_eq!(log.bounds().earliest, earliest, "{keep:?} on day {day}");
        assert_eq!(log.bounds().latest, 10);
    };
    let days = |days| Retention {
        days: Some(days),
        ..NONE
    };
    let events = |events| Retention {
        events: Some(events),
        ..NONE
    };
    let bytes = |bytes| Retention {
        bytes: Some(bytes),
        ..NONE
    };
    check(NONE, 9_999, 1);
    check(days(7), 9, 4);
    check(days(7), 6, 1);
    check(days(7), 7, 2);
    check(days(7), 16, 11);
    check(days(0), 9, 11);
    check(days(u64::MAX), 9, 1);
    check(events(10), 9, 1);
    check(events(9), 9, 2);
    check(events(1), 9, 10);
    check(events(0), 9, 11);
    check(events(u64::MAX), 9, 1);
    // One of these events is so many bytes.
    let one = r#""source":"acme","type":"push","webhook_id":"w0","received_at":"2026-01-01T00:00:00Z","content_type":"application/json"{}"#.len() as u64;
    check(bytes(10 * one), 9, 1);
    check(bytes(10 * one - 1), 9, 2);
    check(bytes(one), 9, 10);
    check(bytes(one - 1), 9, 11);
    check(bytes(0), 9, 11);
    // Whichever limit says so.
    check(
        Retention {
            days: Some(5),
            events: Some(9),
            bytes: None,
        },
        9,
        6,
    );
    check(
        Retention {
            days: Some(9),
            events: Some(2),
            bytes: Some(9 * one),
        },
        9,
        9,
    );
}

/// No call is long, and none that has something left to do says that it is done.
#[test]
fn step_by_step() {
    let (_, log) = given::empty();
    given::fill(&log, 0..1_200, BIRTH);
    let keep = Retention {
        events: Some(10),
        ..NONE
    };
    let mut earliest = Vec::new();
    loop {
        let more = log.prune(keep, BIRTH).expect("works");
        earliest.push(log.bounds().earliest);
        if !more {
            break;
        }
    }
    assert_eq!(earliest, [501, 1_001, 1_191]);
}

/// The numbers go on where they were, though nothing tells of them but the mark.
#[test]
fn the_high_water_mark_outlives_the_events() {
    let (db, log) = given::empty();
    given::fill(&log, 0..3, BIRTH);
    for round in 1..=3 {
        prune(
            &log,
            Retention {
                events: Some(0),
                ..NONE
            },
            BIRTH,
        );
        let reopened = Log::open(db.clone(), BIRTH + round).expect("opens");
        assert_eq!(reopened.bounds(), log.bounds());
        assert_eq!(
            (reopened.bounds().earliest, reopened.bounds().latest),
            (round + 3, round + 2)
        );
        given::fill(&log, round + 10..round + 11, BIRTH);
    }
}

#[test]
fn identities_outlive_the_events() {
    let (_, log) = given::empty();
    let meta = |receipt: u64| Meta {
        unique: vec![Unique {
            key: "id:1".to_owned(),
            until: BIRTH + 90 * DAY,
        }],
        ..given::meta(receipt)
    };
    let check = |receipt: u64, day: u64, expect: Outcome| {
        let now = BIRTH + day * DAY;
        prune(
            &log,
            Retention {
                days: Some(1),
                ..NONE
            },
            now,
        );
        assert_eq!(
            log.knows(&meta(receipt), now),
            Ok(expect == Outcome::Duplicate)
        );
        assert_eq!(
            given::append(&log, &meta(receipt), b"{}", now),
            expect,
            "day {day}"
        );
    };
    check(1, 0, Outcome::Stored);
    check(1, 1, Outcome::Duplicate);
    check(2, 89, Outcome::Duplicate);
    check(3, 90, Outcome::Stored);
    // A refused webhook left nothing behind, not even its receipt.
    let free = Meta {
        unique: Vec::new(),
        ..given::meta(2)
    };
    assert_eq!(
        given::append(&log, &free, b"{}", BIRTH + 89 * DAY),
        Outcome::Stored
    );
}

/// If any of what makes it unique is known, none of it is recorded.
#[test]
fn a_replay_under_a_minted_id_takes_no_id() {
    let (_, log) = given::empty();
    let check = |receipt: u64, id: &str, content: &str, expect: Outcome| {
        let unique = |key: &str| Unique {
            key: key.to_owned(),
            until: u64::MAX >> 12,
        };
        let meta = Meta {
            unique: vec![unique(id), unique(content)],
            ..given::meta(receipt)
        };
        assert_eq!(
            given::append(&log, &meta, b"{}", BIRTH),
            expect,
            "{id} {content}"
        );
    };
    check(1, "id:1", "content:1", Outcome::Stored);
    check(2, "id:2", "content:1", Outcome::Duplicate);
    check(3, "id:2", "content:2", Outcome::Stored);
    check(4, "id:1", "content:3", Outcome::Duplicate);
    check(5, "id:3", "content:3", Outcome::Stored);
    check(5, "id:4", "content:4", Outcome::Duplicate);
    check(6, "id:4", "content:4", Outcome::Stored);
}

/// The alarm clears what an idle feed no longer keeps, and rests once nothing is left to come.
#[test]
fn the_alarm_comes_to_rest() {
    let (_, log) = given::empty();
    let keep = Retention {
        days: Some(2),
        ..NONE
    };
    given::fill(&log, 0..3, BIRTH);
    let mut alarm = log.settle(keep, BIRTH).expect("works");
    assert_eq!(alarm, Some(BIRTH + 2 * DAY));
    let mut rings = 0;
    while let Some(at) = alarm {
        rings += 1;
        assert!(rings < 10, "it rings for ever");
        let next = log.housekeep(keep, None, at).expect("works");
        assert!(next.is_none_or(|next| next > at), "it rings at once");
        if at >= BIRTH + 2 * DAY {
            assert_eq!(log.bounds().earliest, 4);
        }
        alarm = next;
    }
    // The last to go are the receipts.
    assert!(!log.knows(&given::meta(0), BIRTH + 16 * DAY).expect("works"));
}

/// Count and size hold at once, without an alarm.
#[test]
fn an_append_keeps_the_bounds() {
    let (_, log) = given::empty();
    let keep = Retention {
        events: Some(2),
        ..NONE
    };
    for n in 0..5 {
        given::fill(&log, n..n + 1, BIRTH);
        log.settle(keep, BIRTH).expect("works");
        assert_eq!(
            log.bounds().latest - log.bounds().earliest + 1,
            (n + 1).min(2)
        );
    }
}
