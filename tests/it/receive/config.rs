//! What a config says, when it says it well.

use waypost_core::{
    config::{Config, DEFAULT_RETRY_SCHEDULE_SECONDS, Feed, Retention, SourceState},
    rejection::Rejection,
    scheme::{Algorithm, Encoding, Identity, Unit},
    source::{DEFAULT_TTL_SECONDS, MAX_BODY_BYTES, RateLimit, Source},
};

use super::support::{NOW, Request};

/// The scheme of DESIGN.md for a provider that nobody shipped, as wrangler hands it on.
const ACME: &str = r#"{"acme":{
    "secrets": ["ACME_SECRET"],
    "scheme": {
        "algorithm": "hmac-sha256", "encoding": "hex",
        "signature": {"header": "x-acme-signature", "prefix": "v1="},
        "timestamp": {"header": "x-acme-time", "unit": "s"},
        "signed": "{timestamp}.{body}",
        "id": {"header": "x-acme-id"}
    }
}}"#;

const FEEDS: &str = r#"{"default":{"tokens":["POLL_TOKEN"],"retention_days":7}}"#;

fn parse(variables: &[(&str, &str)]) -> Config {
    Config::parse(variables).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn ready(config: &Config, name: &str) -> Source {
    match config.source(name, |secret| Some(format!("text of {secret}"))) {
        SourceState::Ready { source, notes } => {
            assert_eq!(notes, Vec::<String>::new());
            *source
        }
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn a_provider_that_nobody_shipped_works() {
    let source = ready(&parse(&[("SOURCES", ACME), ("FEEDS", FEEDS)]), "acme");
    assert_eq!(source.scheme.identity, Identity::IdAndContent);
    assert_eq!(source.settings.tolerance_seconds, 300);
    let request = Request::signed(&source, b"body", NOW, "id 1", "");
    let names: Vec<&str> = request
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["x-acme-time", "x-acme-id", "x-acme-signature"]);
    assert!(request.get("x-acme-signature").starts_with("v1="));
    let verified = request.verify(&source, NOW).expect("genuine");
    assert_eq!(
        verified.event_id().map(|id| id.value.as_str()),
        Some("id 1")
    );
    assert_eq!(
        request.verify(&source, NOW + 301_000),
        Err(Rejection::StaleTimestamp)
    );
}

#[test]
fn a_config_can_say_whatever_a_row_can() {
    let text = r#"{"x":{
        "secrets": "ONE", "tolerance_seconds": 60, "identity": "none", "feed": "f",
        "scheme": {
            "algorithm": "hmac-sha512", "encoding": "base64url", "integrity": "body",
            "key": {"form": "base64", "strip": ["v1,whsec_", "whsec_"]},
            "families": ["Webhook", "svix"],
            "signature": {"header": "{family}-Signature", "field": "v1", "separator": " ", "equals": ","},
            "timestamp": {"header": "{family}-timestamp", "unit": "ms"},
            "signed": "{method}:{url}:{id}.{timestamp}.{body}",
            "id": [{"header": "{family}-id"}], "id_required": true, "identity": "id",
            "type": [{"json": "/event/type"}, {"header": "x-type"}],
            "tolerance_seconds": 120
        },
        "public_url": "https://hooks.example.com/x", "max_body_bytes": 1000,
        "idempotency_ttl_seconds": 60,
        "rate_limit": {"binding": "LIMITER", "limit": 100, "period": 60}
    }}"#;
    let config = parse(&[("SOURCES", text), ("FEEDS", r#"{"f":{}}"#)]);
    let state = config.source("x", |_| Some("whsec_c2VjcmV0".to_owned()));
    let source = state.ready().expect("ready");
    assert_eq!(source.keys[0][0].expose(), b"secret");
    assert!(source.scheme.families[1].is_signature("svix-signature"));
    assert!(source.scheme.families[0].is_signature("webhook-signature"));
    assert_eq!(source.scheme.unit, Some(Unit::Milliseconds));
    assert_eq!(source.settings.tolerance_seconds, 60);
    assert_eq!(source.settings.identity, Identity::None);
    assert_eq!(source.scheme.identity, Identity::Id);
    assert_eq!(source.settings.max_body_bytes, 1000);
    assert_eq!(source.settings.idempotency_ttl_seconds, 60);
    let limit = RateLimit {
        binding: "LIMITER".to_owned(),
        limit: 100,
        period: 60,
    };
    assert_eq!(source.settings.rate_limit, Some(limit));
}

#[test]
fn what_is_not_said_has_its_default() {
    let source = ready(
        &parse(&[(
            "SOURCES",
            r#"{"g":{"provider":"github","secrets":["A","B"]}}"#,
        )]),
        "g",
    );
    assert_eq!(source.settings.feed, "default");
    assert_eq!(source.settings.max_body_bytes, MAX_BODY_BYTES);
    assert_eq!(source.settings.idempotency_ttl_seconds, DEFAULT_TTL_SECONDS);
    assert_eq!(source.settings.rate_limit, None);
    assert_eq!(source.keys[0].len(), 2);
}

#[test]
fn a_token_needs_no_encoding_and_signs_nothing() {
    let text = r#"{"t":{"secrets":["T"],"scheme":{
        "algorithm":"token","integrity":"none","signature":{"header":"Authorization","prefix":"Bearer "}
    }}}"#;
    let source = ready(&parse(&[("SOURCES", text)]), "t");
    assert_eq!(
        (source.scheme.algorithm, source.scheme.encoding),
        (Algorithm::Token, Encoding::Text)
    );
    let request = Request::signed(&source, b"body", NOW, "", "");
    assert!(request.verify(&source, NOW).is_ok());
}

