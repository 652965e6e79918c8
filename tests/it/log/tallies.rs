//! What is counted, and that it is counted once.

use serde_json::{Value, json};
use waypost_core::consumer::Verb;
use waypost_core::feed::db::{Db, Row, Value as Sql};
use waypost_core::feed::{Incoming, Log, Payload, Pending, Tallies, Watched, kind, outcome};
use waypost_core::rejection::Rejection;
use waypost_core::wire::{Meta, Unique};

use super::db::RusqliteDb;
use super::given::{self, BIRTH, id};
use crate::consumers::worker::{ack, claim, settle, try_settle};

const MINUTE: u64 = 60_000;

fn counted(kind: &'static str, a: &str, b: &str, n: u64) -> String {
    let mut tallies = Tallies::default();
    (0..n).for_each(|_| tallies.count(kind, a, b));
    tallies.json()
}

/// Everything that is kept of a kind: labels, minute, number.
fn kept(db: &RusqliteDb, kind: &str) -> Vec<(String, String, u64, u64)> {
    let sql = "SELECT a, b, minute, n FROM tallies WHERE kind = ? ORDER BY a, b, minute";
    db.query(sql, &[Sql::Text(kind)], |row: &dyn Row<RusqliteDb>| {
        (row.string(0), row.string(1), row.int(2), row.int(3))
    })
    .expect("works")
}

fn failing(db: &RusqliteDb, source: &str) -> Option<(u64, u64)> {
    let sql = "SELECT failing, heard_at FROM sources WHERE name = ?";
    let read = |row: &dyn Row<RusqliteDb>| (row.int(0), row.int(1));
    db.first(sql, &[Sql::Text(source)], read).expect("works")
}

#[test]
fn an_append_counts_each_webhook_as_what_it_became() {
    let (db, log) = given::empty();
    let unique = |receipt: &str| Meta {
        receipt: receipt.to_owned(),
        unique: vec![Unique {
            key: "one".to_owned(),
            until: BIRTH + MINUTE,
        }],
        ..given::meta(1)
    };
    given::append(&log, &unique("first"), b"{}", BIRTH);
    given::fill(&log, 2..4, BIRTH);
    // The queue brings one again, and a provider sends one again.
    given::append(&log, &unique("first"), b"{}", BIRTH);
    given::append(&log, &unique("another"), b"{}", BIRTH);
    let source = given::meta(1).source;
    let at = BIRTH / MINUTE;
    assert_eq!(
        kept(&db, "webhook"),
        [
            (source.clone(), outcome::DUPLICATE.to_owned(), at, 1),
            (source.clone(), outcome::REDELIVERED.to_owned(), at, 1),
            (source, outcome::STORED.to_owned(), at, 3),
        ]
    );
    let lag: u64 = kept(&db, "append_lag").iter().map(|(_, _, _, n)| n).sum();
    assert_eq!(lag, 3);
}

#[test]
fn a_failed_append_counts_nothing() {
    let (db, log) = given::empty();
    for statement in 1.. {
        db.fail_in(statement);
        let (meta, payload) = (&given::meta(1), Payload::Inline(b"{}"));
        let failed = log.append(&[Incoming { meta, payload }], BIRTH).is_err();
        if db.mend() {
            break;
        }
        assert!(failed);
        assert_eq!(kept(&db, "webhook"), []);
        assert_eq!(failing(&db, &given::meta(1).source), None);
    }
}

#[test]
fn old_minutes_become_one_number() {
    let (db, log) = given::empty();
    for minute in [0, 1, 119, 120, 121] {
        let now = BIRTH + minute * MINUTE;
        log.tally(&counted(kind::READ, "events", "200", 2), now)
            .expect("works");
    }
    let start = BIRTH / MINUTE;
    let rows: Vec<_> = kept(&db, "read")
        .into_iter()
        .map(|(_, _, minute, n)| (minute, n))
        .collect();
    assert_eq!(
        rows,
        [(0, 4), (start + 119, 2), (start + 120, 2), (start + 121, 2)]
    );
    // And once more, on top of it, after a restart.
    let log = Log::open(db.clone(), BIRTH).expect("opens");
    let later = BIRTH + 1_000 * MINUTE;
    log.tally(&counted(kind::READ, "events", "200", 1), later)
        .expect("works");
    let rows: Vec<_> = kept(&db, "read")
        .into_iter()
        .map(|(_, _, minute, n)| (minute, n))
        .collect();
    assert_eq!(rows, [(0, 10), (start + 1_000, 1)]);
}

