//! What holds for all rules.

use serde_json::json;
use waypost_core::config::{Alerts, Retention};
use waypost_core::feed::Own;

use super::given::{START, World, rules};

#[test]
fn several_at_once() {
    let mut world = World::new(json!({
        "failing_webhooks": 2, "silent_seconds": {"github": 60, "stripe": 60}, "consumer_lag": 2, "dead_letters": 1,
        "subscriptions": true, "gaps": true,
    }));
    world.claim("a", json!({}));
    world.claim("b", json!({}));
    world.events(5);
    world.claim("b", json!({}));
    world.prune(3);
    world.claim("a", json!({"max": 1}));
    world.bad("github", 2);
    world.bad("stripe", 3);
    world.subscription("s", "disabled");
    world.subscription("t", "active");
    world.subscription("u", "suspended");
    world.bury();
    world.pass(65_000);
    let mut told = world.hear();
    told.sort();
    let mut expected = [
        "consumer_behind a firing",
        "consumer_behind b firing",
        "consumer_gap a firing",
        "dead_letters default firing",
        "source_failing github firing",
        "source_failing stripe firing",
        "source_silent github firing",
        "source_silent stripe firing",
        "subscription_stopped s firing",
        "subscription_stopped u firing",
    ];
    assert_eq!(told, expected);
    assert_eq!(world.firing().len(), told.len());
    world.good("stripe");
    world.catch_up("a");
    world.log.unsubscribe("u").expect("works");
    let mut told = world.hear();
    told.sort();
    expected = expected.map(|alert| alert.trim_end_matches(" firing"));
    let over = [0, 5, 7, 9].map(|at| format!("{} resolved", expected[at]));
    assert_eq!(told, over);
    assert_eq!(world.firing().len(), 6);
}

#[test]
fn a_rule_that_is_off_says_nothing() {
    let mut world = World::new(json!({"failing_webhooks": 1_000_000}));
    world.claim("a", json!({}));
    world.events(5);
    world.prune(1);
    world.claim("a", json!({"max": 1}));
    world.bury();
    world.subscription("s", "disabled");
    world.pass(1_000_000_000);
    assert_eq!(world.hear(), [""; 0]);
}

#[test]
fn the_detail_is_kept_up() {
    let mut world = World::new(json!({"failing_webhooks": 2}));
    world.bad("github", 2);
    world.look();
    let since = world.firing()[0]["since"].clone();
    world.bad("github", 5);
    assert_eq!(world.hear(), [""; 0]);
    let firing = &world.firing()[0];
    assert_eq!(
        (&firing["since"], &firing["detail"]),
        (&since, &json!({"failing": 7}))
    );
    world.good("github");
    assert_eq!(world.look()[0]["detail"], json!({"failing": 7}));
}

#[test]
fn sources_that_do_not_write_the_feed_any_more_are_none_of_its() {
    let mut world = World::new(json!({"failing_webhooks": 2}));
    world.bad("gone", 5);
    world.bad("other", 5);
    world.bad("github", 5);
    assert_eq!(world.hear(), ["source_failing github firing"]);
}

#[test]
fn a_clock_that_is_set_back_makes_no_episode_silent() {
    let mut world = World::new(json!({"failing_webhooks": 1}));
    for _ in 0..5 {
        world.bad("github", 1);
        assert_eq!(world.hear(), ["source_failing github firing"]);
        world.good("github");
        assert_eq!(world.hear(), ["source_failing github resolved"]);
        world.now = START - 5_000_000;
    }
}

#[test]
fn looks_come_as_often_as_the_config_says() {
    let mut world = World::new(json!({"failing_webhooks": 1, "every_seconds": 10}));
    let next = |world: &World| world.log.next_duty().expect("works");
    let ring = |world: &World| {
        let rules = world.rules.as_ref();
        let rung = world.log.housekeep(Retention::default(), rules, world.now);
        rung.expect("works")
    };
    assert_eq!(next(&world), Some(START + 10_000));
    // Whoever opens it again and again does not put it off.
    world.pass(9_999);
    world.reopen();
    assert_eq!(next(&world), Some(START + 10_000));
    world.bad("github", 1);
    ring(&world);
    assert_eq!(world.told().len(), 0, "it is not due");
    world.pass(1);
    let told_until = ring(&world);
    assert_eq!(world.told().len(), 1);
    assert_eq!(told_until, Some(START + 20_000));
    // Sooner, where the config says so now.
    world.rules = Some(rules(json!({"failing_webhooks": 1, "every_seconds": 1})));
    world.reopen();
    assert_eq!(next(&world), Some(START + 11_000));
}

#[test]
fn without_rules_what_is_on_is_over_without_a_word() {
    let mut world = World::new(json!({"failing_webhooks": 1}));
    world.bad("github", 1);
    assert_eq!(world.hear().len(), 1);
    let rules: Option<Alerts> = world.rules.take();
    world.reopen();
    assert_eq!(world.firing(), [] as [serde_json::Value; 0]);
    assert_eq!(world.told().len(), 0);
    let due = "SELECT 1 FROM due WHERE duty = 'watch'";
    let due = waypost_core::feed::db::Db::query(&world.db, due, &[], |_| ());
    assert_eq!(due, Ok(vec![]));
    // And begins anew with them.
    world.rules = rules;
    world.reopen();
    assert_eq!(world.hear(), ["source_failing github firing"]);
}

/// What is told is held to what the feed keeps.
#[test]
fn retention_holds() {
    let mut world = World::new(json!({"failing_webhooks": 1}));
    let keep = Retention {
        events: Some(2),
        ..Retention::default()
    };
    world.events(2);
    world.bad("github", 1);
    world.pass(3_600_000);
    let rules = world.rules.as_ref();
    world.log.housekeep(keep, rules, world.now).expect("works");
    assert_eq!(world.told().len(), 1);
    assert_eq!(
        (world.log.bounds().earliest, world.log.bounds().latest),
        (2, 3)
    );
}

/// What a subscription has told of itself and tells again, since it does not know that it was heard.
#[test]
fn what_is_told_under_one_receipt_is_there_once() {
    let mut world = World::new(json!({"gaps": true}));
    let tell = |world: &World, receipt: &str| {
        world.log.append_own(world.now, &mut |feed, _| {
            Ok(vec![Own {
                kind: "waypost.test".to_owned(),
                receipt: receipt.to_owned(),
                body: json!({"type": "waypost.test", "feed": feed}).to_string(),
            }])
        })
    };
    assert_eq!(tell(&world, "a"), Ok(1));
    assert_eq!(tell(&world, "a"), Ok(0));
    assert_eq!(tell(&world, "b"), Ok(1));
    let told = world.told();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["feed"], "default");
}