#[test]
fn variables_of_one_kind_are_merged() {
    let config = parse(&[
        ("SOURCES", r#"{"a":{"provider":"github","secrets":["A"]}}"#),
        (
            "SOURCES_2",
            r#"{"b":{"provider":"stripe","secrets":["B"],"feed":"f"}}"#,
        ),
        ("FEEDS", r#"{"default":{}}"#),
        ("FEEDS_2", r#"{"f":{"public":true}}"#),
        ("SOMETHING_ELSE", "not JSON"),
    ]);
    let names: Vec<&str> = config.sources().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b"]);
    assert!(config.feed("f").is_some_and(|feed| feed.public));
    let feeds: Vec<&str> = config.feeds().map(|(name, _)| name).collect();
    assert_eq!(feeds, ["default", "f"]);
}

#[test]
fn feeds_say_who_reads_and_what_is_kept() {
    let config = parse(&[(
        "FEEDS",
        r#"{"a":{"tokens":["T1","T2"],"retention_events":10,"retention_bytes":1000,"verify":false},
            "b":{"public":true}}"#,
    )]);
    let expected = Feed {
        tokens: vec!["T1".to_owned(), "T2".to_owned()],
        public: false,
        retention: Retention {
            days: None,
            events: Some(10),
            bytes: Some(1000),
        },
        verify: false,
        ..Feed::default()
    };
    assert_eq!(config.feed("a"), Some(&expected));
    assert_eq!(
        config.feed("b").map(|feed| feed.retention.days),
        Some(Some(7))
    );
    assert_eq!(
        config.feed("default"),
        Some(&Feed::default()),
        "there, and closed"
    );
    assert_eq!(config.feed("c"), None);
}

#[test]
fn global_settings_have_defaults() {
    let config = parse(&[]);
    assert_eq!(
        config.retry_schedule_seconds(),
        DEFAULT_RETRY_SCHEDULE_SECONDS
    );
    assert!(config.allow_targets().is_empty());
    let config = parse(&[
        ("ALLOW_TARGETS", r#"["127.0.0.1"]"#),
        ("RETRY_SCHEDULE_SECONDS", "[1,2]"),
    ]);
    assert_eq!(config.allow_targets(), ["127.0.0.1"]);
    assert_eq!(config.retry_schedule_seconds(), [1, 2]);
}

#[test]
fn any_secret_that_is_there_will_do() {
    let config = parse(&[(
        "SOURCES",
        r#"{"s":{"provider":"standard-webhooks","secrets":["GOOD","GONE","BAD","EMPTY"]}}"#,
    )]);
    let lookup = |name: &str| match name {
        "GOOD" => Some("whsec_c2VjcmV0".to_owned()),
        "BAD" => Some("whsec_%%%".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    };
    let SourceState::Ready { source, notes } = config.source("s", lookup) else {
        panic!("one secret is enough")
    };
    assert_eq!(source.keys[0].len(), 1);
    assert_eq!(
        notes,
        [
            "secret GONE is not set",
            "secret BAD is not in the form that the scheme's keys have",
            "secret EMPTY is empty",
        ]
    );
    let SourceState::Misconfigured { reason } = config.source("s", |_| None) else {
        panic!("no secret is not enough")
    };
    assert!(
        reason.contains("GOOD") && reason.contains("is not set"),
        "{reason}"
    );
}

#[test]
fn one_broken_source_takes_down_no_other() {
    let (config, errors) = Config::load(&[
        (
            "SOURCES",
            r#"{"good":{"provider":"github","secrets":["A"]},"bad":{"provider":"gitbub","secrets":["A"]}}"#,
        ),
        ("FEEDS", r#"{"default":{"retention_days":"seven"}}"#),
    ]);
    assert_eq!(errors.len(), 2, "{errors:#?}");
    ready(&config, "good");
    let secret = |_: &str| Some("s".to_owned());
    let bad = config.source("bad", secret);
    assert_eq!(bad.ready().err(), Some(Rejection::Misconfigured));
    let SourceState::Misconfigured { reason } = bad else {
        panic!("{bad:?}")
    };
    assert!(
        reason.starts_with("SOURCES.bad.provider: \"gitbub\" is not known"),
        "{reason}"
    );
    assert_eq!(
        config.source("none", secret).ready().err(),
        Some(Rejection::UnknownSource)
    );
    let feed = config.feed("default").expect("still written to");
    assert_eq!(
        feed.retention,
        Retention::default(),
        "nothing is pruned by a broken config"
    );
    assert!(feed.tokens.is_empty() && !feed.public);
}

#[test]
fn what_cannot_be_read_at_all_is_not_taken_for_absent() {
    let (config, _) = Config::load(&[
        (
            "SOURCES",
            r#"{"good":{"provider":"github","secrets":["A"],"feed":"f"}}"#,
        ),
        ("SOURCES_2", "{"),
        ("FEEDS", "{"),
    ]);
    ready(&config, "good");
    let state = config.source("maybe", |_| None);
    assert_eq!(state.ready().err(), Some(Rejection::Misconfigured));
    assert_eq!(
        config.feed("default").map(|feed| feed.retention),
        Some(Retention::default())
    );
}