#[test]
fn a_source_fails_until_it_is_heard() {
    let (db, log) = given::empty();
    let bad = Rejection::BadSignature.code();
    log.tally(&counted(kind::WEBHOOK, "github", bad, 3), BIRTH)
        .expect("works");
    log.tally(
        &counted(kind::WEBHOOK, "github", Rejection::StaleTimestamp.code(), 1),
        BIRTH,
    )
    .expect("works");
    // Nobody's signature is nobody's secret.
    log.tally(
        &counted(
            kind::WEBHOOK,
            "github",
            Rejection::MissingSignature.code(),
            9,
        ),
        BIRTH,
    )
    .expect("works");
    assert_eq!(failing(&db, "github"), Some((4, 0)));
    log.tally(
        &counted(kind::WEBHOOK, "github", outcome::ALREADY_PROCESSED, 1),
        BIRTH + 1,
    )
    .expect("works");
    assert_eq!(failing(&db, "github"), Some((0, BIRTH + 1)));
    // Heard again soon, it costs no write.
    log.tally(
        &counted(kind::WEBHOOK, "github", outcome::STORED, 1),
        BIRTH + 2,
    )
    .expect("works");
    assert_eq!(failing(&db, "github"), Some((0, BIRTH + 1)));
    log.tally(
        &counted(kind::WEBHOOK, "github", outcome::STORED, 1),
        BIRTH + 10_000,
    )
    .expect("works");
    assert_eq!(failing(&db, "github"), Some((0, BIRTH + 10_000)));
}

