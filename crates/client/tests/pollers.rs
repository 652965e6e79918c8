//! The pollers' rules, case by case and as properties.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use proptest::prelude::*;
use waypost_client::{
    answer::{Answer, Outcome, Problem},
    backoff::Backoff,
    breaker::{Breaker, Trip},
    poller::{OnGap, Poller, Step, Stop},
    random::Random,
    strategy::Strategy,
};

const SECOND: Duration = Duration::from_secs(1);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn poller(strategy: Strategy, position: Option<&str>) -> Poller {
    Poller::new(strategy, position.map(str::to_owned), Random::new(7))
}

fn status(status: u16) -> Answer {
    Answer {
        status,
        ..Answer::default()
    }
}

fn page(events: usize, next: &str) -> Answer {
    Answer {
        events,
        next: Some(next.to_owned()),
        ..status(200)
    }
}

fn empty() -> Answer {
    Answer {
        next: Some("p".to_owned()),
        ..status(200)
    }
}

fn gone() -> Answer {
    Answer {
        problem: Some(Problem {
            code: "cursor_expired".to_owned(),
            earliest: Some("e".to_owned()),
            latest: Some("l".to_owned()),
            ..Problem::default()
        }),
        ..status(410)
    }
}

fn answered(poller: Poller, answer: Answer, now: u64) -> (Poller, Step) {
    poller.on_response(&answer.into(), now)
}

fn pause(step: &Step) -> Duration {
    match step {
        Step::Wait(pause) | Step::Loop(pause) | Step::Gap(_, Some(pause)) => *pause,
        other => panic!("{other:?} is no pause"),
    }
}

/// The pause after events were handled.
fn delivered(poller: Poller, answer: Answer, now: u64) -> (Poller, Duration) {
    let next = answer.next.clone();
    let (poller, step) = answered(poller, answer, now);
    assert_eq!(step, Step::Deliver);
    let (poller, step) = poller.on_handled(next.as_deref(), now);
    (poller, pause(&step))
}

fn about(pause: Duration, expected: Duration) -> bool {
    pause >= expected.mul_f64(0.9) && pause <= expected.mul_f64(1.1)
}

#[test]
fn a_pause_is_the_strategys() {
    let adaptive = Strategy::ADAPTIVE;
    let hybrid = Strategy::HYBRID;
    let fixed = Strategy::Fixed { every: seconds(7) };
    let conditional = Strategy::Conditional { every: seconds(7) };
    for (strategy, answers, expected) in [
        (fixed, vec![empty()], seconds(7)),
        (fixed, vec![page(3, "q")], seconds(7)),
        (conditional, vec![status(304)], seconds(7)),
        (adaptive, vec![empty()], seconds(2)),
        (adaptive, vec![empty(); 3], seconds(8)),
        (adaptive, vec![empty(); 20], seconds(300)),
        (
            adaptive,
            vec![empty(), empty(), empty(), page(1, "q")],
            seconds(4),
        ),
        (adaptive, vec![page(1, "q"), page(1, "r")], seconds(1)),
        (hybrid, vec![empty()], seconds(300)),
    ] {
        let (mut poller, mut last) = (poller(strategy, Some("p")), Duration::ZERO);
        for (at, answer) in answers.iter().enumerate() {
            let now = at as u64 * 400_000;
            if answer.events > 0 {
                (poller, last) = delivered(poller, answer.clone(), now);
            } else {
                let step;
                (poller, step) = answered(poller, answer.clone(), now);
                last = pause(&step);
            }
        }
        assert!(about(last, expected), "{strategy:?} {answers:?}: {last:?}");
    }
}

#[test]
fn more_is_fetched_at_once() {
    for strategy in [Strategy::ADAPTIVE, Strategy::LONG_POLL, Strategy::HYBRID] {
        let more = Answer {
            has_more: true,
            poll_interval: Some(seconds(60)),
            ..page(100, "q")
        };
        assert_eq!(
            delivered(poller(strategy, Some("p")), more, 0).1,
            Duration::ZERO
        );
    }
}

