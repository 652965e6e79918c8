//! A circuit breaker: an endpoint that keeps failing is slowed, and at last left alone.
//!
//! ```text
//! closed ── 10 failures in a row ─▶ open ── its pause is over ─▶ half open ── the probe succeeds ─▶ closed
//!                                     ▲                              │
//!                                     └──── the probe fails, the pause is longer
//! ```
//!
//! Its pauses are those of the retry schedule. What has failed for as long as the feed allows, without one success
//! in between, is suspended: [`Change::Suspend`].

/// So many failures in a row open it: more than are in flight at once, so that one bad moment does not.
pub const THRESHOLD: u64 = 10;

/// What a subscription knows of its endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// Failures since the last success.
    pub failures: u64,
    /// How often it opened since it was closed.
    pub openings: u64,
    /// Nothing is sent before this moment, in unix milliseconds.
    pub open_until: u64,
    /// When the first of the failures was, in unix milliseconds; 0 where there is none.
    pub failing_since: u64,
}

/// What may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Whatever is due.
    Closed,
    /// Nothing.
    Open,
    /// One, to see.
    HalfOpen,
}

/// What a failure led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// It opened.
    Opened,
    /// It has failed for too long.
    Suspend,
}

impl State {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

impl Breaker {
    /// What may be sent at this moment.
    pub fn state(&self, now: u64) -> State {
        match (self.open_until > now, self.openings) {
            (true, _) => State::Open,
            (false, 0) => State::Closed,
            (false, _) => State::HalfOpen,
        }
    }

    /// An attempt succeeded.
    pub fn succeed(&mut self) {
        *self = Self::default();
    }

    /// The receiver asked to be left alone for so many seconds.
    pub fn hold(&mut self, seconds: u64, now: u64) {
        let until = now.saturating_add(seconds.saturating_mul(1000));
        self.open_until = self.open_until.max(until);
    }

    /// An attempt failed. `patience` is how long an endpoint may fail, in seconds.
    pub fn fail(&mut self, schedule: &[u64], patience: u64, now: u64) -> Change {
        self.failures = self.failures.saturating_add(1);
        if self.failing_since == 0 {
            self.failing_since = now;
        }
        // What was in flight when it opened says nothing new.
        if self.failures < THRESHOLD || self.state(now) == State::Open {
            return Change::None;
        }
        let failing = now.saturating_sub(self.failing_since);
        if failing >= patience.saturating_mul(1000) {
            return Change::Suspend;
        }
        let last = schedule.len().saturating_sub(1) as u64;
        let place = usize::try_from(self.openings.min(last)).unwrap_or(0);
        let pause = schedule.get(place).copied().unwrap_or(1);
        self.openings = self.openings.saturating_add(1);
        self.open_until = now.saturating_add(pause.saturating_mul(1000));
        Change::Opened
    }
}
