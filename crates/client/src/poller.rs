//! A poller without I/O.
//!
//! ```text
//!            ┌── Wait(pause) ◀──┬───────────────┬──────────────┐
//!            ▼                  │               │              │
//!   request() ─▶ on_response ───┤               │              │
//!                               ├─▶ Deliver ─▶ on_handled ─────┤
//!                               ├─▶ Gap ────────▶ (as OnGap says)
//!                               ├─▶ Loop(pause) ───────────────┘
//!                               └─▶ Stop
//! ```
//!
//! Whoever drives it makes the request, hands events on, and says with [`Poller::on_handled`] that they
//! were handled: only that moves the position.

use std::time::Duration;

use crate::{
    answer::{Answer, Outcome},
    backoff::Backoff,
    breaker::{Breaker, Trip},
    counters::Counters,
    millis,
    random::Random,
    strategy::{Held, Pace, Strategy},
};

/// How much longer than a server's hold an answer may take. Without a bound a socket whose other end
/// is gone is waited for for ever.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What to do where events are gone before they were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnGap {
    /// Go on with the oldest event that is kept.
    #[default]
    Earliest,
    /// Go on with what comes from now on.
    Latest,
    /// Stop.
    Stop,
}

/// A request that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// After which event; none for the oldest kept.
    pub since: Option<String>,
    /// The most events.
    pub limit: u16,
    /// Seconds for which the server shall hold it.
    pub wait: u64,
    /// `If-None-Match`.
    pub if_none_match: Option<String>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<String>,
    /// When to give up on it.
    pub timeout: Duration,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask again after this pause.
    Wait(Duration),
    /// Hand on the events of this answer, then call [`Poller::on_handled`].
    Deliver,
    /// Events are gone. It goes on after this pause, unless that is none.
    Gap(Gap, Option<Duration>),
    /// It ran in a tight loop. Say so loudly; then as [`Step::Wait`].
    Loop(Duration),
    /// It cannot go on.
    Stop(Stop),
}

/// Events that nobody can read any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gap {
    /// The position that is lost.
    pub since: Option<String>,
    /// The oldest event kept.
    pub earliest: Option<String>,
    /// The newest.
    pub latest: Option<String>,
}

/// Why a poller cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The server refuses, and would refuse again.
    Refused(Box<Answer>),
    /// The same answer, over and over.
    Loop,
}

/// When to ask, and from where.
#[derive(Clone, Debug)]
pub struct Poller {
    pace: Pace,
    position: Option<String>,
    etag: Option<String>,
    last_modified: Option<String>,
    limit: u16,
    on_gap: OnGap,
    backoff: Backoff,
    failures: u32,
    breaker: Breaker,
    counters: Counters,
    random: Random,
    /// What follows once the events are handled.
    then: Duration,
    /// The position that they were asked from.
    asked: Option<String>,
    /// When the last answer came, in milliseconds.
    answered: u64,
    /// Until when the server wants to be left alone, whatever is announced.
    patient: u64,
}

impl Poller {
    /// Starts after `position`, or at the oldest event kept.
    pub fn new(strategy: Strategy, position: Option<String>, random: Random) -> Self {
        Self {
            pace: Pace::new(strategy),
            position,
            etag: None,
            last_modified: None,
            limit: 100,
            on_gap: OnGap::default(),
            backoff: Backoff::default(),
            failures: 0,
            breaker: Breaker::default(),
            counters: Counters::default(),
            random,
            then: Duration::ZERO,
            asked: None,
            answered: 0,
            patient: 0,
        }
    }

    /// The most events of an answer; 100 by default.
    #[must_use]
    pub fn limit(self, limit: u16) -> Self {
        Self { limit, ..self }
    }

    /// What to do at a gap; by default it goes on with the oldest event kept.
    #[must_use]
    pub fn on_gap(self, on_gap: OnGap) -> Self {
        Self { on_gap, ..self }
    }

    /// Pauses after failures.
    #[must_use]
    pub fn backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// Every event up to here was handled.
    pub fn position(&self) -> Option<&str> {
        self.position.as_deref()
    }

    /// How it has been.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The request that is due.
    pub fn request(&self) -> Request {
        let strategy = self.pace.strategy();
        let validator = |text: &Option<String>| text.clone().filter(|_| strategy.is_conditional());
        let hold = strategy.hold();
        Request {
            since: self.position.clone(),
            limit: self.limit,
            wait: hold.as_secs(),
            if_none_match: validator(&self.etag),
            if_modified_since: validator(&self.last_modified),
            timeout: hold.saturating_add(PATIENCE),
        }
    }

    /// An answer came, or none. `now` is in milliseconds since 1970.
    pub fn on_response(mut self, outcome: &Outcome, now: u64) -> (Self, Step) {
        self.answered = now;
        let answer = match outcome {
            Outcome::Failed => {
                self.counters.failed += 1;
                return self.fail(Duration::ZERO, now);
            }
            Outcome::Answered(answer) => answer,
        };
        self.patient = now.saturating_add(millis(answer.floor()));
        match answer.status {
            200 if answer.events > 0 => self.data(answer),
            200 => {
                self.counters.empty += 1;
                self.etag.clone_from(&answer.etag);
                self.last_modified.clone_from(&answer.last_modified);
                let moved = answer.next.is_some() && answer.next != self.position;
                if moved {
                    self.go_to(answer.next.clone());
                }
                self.nothing(answer, moved, now)
            }
            304 => {
                self.counters.unchanged += 1;
                self.nothing(answer, false, now)
            }
            410 => self.gap(answer, now),
            _ if answer.is_passing() => {
                self.counters.retried += 1;
                self.fail(answer.floor(), now)
            }
            _ => {
                self.counters.refused += 1;
                let stop = Step::Stop(Stop::Refused(answer.clone()));
                (self, stop)
            }
        }
    }

