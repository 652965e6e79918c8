//! What a feed does for its subscriptions.

use serde_json::json;
use waypost_core::feed::Wanted;

use super::given::{ID, World};
use crate::log::given::{self, BIRTH};

fn wanted(events: &str) -> Wanted {
    Wanted {
        after: 0,
        through: None,
        limit: 100,
        events: events.to_owned(),
        raw: false,
        only: None,
    }
}

#[test]
fn a_question_survives_its_way() {
    for question in [
        wanted(r#"["a.*","b&c=d","ü"]"#),
        Wanted {
            through: Some(9),
            raw: true,
            ..wanted("[]")
        },
        Wanted {
            only: Some("[1,2]".to_owned()),
            ..wanted(r#"["*"]"#)
        },
    ] {
        assert_eq!(Wanted::parse(&question.query()), question);
    }
}

#[test]
fn patterns() {
    let (_, log) = given::empty();
    for (n, kind) in (0..).zip([
        "order.created",
        "order.paid",
        "orders.x",
        "order",
        "invoice.paid",
        "",
        "order.",
        "ORDER.created",
        "order%",
    ]) {
        let meta = waypost_core::wire::Meta {
            kind: kind.to_owned(),
            ..given::meta(n)
        };
        given::append(&log, &meta, b"{}", BIRTH);
    }
    let check = |events: &str, expected: &[u64]| {
        let pushed = log.push(&wanted(events)).expect("works");
        let seqs: Vec<u64> = pushed
            .pieces
            .iter()
            .map(|piece| {
                let json: serde_json::Value = serde_json::from_str(piece).expect("JSON");
                json[0].as_u64().expect("a sequence")
            })
            .collect();
        assert_eq!(seqs, expected, "{events}");
    };
    check(r#"["*"]"#, &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    check(r#"["order.created"]"#, &[1]);
    check(r#"["order.*"]"#, &[1, 2, 7]);
    check(r#"["order"]"#, &[4]);
    check(r#"["order.created","invoice.*"]"#, &[1, 5]);
    check(r#"["order.*","*"]"#, &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    check(r#"["order%"]"#, &[9]);
    check(r#"["nothing.*"]"#, &[]);
}

#[test]
fn bodies() {
    let (_, log) = given::empty();
    let text = r#"{ "a" : "\u00e4ö", "n":1.0e2 }"#;
    given::append(&log, &given::meta(0), text.as_bytes(), BIRTH);
    given::append(&log, &given::meta(1), b"\x00\xff", BIRTH);
    let ask = |raw| {
        log.push(&Wanted {
            raw,
            ..wanted(r#"["*"]"#)
        })
        .expect("works")
        .pieces
    };
    let rows: Vec<serde_json::Value> = ask(false)
        .iter()
        .map(|row| serde_json::from_str(row).expect("JSON"))
        .collect();
    let body = rows[0][4].as_str().expect("text");
    let id = given::id(1);
    assert!(
        body.starts_with(&format!(r#"{{"id":"{id}","event":"push","timestamp":""#)),
        "{body}"
    );
    assert!(body.ends_with(&format!(r#"","data":{text}}}"#)), "{body}");
    let parsed: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(parsed.as_object().expect("an object").len(), 4);
    let other: serde_json::Value =
        serde_json::from_str(rows[1][4].as_str().expect("text")).expect("JSON");
    assert_eq!(
        (&other["data"], &other["data_base64"]),
        (&json!(null), &json!("AP8="))
    );
    let rows: Vec<serde_json::Value> = ask(true)
        .iter()
        .map(|row| serde_json::from_str(row).expect("JSON"))
        .collect();
    assert_eq!((&rows[0][2], &rows[0][4]), (&json!(0), &json!(text)));
    assert_eq!((&rows[1][2], &rows[1][4]), (&json!(1), &json!("AP8=")));
}

#[test]
fn pages_are_bounded_and_say_how_far_they_go() {
    let (_, log) = given::empty();
    for n in 0..30 {
        given::append(
            &log,
            &given::meta(n),
            format!(r#""{}""#, "x".repeat(90_000)).as_bytes(),
            BIRTH,
        );
    }
    let mut after = 0;
    let mut seen = 0;
    while after < 30 {
        let pushed = log
            .push(&Wanted {
                after,
                ..wanted(r#"["*"]"#)
            })
            .expect("works");
        let bytes: usize = pushed.pieces.iter().map(String::len).sum();
        assert!(bytes < 1_200_000, "{bytes}");
        seen += pushed.pieces.len();
        let text = format!("{}]}}", pushed.open);
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let through = json["through"].as_u64().expect("a number");
        assert!(through > after);
        after = through;
    }
    assert_eq!(seen, 30);
}

#[test]
fn pokes_are_owed_until_they_are_acknowledged() {
    let world = World::to_all();
    let log = &world.log;
    assert_eq!(log.owe_pokes(BIRTH).expect("works"), None, "nothing is new");
    given::fill(log, 0..3, BIRTH);
    assert_eq!(log.owe_pokes(BIRTH).expect("works"), Some(BIRTH));
    assert_eq!(log.to_poke(BIRTH).expect("works"), [ID]);
    // The later, the more often it failed, and no later than five minutes.
    for (now, next) in [(BIRTH, 1_000), (BIRTH, 2_000), (BIRTH, 4_000)] {
        log.poke_failed(ID, now).expect("works");
        assert_eq!(
            log.to_poke(now + next - 1).expect("works"),
            Vec::<String>::new()
        );
        assert_eq!(log.to_poke(now + next).expect("works"), [ID]);
    }
    for _ in 0..30 {
        log.poke_failed(ID, BIRTH).expect("works");
    }
    assert_eq!(log.to_poke(BIRTH + 300_000).expect("works"), [ID]);
    log.poked(ID, 2).expect("works");
    assert_eq!(
        log.to_poke(BIRTH).expect("works"),
        [ID],
        "one is still unknown to it"
    );
    log.poked(ID, 3).expect("works");
    assert!(log.to_poke(u64::MAX >> 12).expect("works").is_empty());
}

#[test]
fn the_registry() {
    let world = World::to_all();
    world
        .log
        .describe(ID, r#"{"status":"paused"}"#)
        .expect("works");
    world.log.describe("other", "{}").expect("works");
    assert_eq!(
        world.log.subscriptions().expect("works"),
        [r#"{"status":"paused"}"#]
    );
    for n in 1..1000 {
        assert!(
            world
                .log
                .subscribe(&format!("{n}"), "{}", BIRTH)
                .expect("works")
                .is_some()
        );
    }
    assert!(
        world
            .log
            .subscribe("more", "{}", BIRTH)
            .expect("works")
            .is_none()
    );
    assert!(
        world
            .log
            .subscribe(ID, "{}", BIRTH)
            .expect("works")
            .is_some(),
        "it is there already"
    );
    world.log.unsubscribe(ID).expect("works");
    assert!(
        world
            .log
            .subscribe("more", "{}", BIRTH)
            .expect("works")
            .is_some()
    );
}

#[test]
fn how_long_an_endpoint_may_fail_is_the_feeds_to_say() {
    use waypost_core::config::Config;
    let of = |text: &str| Config::parse(&[("FEEDS", text)]);
    let patience = |text: &str| {
        of(text)
            .expect("good")
            .feed("x")
            .expect("x")
            .suspend_after_seconds
    };
    assert_eq!(patience(r#"{"x":{}}"#), 259_200);
    assert_eq!(patience(r#"{"x":{"suspend_after_seconds":60}}"#), 60);
    let errors = of(r#"{"x":{"suspend_after_seconds":0}}"#).expect_err("too short");
    assert_eq!(errors[0].key, "FEEDS.x.suspend_after_seconds");
}
