//! The table `alerts` of a feed.

use serde_json::{Value, json};
use waypost_core::config::Config;

const SOURCES: &str = r#"{"github":{"provider":"github","secrets":["S"]},
    "other":{"provider":"github","secrets":["S"],"feed":"other"}}"#;

fn errors(alerts: Value) -> Vec<String> {
    let feeds = json!({"default": {"alerts": alerts}, "other": {}}).to_string();
    let errors = Config::parse(&[("SOURCES", SOURCES), ("FEEDS", &feeds)]);
    let errors = errors.err().unwrap_or_default();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn what_may_be_said() {
    let all = json!({
        "every_seconds": 3600, "failing_webhooks": 20, "silent_seconds": {"github": 86_400}, "consumer_lag": 10_000,
        "unacknowledged_seconds": 3600, "dead_letters": 1, "subscriptions": true, "gaps": true, "window_seconds": 60,
    });
    assert_eq!(errors(all.clone()), [""; 0]);
    let alerts = super::given::rules(all);
    assert_eq!(
        (
            alerts.every_seconds,
            alerts.failing_webhooks,
            alerts.consumer_lag
        ),
        (3600, Some(20), Some(10_000))
    );
    assert_eq!(alerts.silent_seconds, [("github".to_owned(), 86_400)]);
    assert_eq!(
        (
            alerts.unacknowledged_seconds,
            alerts.dead_letters,
            alerts.window_seconds
        ),
        (Some(3600), Some(1), 60)
    );
    assert!(alerts.subscriptions && alerts.gaps);
    assert_eq!(alerts.sources.as_deref(), Some(r#"["github","stripe"]"#));
    // A rule is on where it is named.
    let alerts = super::given::rules(json!({"gaps": true}));
    assert_eq!((alerts.every_seconds, alerts.window_seconds), (60, 3600));
    assert_eq!((alerts.failing_webhooks, alerts.consumer_lag), (None, None));
    assert_eq!(
        (alerts.unacknowledged_seconds, alerts.dead_letters),
        (None, None)
    );
    assert!(!alerts.subscriptions && alerts.silent_seconds.is_empty());
}

#[test]
fn mistakes_name_their_key() {
    for (alerts, expected) in [
        (json!(5), "FEEDS.default.alerts: must be a table"),
        (json!({}), "FEEDS.default.alerts: names no rule"),
        (
            json!({"every_seconds": 5, "window_seconds": 5, "subscriptions": false}),
            "FEEDS.default.alerts: names no rule",
        ),
        (
            json!({"gaps": true, "every_seconds": 0}),
            "FEEDS.default.alerts.every_seconds: must be a whole number from 1 to 3600",
        ),
        (
            json!({"gaps": true, "every_seconds": 3601}),
            "FEEDS.default.alerts.every_seconds: must be a whole number from 1 to 3600",
        ),
        (
            json!({"failing_webhooks": 0}),
            "FEEDS.default.alerts.failing_webhooks: must be a whole number from 1 to 1000000",
        ),
        (
            json!({"silent_seconds": 5}),
            "FEEDS.default.alerts.silent_seconds: must be a table of whole numbers",
        ),
        (
            json!({"silent_seconds": {"github": "5"}}),
            "FEEDS.default.alerts.silent_seconds.github: must be a whole number from 1 to 31536000",
        ),
        (
            json!({"silent_seconds": {"github": 0}}),
            "FEEDS.default.alerts.silent_seconds.github: must be a whole number from 1 to 31536000",
        ),
        (
            json!({"silent_seconds": {"gitub": 5}}),
            r#"FEEDS.default.alerts.silent_seconds.gitub: SOURCES has no "gitub" that writes this feed"#,
        ),
        (
            json!({"silent_seconds": {"other": 5}}),
            r#"FEEDS.default.alerts.silent_seconds.other: SOURCES has no "other" that writes this feed"#,
        ),
        (
            json!({"consumer_lag": 0}),
            "FEEDS.default.alerts.consumer_lag: must be a whole number from 1 to 4294967295",
        ),
        (
            json!({"unacknowledged_seconds": -1}),
            "FEEDS.default.alerts.unacknowledged_seconds: must be a whole number from 1 to 31536000",
        ),
        (
            json!({"dead_letters": 10_001}),
            "FEEDS.default.alerts.dead_letters: must be a whole number from 1 to 10000",
        ),
        (
            json!({"subscriptions": 1}),
            "FEEDS.default.alerts.subscriptions: must be true or false",
        ),
        (
            json!({"gaps": "yes"}),
            "FEEDS.default.alerts.gaps: must be true or false",
        ),
        (
            json!({"gaps": true, "window_seconds": 0}),
            "FEEDS.default.alerts.window_seconds: must be a whole number from 1 to 2592000",
        ),
        (
            json!({"gaps": true, "silent": {}}),
            "FEEDS.default.alerts.silent: is not known here; known are every_seconds, failing_webhooks, silent_seconds, consumer_lag, unacknowledged_seconds, dead_letters, subscriptions, gaps, window_seconds",
        ),
    ] {
        assert_eq!(errors(alerts.clone()), [expected], "{alerts}");
    }
}

/// A source of which nothing is known is not taken for absent.
#[test]
fn what_cannot_be_read() {
    let feeds =
        json!({"default": {"alerts": {"silent_seconds": {"github": 5, "gitub": 6, "bad": 7}}}});
    let feeds = feeds.to_string();
    let read = |sources: &str| {
        let (config, errors) = Config::load(&[("SOURCES", sources), ("FEEDS", &feeds)]);
        let alerts = config.feed("default").and_then(|feed| feed.alerts.clone());
        let keys = errors.into_iter().map(|error| error.key);
        (alerts.expect("rules").sources, keys.collect::<Vec<_>>())
    };
    let (sources, errors) = read(
        r#"{"github":{"provider":"github","secrets":["S"]},"bad":{"provider":"gitbub","secrets":["S"]}}"#,
    );
    assert_eq!(sources.as_deref(), Some(r#"["bad","github"]"#));
    let silent = "FEEDS.default.alerts.silent_seconds.gitub";
    assert_eq!(errors, ["SOURCES.bad.provider", silent]);
    assert_eq!(read("{"), (None, vec!["SOURCES".to_owned()]));
}