    fn data(mut self, answer: &Answer) -> (Self, Step) {
        self.counters.data += 1;
        self.counters.events += answer.events as u64;
        self.failures = 0;
        self.asked.clone_from(&self.position);
        let more = answer.has_more;
        let pause = self.pace.after(Held::Events { more }, &mut self.random);
        // What is there already may be fetched at once, whatever the pace.
        self.then = match (more, answer.retry_after) {
            (true, None) => pause,
            _ => pause.max(answer.floor()),
        };
        (self, Step::Deliver)
    }

    fn nothing(mut self, answer: &Answer, moved: bool, now: u64) -> (Self, Step) {
        self.failures = 0;
        // A filter that hid a whole page: the next may follow at once.
        let held = match moved && answer.has_more {
            true => Held::Events { more: true },
            false => Held::Nothing(answer.elapsed),
        };
        let pause = self.pace.after(held, &mut self.random).max(answer.floor());
        if moved {
            return (self, Step::Wait(pause));
        }
        self.stayed(pause, now)
    }

    /// The poller is where it was: perhaps once too often.
    fn stayed(mut self, pause: Duration, now: u64) -> (Self, Step) {
        match self.breaker.stayed(now) {
            None => (self, Step::Wait(pause)),
            Some(trip) => {
                self.counters.loops += 1;
                self.forget();
                let step = match trip {
                    Trip::Stop => Step::Stop(Stop::Loop),
                    Trip::Slow => Step::Loop(pause.max(self.backoff.cap.min(LOOPED))),
                };
                (self, step)
            }
        }
    }

    fn fail(mut self, floor: Duration, now: u64) -> (Self, Step) {
        self.failures = self.failures.saturating_add(1);
        let pause = self.backoff.pause(self.failures, &mut self.random);
        self.stayed(pause.max(floor), now)
    }

    fn gap(mut self, answer: &Answer, now: u64) -> (Self, Step) {
        self.counters.gaps += 1;
        let problem = answer.problem.clone().unwrap_or_default();
        let gap = Gap {
            since: self.position.clone(),
            earliest: problem.earliest,
            latest: problem.latest.clone(),
        };
        let to = match self.on_gap {
            OnGap::Stop => return (self, Step::Gap(gap, None)),
            OnGap::Earliest => None,
            OnGap::Latest => problem.latest,
        };
        if to != self.position {
            self.go_to(to);
            return (self, Step::Gap(gap, Some(answer.floor())));
        }
        // Asked without a position, nothing can be gone: the server is wrong, and is left alone.
        let (poller, step) = self.fail(answer.floor(), now);
        match step {
            Step::Wait(pause) | Step::Loop(pause) => (poller, Step::Gap(gap, Some(pause))),
            other => (poller, other),
        }
    }

    /// Events up to and with `id` were handled, `count` of them.
    pub fn on_progress(mut self, id: &str, count: u64) -> Self {
        self.counters.handled += count;
        self.go_to(Some(id.to_owned()));
        self
    }

    /// All events of the answer were handled, and `next` is the position after them.
    pub fn on_handled(mut self, next: Option<&str>, now: u64) -> (Self, Step) {
        let pause = self.then;
        if let Some(next) = next.filter(|next| self.position.as_deref() != Some(*next)) {
            self.go_to(Some(next.to_owned()));
        }
        match self.position == self.asked {
            // It was given events and is where it was: the same ones would come again.
            true => self.stayed(pause, now),
            false => (self, Step::Wait(pause)),
        }
    }

    /// An event could not be handled: it is to be tried again after this pause.
    pub fn on_unhandled(mut self, failures: u32) -> (Self, Duration) {
        self.counters.unhandled += 1;
        let pause = self.backoff.pause(failures, &mut self.random);
        (self, pause)
    }

    /// An event came again and is passed over.
    pub fn on_repeated(mut self) -> Self {
        self.counters.repeated += 1;
        self
    }

    /// Something was announced, while a pause was under way: the pause that is left.
    pub fn on_poke(mut self, now: u64) -> (Self, Step) {
        self.counters.pokes += 1;
        let ago = Duration::from_millis(now.saturating_sub(self.answered));
        let asked = Duration::from_millis(self.patient.saturating_sub(now));
        let pause = self.pace.poke(ago).max(asked);
        (self, Step::Wait(pause))
    }

    fn go_to(&mut self, position: Option<String>) {
        self.position = position;
        self.forget();
        self.breaker.moved();
    }

    fn forget(&mut self) {
        self.etag = None;
        self.last_modified = None;
    }
}

/// The least pause after a tight loop.
const LOOPED: Duration = Duration::from_secs(5);