#[test]
fn tallies_travel_as_json() {
    let mut tallies = Tallies::default();
    assert!(tallies.is_empty());
    for _ in 0..2 {
        tallies.count(kind::WEBHOOK, "a\"b", outcome::STORED);
    }
    for ms in [7, 8, 4_000_000] {
        tallies.took(kind::QUEUE_LAG, ms);
    }
    let read: Value = serde_json::from_str(&tallies.json()).expect("JSON");
    let expect = json!([
        ["webhook", "a\"b", "stored", 2, 0],
        ["queue_lag", "10", "", 2, 15],
        ["queue_lag", "+Inf", "", 1, 4_000_000]
    ]);
    assert_eq!(read, expect);
    let mut twice = tallies.clone();
    twice.merge(tallies);
    assert!(twice.json().contains(r#""stored",4,0]"#));
}

/// One call at a time, and another one where the first has not come to its end.
#[test]
fn one_is_pending_at_a_time() {
    let pending = Pending::default();
    let first = pending.begin(BIRTH).expect("nobody's");
    assert_eq!(pending.begin(BIRTH), None);
    assert_eq!(pending.begin(BIRTH + 39_999), None);
    let second = pending.begin(BIRTH + 40_000).expect("the first is lost");
    assert_ne!(first, second);
    // The first comes to its end after all.
    pending.end(first);
    assert_eq!(
        pending.begin(BIRTH + 40_001),
        None,
        "the second is on its way"
    );
    pending.end(second);
    let third = pending.begin(BIRTH).expect("a clock that was set back");
    pending.end(third);
    assert!(pending.begin(BIRTH).is_some());
}

#[test]
fn a_source_that_is_gone_is_forgotten() {
    let (db, log) = given::empty();
    let bad = Rejection::BadSignature.code();
    for source in ["github", "gone"] {
        let failed = counted(kind::WEBHOOK, source, bad, 1);
        log.tally(&failed, BIRTH).expect("works");
    }
    log.keep_sources(r#"["github","stripe"]"#).expect("works");
    assert_eq!(failing(&db, "github"), Some((1, 0)));
    assert_eq!(failing(&db, "gone"), None);
}

fn stats(delivered: u64, failed: u64, dead: u64) -> String {
    json!({"delivered": delivered, "failed": failed, "dead": dead, "ms": 1, "le": {}}).to_string()
}

#[test]
fn what_a_subscription_says_is_counted_when_it_is_more() {
    let (db, log) = given::empty();
    let [one, other] = ["one", "other"];
    for id in [one, other] {
        log.subscribe(id, "{}", BIRTH).expect("works");
    }
    let at = BIRTH / MINUTE;
    for (said, minute) in [
        (stats(3, 0, 0), 0),
        // Told again, and told late.
        (stats(3, 0, 0), 1),
        (stats(5, 2, 1), 1),
        (stats(4, 2, 1), 2),
    ] {
        let now = BIRTH + minute * MINUTE;
        log.counted(one, &said, now).expect("works");
    }
    let row = |id: &str, what: &str, minute, n| (id.to_owned(), what.to_owned(), minute, n);
    let mut expected = vec![
        row(one, "dead", at + 1, 1),
        row(one, "delivered", at, 3),
        row(one, "delivered", at + 1, 2),
        row(one, "failed", at + 1, 2),
    ];
    assert_eq!(kept(&db, kind::DELIVERY), expected);
    log.counted(other, &stats(1, 0, 0), BIRTH).expect("works");
    // Whoever is not there has nothing to say.
    log.counted("nobody", &stats(9, 9, 9), BIRTH)
        .expect("works");
    expected.push(row(other, "delivered", at, 1));
    assert_eq!(kept(&db, kind::DELIVERY), expected);
    log.unsubscribe(one).expect("works");
    log.counted(one, &stats(6, 2, 1), BIRTH).expect("works");
    assert_eq!(kept(&db, kind::DELIVERY), expected.split_off(4));
}

/// What is written down is counted, and what is not is not.
#[test]
fn stats_that_fail_count_nothing() {
    let (db, log) = given::empty();
    log.subscribe("one", "{}", BIRTH).expect("works");
    for statement in 1.. {
        db.fail_in(statement);
        let told = log.counted("one", &stats(1, 0, 0), BIRTH);
        if db.mend() {
            told.expect("works");
            break;
        }
        assert!(told.is_err());
        assert_eq!(kept(&db, kind::DELIVERY), []);
    }
    let at = BIRTH / MINUTE;
    let expected = [("one".to_owned(), "delivered".to_owned(), at, 1)];
    assert_eq!(kept(&db, kind::DELIVERY), expected);
}

#[test]
fn what_a_consumer_acknowledges_is_counted() {
    let (db, log) = given::empty();
    given::fill(&log, 1..7, BIRTH);
    let at = BIRTH / MINUTE;
    let row = |name: &str, minute, n| (name.to_owned(), String::new(), minute, n);
    let shared = claim(&log, "shared", json!({"max": 3}), BIRTH).leases();
    assert_eq!(ack(&log, "shared", &shared[..2], BIRTH).0, 2);
    // Acknowledged twice it is acknowledged once, and what is refused is not.
    assert_eq!(ack(&log, "shared", &shared[..1], BIRTH).0, 0);
    let refused = json!({"leases": &shared[2..]});
    settle(&log, "shared", Verb::Nack, refused, BIRTH).expect("refuses");
    let later = BIRTH + MINUTE;
    let ordered = json!({"max": 5, "mode": "ordered", "lease_seconds": 600});
    let generation = claim(&log, "ordered", ordered, later).json()["generation"].clone();
    let through = json!({"through": id(4).to_string(), "generation": generation});
    for statement in 1.. {
        db.fail_in(statement);
        let done = try_settle(&log, "ordered", Verb::Ack, &through, later);
        if db.mend() {
            assert_eq!(
                done.expect("works").expect("acknowledges")["acknowledged"],
                4
            );
            break;
        }
        assert!(done.is_err());
        assert_eq!(kept(&db, kind::ACK), [row("shared", at, 2)]);
    }
    let both = [row("ordered", at + 1, 4), row("shared", at, 2)];
    assert_eq!(kept(&db, kind::ACK), both);
    assert!(log.delete_consumer("shared").expect("works"));
    assert_eq!(kept(&db, kind::ACK), [row("ordered", at + 1, 4)]);
}

/// What is drawn has its minutes, and nothing else has.
#[test]
fn the_overview_gives_minutes_of_what_is_drawn() {
    let (_, log) = given::empty();
    for kind in [kind::WEBHOOK, kind::DELIVERY, kind::ACK, kind::READ] {
        let one = counted(kind, "a", "b", 1);
        log.tally(&one, BIRTH).expect("works");
    }
    let watched = Watched {
        feed: "default",
        waiting: 0,
        now: BIRTH,
    };
    let text = log.overview(watched).expect("works").expect("one");
    let read: Value = serde_json::from_str(&text).expect("JSON");
    let at = BIRTH / MINUTE;
    let expect = json!([
        ["ack", "a", "b", at, 1, 0],
        ["delivery", "a", "b", at, 1, 0],
        ["read", "a", "b", 0, 1, 0],
        ["webhook", "a", "b", at, 1, 0]
    ]);
    assert_eq!(read["tallies"], expect);
}
