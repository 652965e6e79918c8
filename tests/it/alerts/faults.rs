//! A database that fails at every statement of a look in turn, and an object that dies: nothing is told twice, and
//! nothing is left out.

use serde_json::json;
use waypost_core::config::Retention;
use waypost_core::feed::db::{Db, Row};

use super::given::World;
use crate::log::db::RusqliteDb;

/// Something that begins and something that is over, with one look to tell both.
fn given() -> World {
    let mut world = World::new(json!({"failing_webhooks": 1, "subscriptions": true}));
    world.bad("github", 1);
    assert_eq!(world.hear(), ["source_failing github firing"]);
    world.good("github");
    world.subscription("s", "disabled");
    world.subscription("t", "disabled");
    world
}

#[test]
fn a_look_that_fails_has_not_been() {
    for statement in 1.. {
        let mut world = given();
        let before = world.snapshot();
        // The first takes what is due.
        world.db.fail_in(statement);
        let failed = world.ring().is_err();
        if world.db.mend() {
            assert!(statement > 15, "a look has statements: {statement}");
            break;
        }
        assert!(failed, "{statement}");
        // Retention comes after what was told, and cannot take it back.
        let told = world.told().len();
        assert!(told == 0 || told == 3, "{statement}: {told}");
        if told == 0 {
            assert_eq!(world.snapshot(), before, "{statement}");
        }
        world.reopen();
        let mut heard = world.hear();
        heard.sort();
        let all = [
            "source_failing github resolved",
            "subscription_stopped s firing",
            "subscription_stopped t firing",
        ];
        assert_eq!(heard, if told == 0 { &all[..] } else { &[] }, "{statement}");
        assert_eq!(world.hear(), [""; 0], "{statement}");
    }
}

#[test]
fn a_look_that_fails_is_still_owed_and_stops_no_other_duty() {
    let mut world = given();
    // A rule's table is gone: no look can be.
    world.events(1);
    world.claim(
        "c",
        json!({"max": 1, "max_attempts": 1, "lease_seconds": 1}),
    );
    world
        .db
        .raw("ALTER TABLE sources RENAME TO away")
        .expect("works");
    let at = world.now + 1_000;
    let rung = world
        .log
        .housekeep(Retention::default(), world.rules.as_ref(), at + 3_600_000);
    rung.expect_err("the look fails");
    let dead = "SELECT count(*) FROM dead_letters";
    let count = |row: &dyn Row<RusqliteDb>| row.int(0);
    assert_eq!(
        world.db.first(dead, &[], count),
        Ok(Some(1)),
        "the last attempt is given up all the same"
    );
    assert_eq!(world.log.next_duty(), Ok(Some(at + 3_600_000 + 60_000)));
    world
        .db
        .raw("ALTER TABLE away RENAME TO sources")
        .expect("works");
    let rung = world
        .log
        .housekeep(Retention::default(), world.rules.as_ref(), at + 3_660_000);
    rung.expect("works");
    assert_eq!(world.firing().len(), 2);
}