#[test]
fn a_long_poll_is_repeated_at_once_where_it_was_held() {
    for (elapsed, at_once) in [
        (seconds(25), true),
        (seconds(13), true),
        (seconds(2), false),
    ] {
        let answer = Answer { elapsed, ..empty() };
        let (_, step) = answered(poller(Strategy::LONG_POLL, Some("p")), answer, 0);
        assert_eq!(pause(&step).is_zero(), at_once, "{elapsed:?}");
    }
    let request = poller(Strategy::LONG_POLL, Some("p")).request();
    assert_eq!((request.wait, request.timeout), (25, seconds(35)));
}

#[test]
fn the_server_is_never_asked_sooner_than_it_says() {
    let floor = Some(seconds(90));
    for answer in [
        Answer {
            retry_after: floor,
            ..empty()
        },
        Answer {
            poll_interval: floor,
            ..empty()
        },
        Answer {
            poll_interval: floor,
            ..status(304)
        },
        Answer {
            retry_after: floor,
            ..status(429)
        },
        Answer {
            retry_after: floor,
            ..status(503)
        },
        Answer {
            retry_after: floor,
            poll_interval: Some(SECOND),
            ..status(500)
        },
    ] {
        for strategy in [Strategy::ADAPTIVE, Strategy::LONG_POLL, Strategy::HYBRID] {
            let (poller, step) = answered(poller(strategy, Some("p")), answer.clone(), 1000);
            assert!(pause(&step) >= seconds(90), "{strategy:?} {answer:?}");
            // Nor is a poke a reason.
            let (_, step) = poller.on_poke(11_000);
            assert!(pause(&step) >= seconds(80), "{strategy:?} {answer:?}");
        }
    }
}

#[test]
fn refusals_stop_it_and_passing_ones_do_not() {
    for code in [400, 401, 403, 404, 405, 406, 409, 413, 422, 301, 302, 204] {
        let (poller, step) = answered(poller(Strategy::ADAPTIVE, None), status(code), 0);
        assert_eq!(
            step,
            Step::Stop(Stop::Refused(Box::new(status(code)))),
            "{code}"
        );
        assert_eq!(poller.counters().refused, 1);
    }
    for code in [408, 425, 429, 500, 502, 503, 504, 522] {
        let (poller, step) = answered(poller(Strategy::ADAPTIVE, None), status(code), 0);
        assert!(pause(&step) <= SECOND, "{code}");
        assert_eq!(poller.counters().retried, 1);
    }
}

#[test]
fn a_gap_is_said_and_the_policy_followed() {
    for (policy, position) in [
        (OnGap::Earliest, Some(None)),
        (OnGap::Latest, Some(Some("l"))),
        (OnGap::Stop, None),
    ] {
        let poller = poller(Strategy::ADAPTIVE, Some("p")).on_gap(policy);
        let (poller, step) = answered(poller, gone(), 0);
        let Step::Gap(gap, goes_on) = step else {
            panic!("{step:?}")
        };
        assert_eq!(gap.since.as_deref(), Some("p"));
        assert_eq!(gap.earliest.as_deref(), Some("e"));
        assert_eq!(goes_on, position.map(|_| Duration::ZERO));
        if let Some(position) = position {
            assert_eq!(poller.position(), position);
        }
    }
    // A server that calls even no position gone is not asked in a loop.
    let mut poller = poller(Strategy::ADAPTIVE, None);
    let mut waited = Duration::ZERO;
    for _ in 0..10 {
        let step;
        (poller, step) = answered(poller, gone(), waited.as_millis() as u64);
        waited += match step {
            Step::Gap(_, Some(pause)) => pause,
            Step::Stop(Stop::Loop) => return,
            other => panic!("{other:?}"),
        };
    }
    assert!(waited > seconds(5), "{waited:?}");
}

#[test]
fn only_what_was_handled_moves_the_position() {
    let (poller, step) = answered(poller(Strategy::ADAPTIVE, Some("p")), page(3, "s"), 0);
    assert_eq!(step, Step::Deliver);
    assert_eq!(poller.position(), Some("p"));
    let poller = poller.on_progress("q", 1);
    assert_eq!(poller.request().since.as_deref(), Some("q"));
    let (poller, pause) = poller.on_unhandled(1);
    assert!(pause <= SECOND);
    assert_eq!(poller.position(), Some("q"));
    let (poller, _) = poller.on_progress("r", 2).on_handled(Some("s"), 0);
    assert_eq!(poller.position(), Some("s"));
    let counters = poller.counters();
    assert_eq!(
        (counters.events, counters.handled, counters.unhandled),
        (3, 3, 1)
    );
}

