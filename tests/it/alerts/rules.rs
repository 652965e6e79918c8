//! Each rule: nothing below its bound, one alert at it, one when it is over, and another episode after that.

use serde_json::{Value, json};
use waypost_core::consumer::Verb;

use super::given::{World, body};
use crate::consumers::worker;
use crate::log::given::id;

type Happens = fn(&mut World);

fn moment(body: &Value, member: &str) -> u64 {
    let text = body[member].as_str().expect("text");
    waypost_core::when::parse_rfc3339(text).expect("a time")
}

/// `below` leads to just below the bound, `reach` from there to the bound.
fn check(
    world: &mut World,
    [alert, subject]: [&str; 2],
    detail: &Value,
    [below, reach, mend]: [Happens; 3],
) {
    let mut episodes = Vec::new();
    for round in 0..3 {
        below(world);
        assert_eq!(world.look(), [] as [Value; 0], "below, {round}");
        reach(world);
        let told = world.look();
        assert_eq!(told.len(), 1, "at the bound, {round}: {told:#?}");
        let since = moment(&told[0], "since");
        // Later than whatever was appended before.
        assert!((world.now..world.now + 50).contains(&since));
        assert_eq!(told, [body(alert, subject, "firing", detail, &told[0])]);
        assert_eq!(told[0]["at"], told[0]["since"]);
        let mut firing = json!({"alert": alert, "subject": subject, "detail": detail});
        firing["since"] = told[0]["since"].clone();
        assert_eq!(world.firing(), [firing.clone()]);
        world.reopen();
        assert_eq!(world.look(), [] as [Value; 0], "it goes on, {round}");
        assert_eq!(world.firing(), [firing.clone()]);
        mend(world);
        let told = world.look();
        assert_eq!(told.len(), 1, "it is over, {round}: {told:#?}");
        assert_eq!(told, [body(alert, subject, "resolved", detail, &told[0])]);
        assert_eq!(told[0]["since"], firing["since"]);
        assert!(moment(&told[0], "at") > since);
        assert_eq!(world.firing(), [] as [Value; 0]);
        assert_eq!(world.look(), [] as [Value; 0], "and stays so, {round}");
        assert!(!episodes.contains(&since), "each episode is one of its own");
        episodes.push(since);
    }
}

#[test]
fn a_source_that_fails() {
    let world = &mut World::new(json!({"failing_webhooks": 3}));
    check(
        world,
        ["source_failing", "github"],
        &json!({"failing": 3}),
        [
            |world| world.bad("github", 2),
            |world| world.bad("github", 1),
            |world| world.good("github"),
        ],
    );
}

#[test]
fn a_source_that_is_silent() {
    let world = &mut World::new(json!({"silent_seconds": {"github": 60}}));
    check(
        world,
        ["source_silent", "github"],
        &json!({"silent_seconds": 65}),
        [
            // When it was heard is known to five seconds. It never was; then it was, when it was mended.
            |world| world.pass(64_999),
            |world| world.pass(1),
            |world| world.good("github"),
        ],
    );
}

#[test]
fn a_source_is_silent_since_that_was_first_asked() {
    let mut world = World::new(json!({"silent_seconds": {"github": 60}}));
    world.pass(50_000);
    // Nothing is asked of it for a while, which ends what was begun.
    world.rules = Some(super::given::rules(json!({"gaps": true})));
    world.reopen();
    world.pass(50_000);
    world.rules = Some(super::given::rules(
        json!({"silent_seconds": {"github": 60}}),
    ));
    world.reopen();
    world.pass(64_999);
    world.reopen();
    assert_eq!(world.hear(), [""; 0]);
    world.pass(1);
    assert_eq!(world.hear(), ["source_silent github firing"]);
}

#[test]
fn refusals_are_no_sound() {
    let mut world = World::new(json!({"silent_seconds": {"github": 60}}));
    world.pass(65_000);
    world.bad("github", 1);
    assert_eq!(world.hear(), ["source_silent github firing"]);
}

#[test]
fn a_consumer_that_lags() {
    let world = &mut World::new(json!({"consumer_lag": 3}));
    world.claim("billing", json!({}));
    check(
        world,
        ["consumer_behind", "billing"],
        &json!({"lag": 3, "unacknowledged_seconds": 0}),
        [
            |world| world.events(2),
            |world| world.events(1),
            |world| world.catch_up("billing"),
        ],
    );
}

#[test]
fn what_is_held_is_behind_too() {
    let mut world = World::new(json!({"consumer_lag": 3, "unacknowledged_seconds": 10}));
    world.claim("billing", json!({}));
    world.events(3);
    let given = world.claim("billing", json!({"max": 2}));
    assert_eq!(world.hear(), ["consumer_behind billing firing"]);
    worker::ack(&world.log, "billing", &given.leases(), world.now);
    assert_eq!(world.hear(), ["consumer_behind billing resolved"]);
    world.pass(10_000);
    let told = world.look();
    assert_eq!(
        told[0]["detail"],
        json!({"lag": 1, "unacknowledged_seconds": 10})
    );
}

