//! Alerts are events, and events may lead to alerts: not without end.

use serde_json::{Value, json};
use waypost_core::feed::db::{Db, Row};
use waypost_core::feed::{Log, Wanted};

use super::given::World;
use crate::log::db::RusqliteDb;
use crate::log::given;

const HOUR: u64 = 3_600_000;

/// A subscription to every alert that gives each up: its endpoint answers 404.
struct Broken {
    position: u64,
}

impl Broken {
    fn deliver(&mut self, world: &World) {
        let wanted = Wanted {
            after: self.position,
            through: None,
            limit: 100,
            events: r#"["waypost.alert.*"]"#.to_owned(),
            raw: true,
            only: None,
        };
        let pushed = world.log.push(&wanted).expect("works");
        for piece in &pushed.pieces {
            let event: Value = serde_json::from_str(piece).expect("JSON");
            let event = given::id(event[0].as_u64().expect("a sequence")).to_string();
            let letter = json!({"event": event, "reason": "refused", "attempts": 1, "last_response": {"status": 404}});
            let buried = world.log.bury_delivery("s", &letter.to_string(), world.now);
            buried.expect("works");
        }
        self.position = world.log.bounds().latest;
    }

    /// What is told in twenty hours.
    fn goes_on(&mut self, world: &mut World) -> Vec<String> {
        let mut told = Vec::new();
        for _ in 0..200 {
            told.extend(world.hear());
            self.deliver(world);
            world.pass(HOUR / 10);
        }
        told
    }
}

fn letters(world: &World) -> u64 {
    let read = |row: &dyn Row<RusqliteDb>| row.int(0);
    let count = world
        .db
        .first("SELECT count(*) FROM dead_letters", &[], read);
    count.expect("works").unwrap_or(0)
}

/// One cause outside leads to at most: its alert, an alert of its dead letter, and the ends of both.
#[test]
fn a_subscription_that_takes_no_alert_ends_in_silence() {
    let mut world = World::new(json!({"failing_webhooks": 1, "dead_letters": 1}));
    let mut broken = Broken { position: 0 };
    world.bad("github", 1);
    let told = broken.goes_on(&mut world);
    assert_eq!(
        told,
        [
            "source_failing github firing",
            // Somebody was not told.
            "dead_letters default firing",
            "dead_letters default resolved",
        ]
    );
    assert_eq!(letters(&world), 3);
    world.good("github");
    let told = broken.goes_on(&mut world);
    assert_eq!(
        told,
        [
            "source_failing github resolved",
            "dead_letters default firing",
            "dead_letters default resolved",
        ]
    );
    assert_eq!(letters(&world), 6);
}

/// Not either where retention took the event before it was given up.
#[test]
fn nor_where_the_alert_is_gone() {
    let mut world = World::new(json!({"dead_letters": 1}));
    let mut broken = Broken { position: 0 };
    world.bury();
    let mut told = Vec::new();
    for _ in 0..100 {
        told.extend(world.hear());
        let pushed = world.log.bounds().latest;
        if pushed > broken.position {
            world.events(3);
            world.prune(1);
            let event = given::id(pushed).to_string();
            let letter =
                json!({"event": event, "reason": "pruned", "attempts": 0, "last_response": {}});
            let buried = world.log.bury_delivery("s", &letter.to_string(), world.now);
            buried.expect("works");
            broken.position = world.log.bounds().latest;
        }
        world.pass(HOUR / 10);
    }
    assert_eq!(
        told,
        [
            "dead_letters default firing",
            "dead_letters default resolved"
        ]
    );
    assert_eq!(letters(&world), 3);
}

/// A consumer that refuses every alert.
#[test]
fn nor_a_consumer_that_refuses_them() {
    let mut world =
        World::new(json!({"failing_webhooks": 1, "dead_letters": 1, "consumer_lag": 1}));
    world.bad("github", 1);
    let mut told = Vec::new();
    for _ in 0..100 {
        told.extend(world.hear());
        for _ in 0..world.log.bounds().latest - letters(&world) {
            world.refuse("c");
        }
        world.pass(HOUR / 10);
    }
    assert_eq!(told.len(), 3, "{told:?}");
}

/// Who waits for nothing but alerts is not behind.
#[test]
fn alerts_do_not_wait_for_a_consumer() {
    let mut world = World::new(json!({
        "failing_webhooks": 1, "consumer_lag": 1, "unacknowledged_seconds": 1, "subscriptions": true,
    }));
    world.claim("c", json!({}));
    world.bad("github", 1);
    assert_eq!(world.hear(), ["source_failing github firing"]);
    world.subscription("s", "suspended");
    assert_eq!(world.hear(), ["subscription_stopped s firing"]);
    world.pass(HOUR);
    assert_eq!(world.hear(), [""; 0]);
    // Held, and with others behind it.
    let one = json!({"max": 1, "lease_seconds": 40_000});
    assert_eq!(world.claim("c", one).seqs(), [1]);
    world.pass(HOUR);
    assert_eq!(world.hear(), [""; 0]);
    world.events(1);
    let told = world.look();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(told[0]["detail"]["lag"], 1, "the webhook alone");
    world.catch_up("c");
    assert_eq!(world.hear(), ["consumer_behind c resolved"]);
    for _ in 0..3 {
        world.catch_up("c");
        assert_eq!(world.hear(), [""; 0]);
    }
}

/// Nor is a source heard by them that has the name of Waypost's own.
#[test]
fn alerts_are_not_heard() {
    let mut world = World::new(json!({"failing_webhooks": 1, "silent_seconds": {"github": 60}}));
    world.bad("github", 1);
    assert_eq!(world.hear().len(), 1);
    let names = |log: &Log<RusqliteDb>| {
        let read = |row: &dyn Row<RusqliteDb>| row.string(0);
        log.db().query("SELECT name FROM sources", &[], read)
    };
    assert_eq!(names(&world.log), Ok(vec!["github".to_owned()]));
    let counted = "SELECT 1 FROM tallies WHERE a = 'waypost' OR kind LIKE '%lag'";
    assert_eq!(world.db.query(counted, &[], |_| ()), Ok(vec![]));
}