#[test]
fn validators_belong_to_a_position() {
    let strategy = Strategy::Conditional { every: SECOND };
    let valid = Answer {
        etag: Some("\"1\"".to_owned()),
        last_modified: Some("then".to_owned()),
        ..empty()
    };
    let (poller, _) = answered(poller(strategy, Some("p")), valid.clone(), 0);
    let request = poller.request();
    assert_eq!(request.if_none_match.as_deref(), Some("\"1\""));
    assert_eq!(request.if_modified_since.as_deref(), Some("then"));
    let (poller, _) = answered(poller, status(304), 1000);
    assert_eq!(poller.request().if_none_match.as_deref(), Some("\"1\""));
    assert_eq!(poller.counters().unchanged, 1);
    let (poller, _) = delivered(poller, page(1, "q"), 2000);
    assert_eq!(poller.request().if_none_match, None);
    // And to a poller that asks so.
    let (poller, _) = answered(self::poller(Strategy::ADAPTIVE, Some("p")), valid, 0);
    assert_eq!(poller.request().if_none_match, None);
}

#[test]
fn a_tight_loop_is_broken_and_then_given_up() {
    let mut poller = poller(
        Strategy::Fixed {
            every: Duration::ZERO,
        },
        Some("p"),
    );
    let mut steps = Vec::new();
    for at in 0..15 {
        let step;
        (poller, step) = answered(poller, empty(), at * 100);
        steps.push(step);
    }
    let loops: Vec<usize> = (0..15)
        .filter(|&at| !matches!(steps[at], Step::Wait(_)))
        .collect();
    assert_eq!(loops, [4, 9, 14]);
    for at in [4, 9] {
        assert!(matches!(steps[at], Step::Loop(pause) if pause >= seconds(5)));
    }
    assert_eq!(steps[14], Step::Stop(Stop::Loop));
    assert_eq!(poller.counters().loops, 3);
}

#[test]
fn a_page_that_comes_again_and_again_is_a_loop() {
    let mut poller = poller(Strategy::LONG_POLL, Some("p"));
    for at in 0..5 {
        let mut step;
        (poller, step) = answered(poller, page(1, "p"), at * 10);
        assert_eq!(step, Step::Deliver);
        (poller, step) = poller.on_handled(Some("p"), at * 10);
        assert_eq!(matches!(step, Step::Loop(_)), at == 4, "{at}: {step:?}");
    }
}

#[test]
fn five_answers_in_half_a_second_are_a_loop_and_none_fewer_or_slower() {
    for (times, trips) in [
        (vec![0, 1, 2, 3, 4], true),
        (vec![0, 100, 200, 300, 499], true),
        (vec![0, 100, 200, 300, 500], false),
        (vec![0, 1, 2, 3], false),
        (vec![0, 200, 400, 600, 800, 900, 950, 960, 970], true),
        (vec![1000, 900, 800, 700, 600], false),
    ] {
        let mut breaker = Breaker::default();
        let tripped = times
            .iter()
            .any(|&now| breaker.stayed(now) == Some(Trip::Slow));
        assert_eq!(tripped, trips, "{times:?}");
    }
}

#[test]
fn a_hybrid_polls_when_poked_and_falls_back_when_webhooks_are_silent() {
    let hybrid = poller(Strategy::HYBRID, Some("p"));
    let (poller, step) = answered(hybrid, empty(), 0);
    assert!(about(pause(&step), seconds(300)));
    // A poke that comes later is answered at once, one that comes in a burst a little later.
    let (poller, step) = poller.on_poke(10_000);
    assert_eq!(pause(&step), Duration::ZERO);
    let (poller, waits) = delivered(poller, page(1, "q"), 10_050);
    assert!(about(waits, seconds(300)), "{waits:?}");
    let (poller, step) = poller.on_poke(10_060);
    assert_eq!(pause(&step), Duration::from_millis(140));
    let (poller, _) = answered(poller, empty(), 10_200);
    // Events that nothing announced: it polls by itself, slower and slower while nothing comes.
    let (poller, first) = delivered(poller, page(1, "r"), 400_000);
    let (poller, step) = answered(poller, empty(), 500_000);
    assert!(
        first < seconds(300) && pause(&step) <= seconds(331),
        "{first:?} {step:?}"
    );
    // Until one comes again.
    let (poller, _) = poller.on_poke(600_000);
    let (poller, waits) = delivered(poller, page(1, "s"), 600_100);
    assert!(about(waits, seconds(300)));
    assert_eq!(poller.counters().pokes, 3);
}

