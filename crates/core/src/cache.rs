//! What `Cache-Control` says, for every answer there is.
//!
//! Nothing is left to a cache's heuristics: an answer without the header may be kept for minutes.

use crate::route::Resource;

/// What kind of answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A full page after a cursor, or one event: it never changes.
    Settled,
    /// A page that ends at the end of the log. A stale copy is still a true prefix.
    Tail,
    /// Nothing after the cursor, at once or after a hold: the second of life lets a shared cache
    /// answer all its waiters with one copy.
    Empty,
    /// Nothing after a hold for which the reader gave no `cursor`: it will ask the same URL again, and
    /// would get this from its own cache, at once and over and over. Shared caches keep it as [`Self::Empty`].
    Timeout,
    /// Depends on the moment of asking: no cursor, a time, the newest event.
    Now,
    /// A cursor that cannot be continued from.
    Gone,
    /// A refusal, or anything that changes state.
    Never,
}

/// Who may keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The feed is public: any cache.
    Public,
    /// The feed wants a token: the client alone, and it asks again each time.
    Token,
}

/// The value of `Cache-Control`.
pub fn cache_control(answer: Answer, audience: Audience) -> &'static str {
    use {Answer as A, Audience as W};
    match (answer, audience) {
        (A::Settled, W::Public) => "public, max-age=3600, immutable",
        (A::Tail, W::Public) => "public, max-age=5, stale-if-error=0",
        (A::Empty | A::Now, W::Public) => "public, max-age=1, stale-if-error=0",
        (A::Timeout, W::Public) => "public, max-age=0, s-maxage=1, stale-if-error=0",
        (A::Gone, W::Public) => "public, max-age=5, stale-if-error=0",
        (A::Settled | A::Tail | A::Empty | A::Timeout | A::Now, W::Token) => "private, no-cache",
        (A::Gone, W::Token) | (A::Never, _) => "no-store",
    }
}

/// The value of `Vary`: which headers of the request an answer depends on; empty where on none.
pub fn vary(resource: Resource, by_origin: bool) -> &'static str {
    match (resource, by_origin) {
        (Resource::Events | Resource::LongPoll, false) => "accept, prefer",
        (Resource::Events | Resource::LongPoll, true) => "accept, prefer, origin",
        (Resource::Updates, false) => "accept",
        (Resource::Updates, true) => "accept, origin",
        (_, true) => "origin",
        (_, false) => "",
    }
}

/// For how many seconds the Worker's own cache, which stands behind the authorisation, may answer with
/// it; none where it may not. A timeout is never kept: a hold is answered by the feed.
pub fn edge_seconds(answer: Answer) -> Option<u64> {
    match answer {
        Answer::Settled => Some(SETTLED_SECONDS),
        Answer::Tail | Answer::Empty | Answer::Now => Some(1),
        Answer::Timeout | Answer::Gone | Answer::Never => None,
    }
}

const SETTLED_SECONDS: u64 = 3600;

/// Whether a reader wants an answer that is not an earlier one: `Cache-Control: max-age=0` ([RFC 9111,
/// section 5.2.1.1](https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1.1)). Not `no-cache`: browsers and
/// Node add that to every request with `If-None-Match`, and those are who poll.
pub fn wants_fresh(cache_control: Option<&str>) -> bool {
    cache_control.is_some_and(|directives| {
        let mut directives = directives.split(',').map(str::trim);
        directives.any(|directive| directive.eq_ignore_ascii_case("max-age=0"))
    })
}

/// Whether an answer that may be kept so long is one for a reader who is willing to wait: it must have
/// something to say, and what the end of the log was a moment ago is not that.
pub fn answers_a_hold(seconds: u64) -> bool {
    seconds == SETTLED_SECONDS
}

/// For how long, in milliseconds, the Worker relies on what a feed said of its epoch, which is part of
/// the key of what it keeps: after something was erased, a kept page may still show it for so long.
pub const EPOCH_MS: u64 = 60_000;
