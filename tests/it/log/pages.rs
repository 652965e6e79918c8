//! Pages that limits cut: of count, of bytes, and of what a database can hand out at once.

use waypost_core::cache::Audience;
use waypost_core::feed::db::Db;
use waypost_core::feed::{
    BODY_PART, Frame, Incoming, Log, PAGE_BYTES, Payload, Range, Shape, parts,
};
use waypost_core::filter::Filter;
use waypost_core::represent::Format;
use waypost_core::wire::{INLINE_LIMIT, Meta};

use super::ask::Ask;
use super::db::RusqliteDb;
use super::given::{self, BIRTH, id};

/// The longest text that an event has: its quoted payload aside, which grows with what is in it.
const SHAPE: Shape = Shape {
    audience: Audience::Token,
    format: Format::Sse,
    base64: false,
};

/// Reads `log` to its end through `next` and returns how many events each page had.
fn follow(log: &Log<RusqliteDb>, limit: u64) -> Vec<usize> {
    let (mut after, mut pages) = (id(0).to_string(), Vec::new());
    loop {
        let url = format!("/events?since_id={after}&limit={limit}");
        let page = Ask::url(&url, BIRTH).now(log).json();
        let events = page["events"].as_array().expect("a list");
        pages.push(events.len());
        let next = page["next"].as_str().expect("next");
        let last = events.last().map(|event| &event["id"]);
        assert!(
            last.is_none_or(|last| last == next),
            "{last:?} before {next}"
        );
        if page["has_more"] == false {
            return pages;
        }
        assert!(next > after.as_str(), "no progress after {after}");
        after = next.to_owned();
    }
}

#[test]
fn by_count() {
    let check = |events: u64, limit: u64, pages: &[usize]| {
        let (_, log) = given::empty();
        given::fill(&log, 1..events + 1, BIRTH);
        assert_eq!(follow(&log, limit), pages, "{events} by {limit}");
    };
    check(0, 5, &[0]);
    check(1, 5, &[1]);
    check(5, 5, &[5]);
    check(6, 5, &[5, 1]);
    check(12, 5, &[5, 5, 2]);
    check(3, 1, &[1, 1, 1]);
    check(501, 500, &[500, 1]);
}

/// The largest that comes with a message: its body all of it base64, its headers all escaped.
fn largest(n: u64) -> (Meta, Vec<u8>) {
    let value = "\"".repeat(INLINE_LIMIT / 4);
    let meta = Meta {
        headers: vec![("x".to_owned(), value)],
        size: INLINE_LIMIT as u64,
        ..given::meta(n)
    };
    (meta, vec![0xff; INLINE_LIMIT])
}

#[test]
fn by_bytes() {
    let (_, log) = given::empty();
    for n in 1..=60 {
        let (meta, body) = largest(n);
        given::append(&log, &meta, &body, BIRTH);
    }
    let pages = follow(&log, 500);
    assert_eq!(pages.iter().sum::<usize>(), 60);
    let each = INLINE_LIMIT / 3 * 4 + INLINE_LIMIT / 2;
    let fit = PAGE_BYTES as usize / each;
    assert!(pages[0] == fit || pages[0] == fit - 1, "{pages:?}");
    // No piece of a page is longer than a string may be, though the page is.
    let page = log
        .page(
            Range {
                after: 0,
                through: fit as u64 - 1,
            },
            SHAPE,
            &Filter::default(),
            Frame::default(),
        )
        .expect("works");
    assert!(page.pieces.len() > 1);
    assert!(page.pieces.iter().all(|piece| piece.len() < 4_000_000));
    // `/updates` is bounded by bytes alone, and says so.
    let updates = Ask::url("/updates", BIRTH).now(&log).json();
    assert_eq!(
        updates["updates"].as_array().expect("a list").len(),
        pages[0]
    );
    assert_eq!(updates["has_more"], true);
    assert_eq!(updates["next"], id(pages[0] as u64).to_string());
}

/// Many events of nothing: what JSON adds to each counts in no column, and still fits.
#[test]
fn of_the_least_events() {
    let (db, log) = given::empty();
    // As the log writes them, without the time that it takes.
    db.raw(
        "INSERT INTO events WITH RECURSIVE n(seq) AS (VALUES (1) UNION ALL SELECT seq + 1 FROM n WHERE seq < 60000)
         SELECT seq, 1767225600000, seq * 106, '', '', '\"source\":\"\",\"type\":\"\",\"webhook_id\":\"\",\"received_at\":\"2026-01-01T00:00:00Z\",\"content_type\":null',
            '', '', 1, NULL, 0, '0' FROM n",
    )
    .expect("works");
    drop(log);
    let log = Log::open(db, BIRTH).expect("opens");
    let page = log
        .page(
            Range {
                after: 0,
                through: 60_000,
            },
            SHAPE,
            &Filter::default(),
            Frame::default(),
        )
        .expect("works");
    assert!(page.pieces.iter().all(|piece| piece.len() < 4_000_000));
    let updates = Ask::url("/updates", BIRTH).now(&log).json();
    assert_eq!(updates["updates"].as_array().expect("a list").len(), 60_000);
}

#[test]
fn bodies_in_parts() {
    let check = |size: u32, lengths: &[u32]| {
        let ranges: Vec<_> = parts(size).collect();
        let found: Vec<_> = ranges.iter().map(|range| range.end - range.start).collect();
        assert_eq!(found, lengths, "{size}");
        assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
    };
    check(0, &[]);
    check(1, &[1]);
    check(BODY_PART, &[BODY_PART]);
    check(BODY_PART + 1, &[BODY_PART, 1]);
    check(2_500_000, &[BODY_PART, BODY_PART, 500_000]);
}

/// The largest body that the edge takes goes through, byte for byte.
#[test]
fn the_largest_body() {
    const SIZE: u32 = 25 * 1024 * 1024;
    let body: Vec<u8> = (0..SIZE).map(|n| (n % 251) as u8).collect();
    let cut = |part: std::ops::Range<u32>| body[part.start as usize..part.end as usize].to_vec();
    let all: Vec<_> = parts(SIZE).map(cut).collect();
    let (db, log) = given::empty();
    let meta = Meta {
        size: SIZE.into(),
        ..given::meta(1)
    };
    let webhook = Incoming {
        meta: &meta,
        payload: Payload::Parts(&all),
    };
    log.append(&[webhook], BIRTH).expect("works");
    given::fill(&log, 2..4, BIRTH);
    let url = format!("/events/{}/body", id(1));
    assert!(Ask::url(&url, BIRTH).now(&log).bytes == body);
    // It is a page of its own, and no obstacle to the next.
    assert_eq!(follow(&log, 100), [1, 2]);
    // Erased, nothing of it is left.
    assert_eq!(log.erase(1, BIRTH), Ok(true));
    let left = db
        .query("SELECT 1 FROM bodies", &[], |_| ())
        .expect("works");
    assert!(left.is_empty());
}
