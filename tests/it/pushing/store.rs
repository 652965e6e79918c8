//! One subscription: what it does, case by case.

use serde_json::{Value as Json, json};
use waypost_core::breaker::State;
use waypost_core::feed::db::Db;
use waypost_core::signing::Key;
use waypost_core::subscription::{Bulk, Running, Status};

use super::given::{SCHEDULE, World, answered, ok, timeout};
use crate::log::given::id;

#[test]
fn events_are_delivered_once_each() {
    let mut world = World::to_all();
    world.append(0..250);
    world.run(&mut |_| ok());
    let mut seen = world.sequences();
    seen.sort_unstable();
    assert_eq!(seen, (1..=250).collect::<Vec<_>>());
    assert_eq!(world.row().position, 250);
    assert!(world.letters().is_empty());
}

#[test]
fn only_what_is_subscribed_to() {
    let mut world = World::new(r#"{"url":"https://a.io/","events":["pull.*"]}"#);
    world.append(0..30);
    world.run(&mut |_| ok());
    assert_eq!(world.sent, []);
    assert_eq!(world.row().position, 30, "it has seen them");
}

#[test]
fn as_many_at_once_as_it_may() {
    let check = |body: &str, most: usize| {
        let world = World::new(body);
        world.append(0..20);
        let order = world.plan(Running::default()).read.expect("a read");
        world.take(&order);
        let first = world.plan(Running::default()).attempts;
        assert_eq!(first.len(), most, "{body}");
        let running = Running {
            attempts: &first[..1],
            ..Running::default()
        };
        assert_eq!(world.plan(running).attempts.len(), most - 1, "{body}");
        let running = Running {
            attempts: &first,
            ..Running::default()
        };
        assert!(world.plan(running).attempts.is_empty());
    };
    check(r#"{"url":"x"}"#, 6);
    check(r#"{"url":"x","max_in_flight":2}"#, 2);
    check(r#"{"url":"x","ordered":true}"#, 1);
}

#[test]
fn a_failure_is_tried_again_on_schedule_and_then_given_up() {
    let mut world = World::to_all();
    world.append(0..1);
    let begun = world.now;
    let mut at = Vec::new();
    for _ in 0..=SCHEDULE.len() {
        world.work(&mut |_| answered(503));
        at.push(world.now - begun);
        world.wait();
    }
    for (pause, pair) in SCHEDULE.iter().zip(at.windows(2)) {
        let waited = pair[1] - pair[0];
        assert!((pause * 1000..=pause * 1200).contains(&waited), "{at:?}");
    }
    assert_eq!(world.list(""), "1 failed");
    let [letter] = world.letters().try_into().expect("one letter");
    assert_eq!(letter["attempts"], 4);
    assert_eq!(letter["event"], id(1).to_string());
    assert_eq!(letter["last_response"]["status"], 503);
    assert_eq!(letter["last_response"]["body"], "said 503");
    assert_eq!(
        (letter["source"].as_str(), letter["type"].as_str()),
        (Some("acme"), Some("push"))
    );
    let one = world
        .store
        .delivery(&world.row(), id(1))
        .expect("works")
        .expect("it");
    let one: Json = serde_json::from_str(&one).expect("JSON");
    assert_eq!(one["history"].as_array().map(Vec::len), Some(4));
    assert_eq!(one["history"][0]["status"], 503);
}

#[test]
fn each_answer_ends_as_the_rules_say() {
    for (outcome, expected, letters, status) in [
        (ok(), "1 delivered", 0, Status::Active),
        (answered(204), "1 delivered", 0, Status::Active),
        (answered(302), "1 failed", 1, Status::Active),
        (answered(404), "1 failed", 1, Status::Active),
        (answered(410), "1 failed", 0, Status::Disabled),
        (answered(408), "1 pending", 0, Status::Active),
        (answered(429), "1 pending", 0, Status::Active),
        (answered(500), "1 pending", 0, Status::Active),
        (timeout(), "1 pending", 0, Status::Active),
    ] {
        let mut world = World::to_all();
        world.append(0..1);
        world.work(&mut |_| outcome.clone());
        assert_eq!(world.list(""), expected, "{outcome:?}");
        assert_eq!(world.letters().len(), letters, "{outcome:?}");
        assert_eq!(world.row().status, status, "{outcome:?}");
    }
}

#[test]
fn in_order_each_waits_for_the_one_before() {
    let mut world = World::new(r#"{"url":"x","ordered":true}"#);
    world.append(0..5);
    let mut failures = 0;
    world.run(&mut |seq| {
        if seq == 2 && failures < 2 {
            failures += 1;
            return answered(500);
        }
        ok()
    });
    assert_eq!(world.sequences(), [1, 2, 2, 2, 3, 4, 5]);
    // What is given up does not stand in the way.
    world.append(5..8);
    world.sent.clear();
    world.run(&mut |seq| if seq == 6 { answered(400) } else { ok() });
    assert_eq!(world.sequences(), [6, 7, 8]);
}

#[test]
fn an_endpoint_that_keeps_failing_is_slowed_then_suspended_and_nothing_is_lost() {
    let mut world = World::to_all();
    world.append(0..500);
    let begun = world.now;
    world.work(&mut |_| timeout());
    assert!(world.sent.len() < 20, "{} at once", world.sent.len());
    assert_eq!(world.row().breaker.state(world.now), State::Open);
    world.run(&mut |_| timeout());
    let row = world.row();
    assert_eq!(row.status, Status::Suspended);
    assert!(world.now - begun >= 600_000);
    assert!(
        world.sent.len() < 60,
        "{} attempts in ten minutes",
        world.sent.len()
    );
    assert!(row.position < 500, "the rest waits in the feed");
    // The mended endpoint gets all but what was given up, which is a dead letter each.
    let mut row = world.row();
    let now = world.now;
    world
        .store
        .change(&mut row, None, None, Some(false), now)
        .expect("works");
    world.sent.clear();
    world.run(&mut |_| ok());
    let mut seen = world.sequences();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len() + world.letters().len(), 500);
    assert_eq!(world.row().breaker.state(world.now), State::Closed);
}

#[test]
fn a_refusal_that_never_ends_does_not_empty_the_feed() {
    let mut world = World::to_all();
    world.append(0..500);
    world.run(&mut |_| answered(404));
    assert_eq!(world.row().status, Status::Suspended);
    assert!(
        world.letters().len() < 60,
        "{} dead letters",
        world.letters().len()
    );
}

#[test]
fn retry_after_holds_everything() {
    let mut world = World::to_all();
    world.append(0..3);
    let asked = waypost_core::retry::Outcome {
        retry_after: "60".to_owned(),
        ..answered(429)
    };
    world.work(&mut |_| asked.clone());
    let begun = world.now;
    world.wait();
    assert_eq!(world.now - begun, 60_000);
    world.now = begun;
    world.append(3..4);
    world.work(&mut |_| panic!("it asked to be left alone"));
}

#[test]
fn paused_and_started_again() {
    let mut world = World::to_all();
    let mut row = world.row();
    world
        .store
        .change(&mut row, None, None, Some(true), world.now)
        .expect("works");
    world.append(0..3);
    world.work(&mut |_| panic!("it is paused"));
    let summary = world
        .log
        .subscriptions()
        .expect("works")
        .pop()
        .expect("one");
    assert!(summary.contains(r#""status":"paused""#), "{summary}");
    world.restart();
    let mut row = world.row();
    world
        .store
        .change(
            &mut row,
            Some("https://b.io/"),
            Some(r#"["push"]"#),
            Some(false),
            world.now,
        )
        .expect("works");
    world.run(&mut |_| ok());
    assert_eq!(world.list(""), "1 delivered, 2 delivered, 3 delivered");
    let summary = world
        .log
        .subscriptions()
        .expect("works")
        .pop()
        .expect("one");
    assert!(
        summary.contains(r#""url":"https://b.io/","events":["push"]"#),
        "{summary}"
    );
}

#[test]
fn secrets_rotate() {
    let world = World::to_all();
    let now = world.now;
    let secret = |n: u64| format!("secret-number-{n}");
    let keys = |at| world.store.keys(at).expect("works");
    for n in 0..9 {
        world
            .store
            .rotate(&secret(n), 100, now + n)
            .expect("works")
            .expect("room");
    }
    assert_eq!(keys(now + 9).len(), 10);
    assert_eq!(
        keys(now + 9).first(),
        Key::read(&secret(8)).as_ref(),
        "the newest is the first"
    );
    assert!(
        world
            .store
            .rotate(&secret(9), 100, now + 9)
            .expect("works")
            .is_err(),
        "ten are enough"
    );
    // The first of them ends when it was said, whatever came after it.
    assert_eq!(keys(now + 100_000).len(), 9);
    assert_eq!(keys(now + 100_008).len(), 1);
    world
        .store
        .rotate(&secret(10), 0, now + 10)
        .expect("works")
        .expect("room");
    assert_eq!(keys(now + 11), [Key::read(&secret(10)).expect("a key")]);
    let shown = world.store.show(&world.row(), now + 11).expect("works");
    assert!(!shown.contains("secret-number"), "{shown}");
    assert!(!format!("{:?}", world.row()).contains("secret-number"));
}

#[test]
fn replays() {
    let mut world = World::to_all();
    world.append(0..6);
    world.run(&mut |seq| if seq % 2 == 0 { answered(400) } else { ok() });
    assert_eq!(world.list("status=failed"), "2 failed, 4 failed, 6 failed");
    let (row, now) = (world.row(), world.now);
    world.sent.clear();
    assert!(world.store.replay(&row, id(1), now).expect("works"));
    assert!(!world.store.replay(&row, id(99), now).expect("works"));
    world.run(&mut |_| ok());
    assert_eq!(world.sequences(), [1]);
    assert_eq!(
        world
            .store
            .replay_bulk(&row, Bulk::Failed, now)
            .expect("works"),
        Ok(Some(3))
    );
    world.sent.clear();
    world.run(&mut |_| ok());
    assert_eq!(world.sequences(), [2, 4, 6]);
    let range = Bulk::Range(Some(id(2)), Some(id(5)));
    assert_eq!(
        world.store.replay_bulk(&row, range, now).expect("works"),
        Ok(None)
    );
    world.sent.clear();
    world.restart();
    world.run(&mut |_| ok());
    assert_eq!(world.sequences(), [3, 4, 5]);
}

#[test]
fn a_range_may_reach_back_before_the_subscription() {
    let mut world = World::to_all();
    // As if it had been made after the third event.
    world.append(0..3);
    world.run(&mut |_| ok());
    world.db.raw("DELETE FROM deliveries").expect("works");
    world.sent.clear();
    let row = world.row();
    world
        .store
        .replay_bulk(&row, Bulk::Range(None, Some(id(2))), world.now)
        .expect("works")
        .expect("ours");
    world.run(&mut |_| ok());
    assert_eq!(world.sequences(), [1, 2]);
}

#[test]
fn what_retention_took_is_a_gap_and_not_silence() {
    let mut world = World::to_all();
    world.append(0..20);
    let keep = waypost_core::config::Retention {
        events: Some(5),
        ..Default::default()
    };
    while world.log.prune(keep, world.now).expect("works") {}
    world.run(&mut |_| ok());
    assert_eq!(world.sequences().len(), 5);
    let shown = world.store.show(&world.row(), world.now).expect("works");
    assert!(
        shown.contains(&format!(
            r#""gap":{{"from":"{}","to":"{}"}}"#,
            id(1),
            id(15)
        )),
        "{shown}"
    );
    // What was read, and went before it was delivered, is a dead letter.
    let row = world.row();
    world.store.replay(&row, id(20), world.now).expect("works");
    world.store.lose(&row, 20, false, world.now).expect("works");
    world.work(&mut |_| ok());
    assert_eq!(world.letters().len(), 1);
}

#[test]
fn records_go_after_a_week_and_beyond_ten_thousand() {
    let mut world = World::to_all();
    world.append(0..50);
    world.run(&mut |_| ok());
    world.now += 3_600_001;
    world.work(&mut |_| ok());
    assert_eq!(world.list("limit=500").split(", ").count(), 50);
    world.now += 7 * 24 * 3_600_000;
    world.work(&mut |_| ok());
    assert_eq!(world.list(""), "");
    assert_eq!(world.next(), None, "nothing is left to do");
}

#[test]
fn pages_of_deliveries() {
    let mut world = World::to_all();
    world.append(0..10);
    world.run(&mut |_| ok());
    assert_eq!(world.list("limit=2"), "1 delivered, 2 delivered");
    assert_eq!(
        world.list(&format!("limit=2&since_id={}", id(2))),
        "3 delivered, 4 delivered"
    );
    assert_eq!(world.list("status=pending"), "");
}

#[test]
fn another_life_of_the_feed() {
    let mut world = World::to_all();
    world.append(0..3);
    world.run(&mut |_| ok());
    let (_, log) = crate::log::given::empty_at(world.now + 5);
    world.log = log;
    world
        .log
        .subscribe(super::given::ID, "{}", world.now)
        .expect("works");
    world.sent.clear();
    world.now += 10;
    world.append(0..2);
    world.run(&mut |_| ok());
    assert_eq!(world.sequences(), [1, 2]);
}

#[test]
fn what_is_counted_is_told_to_the_feed() {
    let mut world = World::to_all();
    world.append(0..3);
    let slow = waypost_core::retry::Outcome {
        duration_ms: 700,
        ..answered(503)
    };
    let mut answers = [ok(), slow, answered(404)].into_iter();
    world.work(&mut |_| answers.next().unwrap_or_else(ok));
    let told = |world: &World| {
        let sql = "SELECT deliveries FROM subscriptions WHERE deliveries IS NOT NULL";
        let text = world.log.db().first(sql, &[], |row| row.string(0));
        text.expect("works")
            .map(|text| serde_json::from_str::<Json>(&text).expect("JSON"))
    };
    assert_eq!(told(&world), None, "a number that is late costs nothing");
    world.wait();
    world.now += 60_000;
    world.work(&mut |_| ok());
    let counted = json!({"delivered": 1, "failed": 2, "dead": 1, "pending": 1, "ms": 714, "le": {"10": 2, "1000": 1}});
    assert_eq!(told(&world), Some(counted));
    world.wait();
    world.work(&mut |_| ok());
    let counted = json!({"delivered": 2, "failed": 2, "dead": 1, "pending": 0, "ms": 721, "le": {"10": 3, "1000": 1}});
    assert_eq!(told(&world), Some(counted));
}
