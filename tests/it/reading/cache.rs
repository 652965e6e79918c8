//! `Cache-Control` of every kind of answer, to everybody.

use waypost_core::cache::{
    Answer, Audience, answers_a_hold, cache_control, edge_seconds, vary, wants_fresh,
};
use waypost_core::route::Resource;

fn check(answer: Answer, public: &str, token: &str) {
    assert_eq!(
        cache_control(answer, Audience::Public),
        public,
        "{answer:?}"
    );
    assert_eq!(cache_control(answer, Audience::Token), token, "{answer:?}");
}

#[test]
fn every_answer_to_everybody() {
    const ASK_AGAIN: &str = "private, no-cache";
    const A_SECOND: &str = "public, max-age=1, stale-if-error=0";
    const FIVE: &str = "public, max-age=5, stale-if-error=0";
    check(
        Answer::Settled,
        "public, max-age=3600, immutable",
        ASK_AGAIN,
    );
    check(Answer::Tail, FIVE, ASK_AGAIN);
    check(Answer::Empty, A_SECOND, ASK_AGAIN);
    check(
        Answer::Timeout,
        "public, max-age=0, s-maxage=1, stale-if-error=0",
        ASK_AGAIN,
    );
    check(Answer::Now, A_SECOND, ASK_AGAIN);
    check(Answer::Gone, FIVE, "no-store");
    check(Answer::Never, "no-store", "no-store");
}

/// What the Worker keeps itself, and whether somebody who waits is content with it.
#[test]
fn at_the_edge() {
    let check = |answer: Answer, seconds: Option<u64>, holds: bool| {
        assert_eq!(edge_seconds(answer), seconds, "{answer:?}");
        assert_eq!(seconds.is_some_and(answers_a_hold), holds, "{answer:?}");
    };
    check(Answer::Settled, Some(3600), true);
    for answer in [Answer::Tail, Answer::Empty, Answer::Now] {
        check(answer, Some(1), false);
    }
    for answer in [Answer::Timeout, Answer::Gone, Answer::Never] {
        check(answer, None, false);
    }
}

#[test]
fn what_answers_depend_on() {
    for (resource, expect) in [
        (Resource::Events, "accept, prefer"),
        (Resource::LongPoll, "accept, prefer"),
        (Resource::Updates, "accept"),
        (Resource::Event, ""),
        (Resource::Newest, ""),
        (Resource::Stream, ""),
    ] {
        assert_eq!(vary(resource, false), expect, "{resource:?}");
        let by_origin = vary(resource, true);
        assert_eq!(
            by_origin
                .strip_suffix("origin")
                .map(|v| v.trim_end_matches(", ")),
            Some(expect)
        );
    }
}

#[test]
fn who_wants_it_fresh() {
    for fresh in [
        "max-age=0",
        "Max-Age=0",
        "no-cache, max-age=0",
        "max-age=0,no-store",
    ] {
        assert!(wants_fresh(Some(fresh)), "{fresh}");
    }
    for not in [
        "",
        "no-store",
        "no-cache",
        "max-age=00",
        "max-age=1",
        "s-max-age=0",
    ] {
        assert!(!wants_fresh(Some(not)), "{not}");
    }
    assert!(!wants_fresh(None));
}
