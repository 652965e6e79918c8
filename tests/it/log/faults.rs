//! A database that fails, at every statement in turn: nothing has happened.

use waypost_core::config::Retention;
use waypost_core::feed::db::DbError;
use waypost_core::feed::{Incoming, Log, Payload};
use waypost_core::wire::Outcome;

use super::ask::{Ask, Seen};
use super::db::RusqliteDb;
use super::given::{self, BIRTH, id};

type Work<'a> = &'a dyn Fn(&Log<RusqliteDb>) -> Result<(), DbError>;

/// Fails at the first statement, the second and so on, until `work` gets through. Each time the
/// log is as before, in memory and once it is opened again.
fn check(start: &dyn Fn() -> (RusqliteDb, Log<RusqliteDb>), work: Work<'_>) {
    for n in 1.. {
        let (db, log) = start();
        let before = snapshot(&log);
        db.fail_in(n);
        let done = work(&log);
        if db.mend() {
            done.expect("works");
            assert!(n > 3, "a transaction has statements");
            assert_ne!(snapshot(&log), before);
            return;
        }
        assert_eq!(done, Err(DbError("injected".to_owned())), "{n}");
        assert_eq!(snapshot(&log), before, "in memory, {n}");
        let log = Log::open(db, BIRTH + 1).expect("opens");
        assert_eq!(snapshot(&log), before, "on disk, {n}");
        // And what failed can be done.
        work(&log).expect("works");
    }
}

/// Everything that a reader can see, and what the log knows of itself.
fn snapshot(log: &Log<RusqliteDb>) -> (String, Vec<Seen>) {
    let urls = [
        "/events".to_owned(),
        "/resource".to_owned(),
        format!("/events/{}/body", id(3)),
    ];
    let seen = urls
        .iter()
        .map(|url| Ask::url(url, BIRTH + 9_000).now(log))
        .collect();
    let known = (log.bounds(), log.erasures(), log.changed_at());
    (format!("{known:?}"), seen)
}

/// Three events, the last with a body of parts.
fn three() -> (RusqliteDb, Log<RusqliteDb>) {
    let (db, log) = given::empty();
    given::fill(&log, 1..3, BIRTH);
    let parts = [b"ab".to_vec(), b"cd".to_vec()];
    let large = [Incoming {
        meta: &given::meta(3),
        payload: Payload::Parts(&parts),
    }];
    log.append(&large, BIRTH).expect("works");
    (db, log)
}

#[test]
fn append() {
    let metas: Vec<_> = (4..7).map(given::meta).collect();
    let parts = [b"ef".to_vec(), b"gh".to_vec()];
    check(&three, &|log| {
        let batch = [
            Incoming {
                meta: &metas[0],
                payload: Payload::Inline(b"{}"),
            },
            Incoming {
                meta: &metas[1],
                payload: Payload::Parts(&parts),
            },
            Incoming {
                meta: &metas[2],
                payload: Payload::Inline(b"x"),
            },
        ];
        let outcomes = log.append(&batch, BIRTH + 5)?;
        assert_eq!(
            outcomes,
            [Outcome::Stored; 3],
            "no identity of a failed try is left"
        );
        Ok(())
    });
}

#[test]
fn erase() {
    check(&three, &|log| {
        assert!(log.erase(3, BIRTH + 5)?);
        Ok(())
    });
}

/// The rows go in one transaction; the identities after it, one statement that is repeated.
#[test]
fn prune() {
    let all_but_one = Retention {
        days: None,
        events: Some(1),
        bytes: None,
    };
    let statements = {
        let (db, log) = three();
        db.cost_of(|| log.prune(all_but_one, BIRTH + 5))
            .1
            .statements
    };
    for n in 1..=u32::try_from(statements).expect("few") {
        let (db, log) = three();
        let before = snapshot(&log);
        db.fail_in(n);
        log.prune(all_but_one, BIRTH + 5).expect_err("fails");
        db.mend();
        let after = snapshot(&log);
        let log = Log::open(db, BIRTH + 1).expect("opens");
        assert_eq!(snapshot(&log), after, "{n}");
        assert!(after == before || log.bounds().earliest == 3, "{n}");
        assert_eq!(log.prune(all_but_one, BIRTH + 5), Ok(false));
        assert_eq!(log.bounds().earliest, 3);
    }
}

/// A log that could not be made is not half made.
#[test]
fn open() {
    for n in 1.. {
        let db = RusqliteDb::in_memory();
        db.fail_in(n);
        let opened = Log::open(db.clone(), BIRTH);
        let over = db.mend();
        if over {
            opened.expect("works");
            break;
        }
        assert!(opened.is_err(), "{n}");
        let log = Log::open(db, BIRTH + 7).expect("opens");
        let generation = log.bounds().generation;
        assert!(generation == BIRTH + 7 || generation == BIRTH, "{n}");
        given::fill(&log, 1..2, BIRTH);
    }
}
