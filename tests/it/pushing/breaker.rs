//! The circuit breaker, on a clock of its own.

use waypost_core::breaker::{Breaker, Change, State, THRESHOLD};

const SCHEDULE: &[u64] = &[1, 5, 30];
const PATIENCE: u64 = 100;
const NOW: u64 = 1_800_000_000_000;

fn opened() -> Breaker {
    let mut breaker = Breaker::default();
    for n in 1..=THRESHOLD {
        let change = breaker.fail(SCHEDULE, PATIENCE, NOW);
        assert_eq!(
            change,
            if n < THRESHOLD {
                Change::None
            } else {
                Change::Opened
            },
            "{n}"
        );
    }
    breaker
}

#[test]
fn it_opens_after_so_many_failures_in_a_row() {
    let mut breaker = opened();
    assert_eq!(breaker.state(NOW), State::Open);
    assert_eq!(breaker.state(NOW + 999), State::Open);
    assert_eq!(breaker.state(NOW + 1000), State::HalfOpen);
    breaker.succeed();
    assert_eq!(breaker.state(NOW), State::Closed);
    assert_eq!(breaker, Breaker::default());
}

#[test]
fn a_success_in_between_counts_from_the_start() {
    let mut breaker = Breaker::default();
    for n in 0..10 * THRESHOLD {
        assert_eq!(breaker.fail(SCHEDULE, PATIENCE, NOW + n), Change::None);
        if n % (THRESHOLD - 1) == 0 {
            breaker.succeed();
        }
    }
}

#[test]
fn what_was_in_flight_when_it_opened_says_nothing_new() {
    let mut breaker = opened();
    let before = (breaker.openings, breaker.open_until);
    assert_eq!(breaker.fail(SCHEDULE, PATIENCE, NOW + 10), Change::None);
    assert_eq!((breaker.openings, breaker.open_until), before);
}

#[test]
fn each_probe_that_fails_makes_the_pause_longer_and_the_last_one_suspends() {
    let mut breaker = opened();
    let mut pauses = Vec::new();
    loop {
        let now = breaker.open_until;
        assert_eq!(breaker.state(now), State::HalfOpen);
        match breaker.fail(SCHEDULE, PATIENCE, now) {
            Change::Opened => pauses.push((breaker.open_until - now) / 1000),
            Change::Suspend => {
                assert!(now - NOW >= PATIENCE * 1000, "not before its time");
                break;
            }
            Change::None => panic!("a probe's failure is one"),
        }
    }
    // 1 s when it opened; then these, until 100 s are over.
    assert_eq!(pauses, [5, 30, 30, 30, 30]);
}

#[test]
fn a_hold_that_is_asked_for_is_no_opening() {
    let mut breaker = Breaker::default();
    breaker.fail(SCHEDULE, PATIENCE, NOW);
    breaker.hold(7, NOW);
    breaker.hold(3, NOW);
    assert_eq!(breaker.state(NOW + 6_999), State::Open);
    assert_eq!(breaker.state(NOW + 7_000), State::Closed);
}
