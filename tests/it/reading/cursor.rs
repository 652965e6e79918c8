//! Ids, and what a cursor means for a log.

use proptest::prelude::*;
use proptest::test_runner::Config;
use waypost_core::cursor::{Bounds, EventId, Lost, NotAnId};

#[test]
fn ids_from_text() {
    let check = |text: &str, expect: Result<(u64, u64), NotAnId>| {
        let id = text
            .parse::<EventId>()
            .map(|id| (id.generation, id.sequence));
        assert_eq!(id, expect, "{text:?}");
    };
    check("0000001767225600_0000000000000001", Ok((1_767_225_600, 1)));
    check(
        "9999999999999999_9999999999999999",
        Ok((9_999_999_999_999_999, 9_999_999_999_999_999)),
    );
    check("0000000000000000_0000000000000000", Ok((0, 0)));
    for text in [
        "",
        "_",
        "1",
        "1_1",
        "0000001767225600-0000000000000001",
        "0000001767225600_000000000000001",
        "0000001767225600_00000000000000001",
        "0000001767225600_+000000000000001",
        "0000001767225600_-000000000000001",
        "0000001767225600_000000000000000a",
        " 0000001767225600_0000000000000001",
        "0000001767225600_0000000000000001 ",
        "0000001767225600_0000000000000001_",
        "000000176722560\u{0660}_0000000000000001",
        "2026-01-01T00:00:00Z",
    ] {
        check(text, Err(NotAnId));
    }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    /// As text they are as long as each other and sort in log order, whatever compares them.
    #[test]
    fn ids_sort_as_text(a in (0..10u64.pow(16), 0..10u64.pow(16)), b in (0..10u64.pow(16), 0..10u64.pow(16))) {
        let id = |(generation, sequence)| EventId { generation, sequence };
        let (a, b) = (id(a), id(b));
        prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
        prop_assert_eq!(a.to_string().parse(), Ok(a));
    }
}

#[test]
fn cursors_in_a_log() {
    use Lost::{Ahead, Expired};
    let check = |earliest, latest, cursor: u64, expect: Result<u64, Lost>| {
        let bounds = Bounds {
            generation: 7,
            earliest,
            latest,
        };
        assert_eq!(
            bounds.resume(bounds.id(cursor)),
            expect,
            "{cursor} in {bounds:?}"
        );
        // Another life of the log has nothing to do with this one, before or after it.
        for generation in [0, 6, 8] {
            let other = EventId {
                generation,
                sequence: cursor,
            };
            assert_eq!(bounds.resume(other), Err(Expired));
        }
    };
    // A new log: its reader's first `next` is 0, and good.
    check(1, 0, 0, Ok(0));
    check(1, 0, 1, Err(Ahead));
    // Nothing pruned.
    check(1, 3, 0, Ok(0));
    check(1, 3, 2, Ok(2));
    check(1, 3, 3, Ok(3));
    check(1, 3, 4, Err(Ahead));
    check(1, 3, u64::MAX, Err(Ahead));
    // 1 and 2 are gone. After 2 nothing is missing; after 1, event 2 is.
    check(3, 5, 2, Ok(2));
    check(3, 5, 1, Err(Expired));
    check(3, 5, 0, Err(Expired));
    check(3, 5, 3, Ok(3));
    // All of 5 are gone: who has seen 5 goes on, and who has not is told.
    check(6, 5, 5, Ok(5));
    check(6, 5, 4, Err(Expired));
    check(6, 5, 6, Err(Ahead));
}

#[test]
fn without_a_cursor_at_the_oldest() {
    for (earliest, latest, start) in [(1, 0, 0), (1, 9, 0), (4, 9, 3), (10, 9, 9)] {
        let bounds = Bounds {
            generation: 7,
            earliest,
            latest,
        };
        assert_eq!(bounds.start(), start);
        assert_eq!(bounds.resume(bounds.id(start)), Ok(start));
    }
}