#[test]
fn a_consumer_whose_events_are_old() {
    let world = &mut World::new(json!({"unacknowledged_seconds": 10}));
    world.claim("billing", json!({}));
    check(
        world,
        ["consumer_behind", "billing"],
        &json!({"lag": 1, "unacknowledged_seconds": 10}),
        [
            |world| {
                world.events(1);
                // It stands in the log a moment later: what was told before is there.
                world.now = world.log.changed_at();
                world.pass(9_999);
            },
            |world| world.pass(1),
            |world| world.catch_up("billing"),
        ],
    );
}

#[test]
fn a_consumer_that_is_deleted_is_not_behind() {
    let mut world = World::new(json!({"consumer_lag": 1}));
    world.claim("billing", json!({}));
    world.events(1);
    assert_eq!(world.hear(), ["consumer_behind billing firing"]);
    world.log.delete_consumer("billing").expect("works");
    assert_eq!(world.hear(), ["consumer_behind billing resolved"]);
}

#[test]
fn dead_letters() {
    let world = &mut World::new(json!({"dead_letters": 3}));
    check(
        world,
        ["dead_letters", "default"],
        &json!({"dead_letters": 3}),
        [
            |world| {
                world.bury();
                world.bury();
            },
            |world| world.bury(),
            // They are replayed, one by one.
            |world| {
                let page = world.log.dead_letters(None, Vec::clone).expect("works");
                let page = serde_json::to_value(page).expect("JSON");
                for letter in page["dead_letters"].as_array().expect("a list") {
                    let id = letter["id"]
                        .as_str()
                        .expect("an id")
                        .parse()
                        .expect("an id");
                    world.log.forget_dead(id).expect("works");
                }
            },
        ],
    );
}

#[test]
fn dead_letters_grow_old() {
    let mut world = World::new(json!({"dead_letters": 2, "window_seconds": 100}));
    world.bury();
    world.pass(99_999);
    world.bury();
    assert_eq!(world.hear(), ["dead_letters default firing"]);
    world.pass(1);
    assert_eq!(world.hear(), ["dead_letters default resolved"]);
    world.bury();
    assert_eq!(world.hear(), ["dead_letters default firing"]);
    world.pass(200_000);
    assert_eq!(world.hear(), ["dead_letters default resolved"]);
    world.bury();
    assert_eq!(world.hear(), [""; 0], "the old ones do not count");
}

#[test]
fn dead_letters_of_consumers_and_subscriptions() {
    let mut world = World::new(json!({"dead_letters": 2}));
    world.events(3);
    world.refuse("billing");
    assert_eq!(world.hear(), [""; 0]);
    let letter =
        json!({"event": id(2).to_string(), "reason": "r", "attempts": 1, "last_response": {}});
    world
        .log
        .bury_delivery("s", &letter.to_string(), world.now)
        .expect("works");
    assert_eq!(world.hear(), ["dead_letters default firing"]);
}

#[test]
fn a_subscription_that_stopped() {
    let world = &mut World::new(json!({"subscriptions": true}));
    for status in ["disabled", "suspended"] {
        check(
            world,
            ["subscription_stopped", "s"],
            &json!({ "status": status }),
            [
                |world| world.subscription("s", "paused"),
                match status {
                    "disabled" => |world| world.subscription("s", "disabled"),
                    _ => |world| world.subscription("s", "suspended"),
                },
                |world| {
                    world
                        .log
                        .describe("s", r#"{"status":"active"}"#)
                        .expect("works")
                },
            ],
        );
    }
    world.subscription("s", "disabled");
    assert_eq!(world.look().len(), 1);
    world.log.unsubscribe("s").expect("works");
    assert_eq!(world.hear(), ["subscription_stopped s resolved"]);
    // What cannot be read stops nobody.
    world.log.subscribe("t", "{", world.now).expect("works");
    world.subscription("u", "disabled");
    assert_eq!(world.hear(), ["subscription_stopped u firing"]);
}

#[test]
fn a_consumer_that_was_told_of_a_gap() {
    let mut world = World::new(json!({"gaps": true, "window_seconds": 100}));
    world.claim("billing", json!({}));
    world.events(5);
    world.prune(2);
    assert_eq!(world.hear(), [""; 0], "nobody was told yet");
    let claim = json!({"max": 1, "attempt_id": "a", "lease_seconds": 1000});
    let given = world.claim("billing", claim.clone());
    let gap = json!({"from": id(1).to_string(), "to": id(3).to_string()});
    assert_eq!(given.clone().json()["gap"], gap);
    let told = world.look();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["subject"], &told[0]["detail"]),
        (&json!("billing"), &gap)
    );
    // Who lost that answer is told again, and it is not a second gap.
    world.pass(99_999);
    assert_eq!(world.claim("billing", claim), given);
    assert_eq!(world.hear(), [""; 0]);
    world.pass(1);
    assert_eq!(world.hear(), ["consumer_gap billing resolved"]);
    // A consumer that was told to go elsewhere has no gap.
    world.events(5);
    world.prune(2);
    world.claim("billing", json!({"attempt_id": "b"}));
    assert_eq!(world.hear(), ["consumer_gap billing firing"]);
    let seek = json!({"to": "latest"});
    worker::settle(&world.log, "billing", Verb::Seek, seek, world.now).expect("seeks");
    assert_eq!(world.hear(), ["consumer_gap billing resolved"]);
}
