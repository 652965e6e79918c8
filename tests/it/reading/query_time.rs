//! `since=` with a time, in every form that clients write.

use waypost_core::query::{Face, Position, Query};
use waypost_core::rejection::Rejection;

const NEW_YEAR: u64 = 1_767_225_600_000;

fn check(since: &str, expect: Result<u64, Rejection>) {
    let read = Query::parse(Face::Updates, &format!("since={since}"), None);
    let expect = expect.map(|ms| Query {
        position: Position::Time(ms),
        ..Query::parse(Face::Updates, "", None).expect("no position")
    });
    assert_eq!(read, expect, "{since}");
    if let Ok(query) = read {
        let url = query.to_string();
        let canonical = url.strip_prefix("/updates?").expect("its path");
        assert_eq!(
            Query::parse(Face::Updates, canonical, None),
            Ok(query),
            "{url}"
        );
    }
}

#[test]
fn times() {
    for (since, ms) in [
        ("2026-01-01T00:00:00Z", NEW_YEAR),
        ("2026-01-01T00%3A00%3A00Z", NEW_YEAR),
        // Python's isoformat of a naive moment.
        ("2026-01-01T00:00:00", NEW_YEAR),
        ("2026-01-01T00:00:00.250000", NEW_YEAR + 250),
        // And its str.
        ("2026-01-01%2000:00:00", NEW_YEAR),
        // Of an aware one, its `+` escaped, or not and so a blank by the time it is here.
        ("2026-01-01T00:00:00%2B00:00", NEW_YEAR),
        ("2026-01-01T00:00:00+00:00", NEW_YEAR),
        ("2026-01-01T00:00:00%2000:00", NEW_YEAR),
        ("2026-01-01T05:30:00+05:30", NEW_YEAR),
        ("2025-12-31T22:00:00-02:00", NEW_YEAR),
        ("0001-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000),
    ] {
        check(since, Ok(ms));
    }
}

#[test]
fn no_times() {
    for since in [
        "2026-01-01",
        "2026-01-01T00:00:00++00:00",
        "9999-12-31T23:59:59-01:00",
        "1767225600",
        "now",
        "%FF",
    ] {
        check(since, Err(Rejection::InvalidCursor));
    }
}
