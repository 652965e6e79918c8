//! What is counted, and that it is counted once.

use serde_json::{Value, json};
use waypost_core::feed::db::{Db, Row, Value as Sql};
use waypost_core::feed::{Incoming, Kind, Log, Payload, Tallies, outcome};
use waypost_core::rejection::Rejection;
use waypost_core::wire::{Meta, Unique};

use super::db::RusqliteDb;
use super::given::{self, BIRTH};

const MINUTE: u64 = 60_000;

fn counted(kind: Kind, a: &str, b: &str, n: u64) -> Tallies {
    let mut tallies = Tallies::default();
    (0..n).for_each(|_| tallies.count(kind, a, b));
    tallies
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
        log.tally(&counted(Kind::Read, "events", "200", 2), now)
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
    log.tally(&counted(Kind::Read, "events", "200", 1), later)
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
    log.tally(&counted(Kind::Webhook, "github", bad, 3), BIRTH)
        .expect("works");
    log.tally(
        &counted(Kind::Webhook, "github", Rejection::StaleTimestamp.code(), 1),
        BIRTH,
    )
    .expect("works");
    // Nobody's signature is nobody's secret.
    log.tally(
        &counted(
            Kind::Webhook,
            "github",
            Rejection::MissingSignature.code(),
            9,
        ),
        BIRTH,
    )
    .expect("works");
    assert_eq!(failing(&db, "github"), Some((4, 0)));
    log.tally(
        &counted(Kind::Webhook, "github", outcome::ALREADY_PROCESSED, 1),
        BIRTH + 1,
    )
    .expect("works");
    assert_eq!(failing(&db, "github"), Some((0, BIRTH + 1)));
    // Heard again soon, it costs no write.
    log.tally(
        &counted(Kind::Webhook, "github", outcome::STORED, 1),
        BIRTH + 2,
    )
    .expect("works");
    assert_eq!(failing(&db, "github"), Some((0, BIRTH + 1)));
    log.tally(
        &counted(Kind::Webhook, "github", outcome::STORED, 1),
        BIRTH + 10_000,
    )
    .expect("works");
    assert_eq!(failing(&db, "github"), Some((0, BIRTH + 10_000)));
}

#[test]
fn tallies_travel_as_json() {
    let mut tallies = counted(Kind::Webhook, "a\"b", "stored", 2);
    tallies.took(Kind::QueueLag, 7);
    tallies.took(Kind::QueueLag, 8);
    tallies.took(Kind::QueueLag, 4_000_000);
    let json = tallies.json();
    let read: Value = serde_json::from_str(&json).expect("JSON");
    let lag = json!([
        ["queue_lag", "+Inf", "", 1, 4_000_000],
        ["queue_lag", "10", "", 2, 15]
    ]);
    assert_eq!(
        read,
        json!([["webhook", "a\"b", "stored", 2, 0], lag[0], lag[1]])
    );
    assert_eq!(Tallies::parse(json.as_bytes()), Some(tallies.clone()));
    let newer = json.replacen('[', r#"[["newer","","",1,0],"#, 1);
    assert_eq!(Tallies::parse(newer.as_bytes()), Some(tallies.clone()));
    assert_eq!(Tallies::parse(b"[[1]]"), None);
    let mut twice = tallies.clone();
    twice.merge(tallies);
    assert!(twice.json().contains(r#""stored",4,0]"#));
}