fn any_answer() -> impl Strategy2<Value = Outcome> {
    let floor = prop::option::of(0u64..120);
    let kinds = prop::sample::select(vec![200u16, 304, 408, 410, 425, 429, 500, 503]);
    prop_oneof![
        1 => Just(Outcome::Failed),
        8 => (kinds, 0usize..3, 0u8..4, any::<bool>(), floor.clone(), floor, 0u64..30).prop_map(
            |(code, events, next, has_more, retry, poll, elapsed)| Outcome::from(Answer {
                events: if code == 200 { events } else { 0 },
                next: (code == 200).then(|| format!("p{next}")),
                has_more,
                retry_after: retry.map(seconds),
                poll_interval: poll.map(seconds),
                elapsed: seconds(elapsed),
                problem: gone().problem.filter(|_| code == 410),
                ..status(code)
            })
        ),
    ]
}

use proptest::strategy::Strategy as Strategy2;

proptest! {
    #[test]
    fn jitter_stays_in_its_bounds(seed in any::<u64>(), failures in 1u32..200) {
        let mut random = Random::new(seed);
        let backoff = Backoff::default();
        let pause = backoff.pause(failures, &mut random);
        prop_assert!(pause <= backoff.ceiling(failures));
        prop_assert!(backoff.ceiling(failures) <= backoff.cap);
        let unit = random.unit();
        prop_assert!((0.0..1.0).contains(&unit));
        let fixed = Poller::new(Strategy::Fixed { every: seconds(100) }, None, random);
        let (_, step) = answered(fixed, Answer { next: None, ..empty() }, 0);
        prop_assert!(about(pause_of(&step), seconds(100)), "{step:?}");
    }

    #[test]
    fn whatever_comes_is_counted_obeyed_and_no_tight_loop(
        seed in any::<u64>(),
        which in 0usize..5,
        outcomes in prop::collection::vec(any_answer(), 1..60),
    ) {
        let strategy = [
            Strategy::Fixed { every: SECOND },
            Strategy::ADAPTIVE,
            Strategy::Conditional { every: SECOND },
            Strategy::LONG_POLL,
            Strategy::HYBRID,
        ][which];
        let mut poller = Poller::new(strategy, Some("p0".to_owned()), Random::new(seed));
        let mut now = 1_700_000_000_000u64;
        let mut same: Vec<u64> = Vec::new();
        for (at, outcome) in outcomes.iter().enumerate() {
            let before = poller.position().map(str::to_owned);
            let mut step;
            (poller, step) = poller.on_response(outcome, now);
            let mut floor = Duration::ZERO;
            if let Outcome::Answered(answer) = outcome {
                floor = answer.floor();
                if step == Step::Deliver {
                    prop_assert_eq!(poller.position(), before.as_deref());
                    if answer.has_more {
                        floor = answer.retry_after.map_or(Duration::ZERO, |_| floor);
                    }
                    (poller, step) = poller.on_handled(answer.next.as_deref(), now);
                }
            }
            let counters = poller.counters();
            let sum = counters.data + counters.empty + counters.unchanged + counters.gaps
                + counters.retried + counters.refused + counters.failed;
            // A gap without a position counts as what it is, once.
            prop_assert_eq!(sum, at as u64 + 1);
            if poller.position() != before.as_deref() {
                same.clear();
            }
            same.push(now);
            let pause = match step {
                Step::Stop(Stop::Loop) => return Ok(()),
                Step::Stop(_) | Step::Gap(_, None) | Step::Deliver => {
                    return Err(TestCaseError::fail(format!("{step:?}")));
                }
                Step::Wait(pause) | Step::Loop(pause) | Step::Gap(_, Some(pause)) => pause,
            };
            prop_assert!(pause >= floor, "{pause:?} after {outcome:?}");
            now += pause.as_millis() as u64;
            if same.len() > 5 {
                let first = same[same.len() - 6];
                prop_assert!(now - first >= 500, "{} ms", now - first);
            }
        }
    }
}

fn pause_of(step: &Step) -> Duration {
    pause(step)
}
