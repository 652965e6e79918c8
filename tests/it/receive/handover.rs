//! Secrets that providers hand over: only while armed, never overwritten.

use waypost_core::handover::{ARMED_SECONDS, Handover, MAX_HELD};

use crate::log::db::RusqliteDb;

const ARMED_MS: u64 = ARMED_SECONDS * 1000;

fn open(db: &RusqliteDb) -> Handover<RusqliteDb> {
    Handover::open(db.clone()).expect("tables")
}

#[test]
fn nothing_is_taken_unless_armed() {
    let held = open(&RusqliteDb::in_memory());
    assert!(!held.take("secret", 1).expect("an answer"));
    let until = held.arm(1).expect("an answer").expect("armed");
    assert_eq!(until, 1 + ARMED_MS);
    assert!(!held.take("secret", until).expect("an answer"), "too late");
    assert!(held.secrets().expect("a list").is_empty());
}

#[test]
fn one_arming_takes_one_secret() {
    let held = open(&RusqliteDb::in_memory());
    held.arm(1).expect("armed");
    assert!(held.take("first", 2).expect("an answer"));
    assert!(!held.take("second", 3).expect("an answer"), "disarmed");
    assert!(
        held.take("first", 4).expect("an answer"),
        "its sender repeats it"
    );
    held.arm(5).expect("armed");
    assert!(held.take("second", 6).expect("an answer"));
    assert_eq!(held.secrets().expect("a list"), ["first", "second"]);
}

#[test]
fn what_is_held_survives_a_restart_and_goes_only_when_it_is_deleted() {
    let db = RusqliteDb::in_memory();
    open(&db).arm(1).expect("armed");
    assert!(open(&db).take("secret", 2).expect("an answer"));
    let held = open(&db);
    assert_eq!(held.secrets().expect("a list"), ["secret"]);
    assert_eq!(
        held.show(3).expect("a text"),
        r#"{"armed_until":null,"secrets":[{"secret":"secret","taken_at":"1970-01-01T00:00:00.002Z"}]}"#
    );
    held.arm(4).expect("armed");
    assert_eq!(held.forget().expect("a count"), 1);
    assert!(
        !held.take("secret", 5).expect("an answer"),
        "disarmed as well"
    );
    assert_eq!(
        held.show(6).expect("a text"),
        r#"{"armed_until":null,"secrets":[]}"#
    );
}

#[test]
fn a_source_holds_only_so_many() {
    let held = open(&RusqliteDb::in_memory());
    for number in 0..MAX_HELD {
        assert!(held.arm(number).expect("an answer").is_some());
        assert!(
            held.take(&format!("secret {number}"), number)
                .expect("an answer")
        );
    }
    assert_eq!(held.arm(100).expect("an answer"), None);
}

/// All of it is kept, or nothing.
#[test]
fn a_database_that_fails_at_any_statement_takes_nothing_halfway() {
    for failing in 1.. {
        let db = RusqliteDb::in_memory();
        open(&db).arm(1).expect("armed");
        let held = open(&db);
        db.fail_in(failing);
        let taken = held.take("secret", 2);
        db.mend();
        let secrets = held.secrets().expect("a list");
        match taken {
            Ok(taken) => {
                assert!(taken);
                assert_eq!(secrets, ["secret"]);
                break;
            }
            Err(_) => {
                assert!(secrets.is_empty(), "after statement {failing}");
                assert!(held.take("secret", 3).expect("an answer"), "still armed");
            }
        }
    }
}
