//! Timestamps and windows.

use waypost_core::{
    rejection::Rejection,
    window::{Unit, check},
};

#[test]
fn timestamps_are_read_strictly() {
    use Unit::{Milliseconds, Rfc3339, Seconds};
    for (unit, text, millis) in [
        (Seconds, "1760000000", Some(1_760_000_000_000)),
        (Seconds, "0", Some(0)),
        (Seconds, "99999999999", Some(99_999_999_999_000)),
        (Seconds, "1760000000000", None),
        (Seconds, "", None),
        (Seconds, "+1760000000", None),
        (Seconds, "-1760000000", None),
        (Seconds, " 1760000000", None),
        (Seconds, "1760000000 ", None),
        (Seconds, "1760000000.5", None),
        (Seconds, "1.76e9", None),
        (Seconds, "0x68e77800", None),
        (Seconds, "1_760_000_000", None),
        (Seconds, "١٧٦٠٠٠٠٠٠٠", None),
        (Seconds, "1760000000, 1760000000", None),
        (Milliseconds, "1760000000123", Some(1_760_000_000_123)),
        (Milliseconds, "999999999999999", None),
        (Milliseconds, "1760000000123.0", None),
        (Rfc3339, "2025-10-09T08:53:20Z", Some(1_760_000_000_000)),
        (
            Rfc3339,
            "2025-10-09T10:53:20.634234626+02:00",
            Some(1_760_000_000_634),
        ),
        (Rfc3339, "2025-10-09T08:53:20", None),
        (Rfc3339, "2025-10-09", None),
        (Rfc3339, "1969-12-31T23:59:59Z", None),
        (Rfc3339, "1760000000", None),
        (
            Rfc3339,
            "2025-10-09T08:53:20.0000000000000000000000000000000000Z",
            None,
        ),
    ] {
        assert_eq!(unit.parse(text), millis, "{unit:?} {text:?}");
    }
}

#[test]
fn timestamps_are_written_as_they_are_read() {
    for unit in [Unit::Seconds, Unit::Milliseconds, Unit::Rfc3339] {
        let text = unit.write(1_760_000_000_000);
        assert_eq!(unit.parse(&text), Some(1_760_000_000_000), "{text}");
    }
}

#[test]
fn the_window_is_closed_at_both_ends() {
    const NOW: u64 = 1_760_000_000_000;
    for (sent, answer) in [
        (NOW, Ok(())),
        (NOW - 300_000, Ok(())),
        (NOW - 301_000, Err(Rejection::StaleTimestamp)),
        (NOW + 300_999, Ok(())),
        (NOW + 301_000, Err(Rejection::FutureTimestamp)),
        (0, Err(Rejection::StaleTimestamp)),
        (u64::MAX, Err(Rejection::FutureTimestamp)),
    ] {
        assert_eq!(check(sent, NOW, 300), answer, "{sent}");
    }
    assert_eq!(
        check(NOW - 300_000, NOW + 999, 300),
        Ok(()),
        "a second is whole"
    );
}
