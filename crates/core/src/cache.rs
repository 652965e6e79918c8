//! What `Cache-Control` says, for every answer there is.
//!
//! Nothing is left to a cache's heuristics: an answer without the header may be kept for minutes.

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
        (A::Gone, W::Public) => "public, max-age=5, stale-if-error=0",
        (A::Settled | A::Tail | A::Empty | A::Now, W::Token) => "private, no-cache",
        (A::Gone, W::Token) | (A::Never, _) => "no-store",
    }
}
