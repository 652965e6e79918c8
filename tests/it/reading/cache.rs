//! `Cache-Control` of every kind of answer, to everybody.

use waypost_core::cache::{Answer, Audience, cache_control};

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
    check(Answer::Now, A_SECOND, ASK_AGAIN);
    check(Answer::Gone, FIVE, "no-store");
    check(Answer::Never, "no-store", "no-store");
}
