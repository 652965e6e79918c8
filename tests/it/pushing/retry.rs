//! What an attempt's end means, and when the next one is due.

use waypost_core::retry::{Outcome, RETRY_AFTER_CAP_SECONDS, Verdict, next_attempt};

const SCHEDULE: &[u64] = &[1, 5, 30, 120, 600];
const NOW: u64 = 1_800_000_000_000;

fn status(status: u16) -> Outcome {
    Outcome {
        status: Some(status),
        ..Outcome::default()
    }
}

#[test]
fn verdicts() {
    for code in 100..=599 {
        let expected = match code {
            200..=299 => Verdict::Delivered,
            410 => Verdict::Gone,
            408 | 425 | 429 | 500.. => Verdict::Retry,
            _ => Verdict::Fail,
        };
        assert_eq!(status(code).verdict(), expected, "{code}");
    }
    let none = Outcome {
        error: "timeout".to_owned(),
        ..Outcome::default()
    };
    assert_eq!(none.verdict(), Verdict::Retry);
}

#[test]
fn the_schedule_with_its_jitter() {
    for (made, pause) in (1..).zip(SCHEDULE) {
        let mut seen = Vec::new();
        for salt in 0..500 {
            let at = next_attempt(SCHEDULE, made, None, salt, NOW).expect("one more") - NOW;
            assert!(
                (pause * 1000..=pause * 1200).contains(&at),
                "{at} after {made}"
            );
            seen.push(at);
        }
        seen.sort_unstable();
        seen.dedup();
        assert!(seen.len() > 100, "they are spread: {}", seen.len());
        assert!(
            seen[seen.len() / 2] < pause * 1000 + pause * 150,
            "in the middle of it"
        );
    }
    assert_eq!(next_attempt(SCHEDULE, 6, None, 7, NOW), None);
    assert_eq!(next_attempt(SCHEDULE, 0, None, 7, NOW), None);
    assert_eq!(next_attempt(&[], 1, None, 7, NOW), None);
}

#[test]
fn retry_after() {
    let asked = |text: &str, schedule: &[u64]| {
        let outcome = Outcome {
            retry_after: text.to_owned(),
            ..status(429)
        };
        outcome.asked_pause(schedule, NOW)
    };
    assert_eq!(asked("", SCHEDULE), None);
    assert_eq!(asked("soon", SCHEDULE), None);
    assert_eq!(asked("-1", SCHEDULE), None);
    assert_eq!(asked("1.5", SCHEDULE), None);
    assert_eq!(asked("0", SCHEDULE), Some(0));
    assert_eq!(asked(" 7 ", SCHEDULE), Some(7));
    assert_eq!(asked("99999", SCHEDULE), Some(RETRY_AFTER_CAP_SECONDS));
    assert_eq!(
        asked("99999999999999999999999", SCHEDULE),
        Some(RETRY_AFTER_CAP_SECONDS)
    );
    assert_eq!(asked("99999", &[1, 86_400]), Some(86_400));
    assert_eq!(asked("Fri, 15 Jan 2027 08:00:30 GMT", SCHEDULE), Some(30));
    assert_eq!(asked("Fri, 15 Jan 2021 08:00:30 GMT", SCHEDULE), Some(0));
    assert_eq!(
        asked("Fri, 15 Jan 2100 08:00:30 GMT", SCHEDULE),
        Some(RETRY_AFTER_CAP_SECONDS)
    );
    // It only makes a pause longer.
    let at = |asked| next_attempt(SCHEDULE, 1, Some(asked), 7, NOW).expect("one more") - NOW;
    assert!((1000..=1200).contains(&at(0)));
    assert_eq!(at(60), 60_000);
    assert_eq!(
        next_attempt(SCHEDULE, 6, Some(60), 7, NOW),
        None,
        "nor makes it another attempt"
    );
}
