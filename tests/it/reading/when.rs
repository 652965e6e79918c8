//! Moments as text, both ways.

use waypost_core::when::{parse_rfc3339, rfc3339};

const NEW_YEAR: u64 = 1_767_225_600_000;

#[test]
fn written() {
    for (ms, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (NEW_YEAR, "2026-01-01T00:00:00Z"),
        (NEW_YEAR + 1, "2026-01-01T00:00:00.001Z"),
        (NEW_YEAR + 120, "2026-01-01T00:00:00.12Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] {
        assert_eq!(rfc3339(ms), text);
        assert_eq!(parse_rfc3339(text), Some(ms));
    }
}

#[test]
fn read() {
    for (text, ms) in [
        ("2026-01-01T00:00:00", Some(NEW_YEAR)),
        ("2026-01-01t00:00:00z", Some(NEW_YEAR)),
        ("2026-01-01T00:00:00+00:00", Some(NEW_YEAR)),
        ("2026-01-01T00:00:00-00:00", Some(NEW_YEAR)),
        ("2026-01-01T02:00:00+02:00", Some(NEW_YEAR)),
        ("2025-12-31T18:30:00-05:30", Some(NEW_YEAR)),
        ("2026-01-01T00:00:00.5", Some(NEW_YEAR + 500)),
        // Python's isoformat has microseconds, and others nanoseconds.
        ("2026-01-01T00:00:00.123456", Some(NEW_YEAR + 123)),
        ("2026-01-01T00:00:00.123999999Z", Some(NEW_YEAR + 123)),
        ("1969-12-31T23:00:00-01:00", Some(0)),
        // Some languages have a first moment and write it where they mean "from the beginning".
        ("0001-01-01T00:00:00Z", Some(0)),
        ("1969-12-31T23:59:59Z", Some(0)),
        ("9999-12-31T23:59:59-23:59", None),
        ("2026-01-01", None),
        ("2026-01-01T00:00", None),
        ("2026-02-30T00:00:00Z", None),
        ("2026-01-01T24:00:00Z", None),
        ("1767225600", None),
        ("now", None),
        ("", None),
    ] {
        assert_eq!(parse_rfc3339(text), ms, "{text:?}");
    }
}
