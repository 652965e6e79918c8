//! How often to ask.

use std::time::Duration;

use crate::random::Random;

/// A way of polling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// After the same pause, whatever came.
    Fixed {
        /// The pause.
        every: Duration,
    },
    /// After a pause that halves when events come and doubles when none do.
    Adaptive {
        /// The shortest pause.
        least: Duration,
        /// The longest.
        most: Duration,
    },
    /// As [`Strategy::Fixed`], with `If-None-Match` and `If-Modified-Since`: an answer that says
    /// nothing new has no body.
    Conditional {
        /// The pause.
        every: Duration,
    },
    /// At once: the server holds the answer while there is nothing.
    LongPoll {
        /// How long it holds; the server's own bound is 25 s.
        hold: Duration,
    },
    /// When poked, by a webhook that says no more than that there is something to read; and now and
    /// then in any case. Where events came that nothing announced, webhooks have fallen silent, and it
    /// polls as [`Strategy::ADAPTIVE`] does until one comes.
    Hybrid {
        /// The longest time without a poll.
        reconcile: Duration,
    },
}

impl Strategy {
    /// From a second to five minutes.
    pub const ADAPTIVE: Self = Self::Adaptive {
        least: Duration::from_secs(1),
        most: Duration::from_secs(300),
    };
    /// As long as the server holds.
    pub const LONG_POLL: Self = Self::LongPoll {
        hold: Duration::from_secs(25),
    };
    /// Reconciled every five minutes.
    pub const HYBRID: Self = Self::Hybrid {
        reconcile: Duration::from_secs(300),
    };

    /// How long the server is asked to hold.
    pub fn hold(&self) -> Duration {
        match self {
            Self::LongPoll { hold } => *hold,
            _ => Duration::ZERO,
        }
    }

    /// Whether requests carry validators.
    pub fn is_conditional(&self) -> bool {
        matches!(self, Self::Conditional { .. })
    }
}

/// How a strategy is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    strategy: Strategy,
    /// Of an adaptive pace: the present pause, before jitter.
    interval: Duration,
    /// Of a hybrid: whether webhooks seem to have stopped.
    silent: bool,
    /// Of a hybrid: whether the poll under way was announced.
    poked: bool,
}

/// What an answer held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Events; with `more`, others follow.
    Events {
        /// Whether more follow at once.
        more: bool,
    },
    /// Nothing, after so long.
    Nothing(Duration),
}

/// Two polls for pokes at one position are at least so far apart: a burst of pokes is one question.
const POKED: Duration = Duration::from_millis(150);

/// What the pause of a long-poll grows from where the server does not hold.
const UNHELD: Duration = Duration::from_millis(250);

impl Pace {
    /// At its start: an adaptive pace is as quick as it may be.
    pub fn new(strategy: Strategy) -> Self {
        let interval = match strategy {
            Strategy::Adaptive { least, .. } => least,
            Strategy::LongPoll { .. } => UNHELD,
            _ => Self::bounds(strategy).0,
        };
        Self {
            strategy,
            interval,
            silent: false,
            poked: false,
        }
    }

    /// The strategy.
    pub fn strategy(&self) -> Strategy {
        self.strategy
    }

    /// The bounds between which the interval moves.
    fn bounds(strategy: Strategy) -> (Duration, Duration) {
        match strategy {
            Strategy::Fixed { every } | Strategy::Conditional { every } => (every, every),
            Strategy::Adaptive { least, most } => (least, most),
            Strategy::LongPoll { .. } => (UNHELD, Duration::from_secs(30)),
            Strategy::Hybrid { reconcile } => (Duration::from_secs(1).min(reconcile), reconcile),
        }
    }

    fn halve(&mut self) {
        let (least, most) = Self::bounds(self.strategy);
        self.interval = (self.interval / 2).clamp(least.min(most), most);
    }

    fn double(&mut self) {
        let (least, most) = Self::bounds(self.strategy);
        self.interval = self.interval.saturating_mul(2).clamp(least.min(most), most);
    }

    /// The pause after an answer, jittered by a tenth where it is one.
    pub fn after(&mut self, held: Held, random: &mut Random) -> Duration {
        let poked = std::mem::take(&mut self.poked);
        let had = matches!(held, Held::Events { .. });
        match had {
            true => self.halve(),
            false => self.double(),
        }
        if held == (Held::Events { more: true }) {
            return Duration::ZERO;
        }
        let pause = match (self.strategy, held) {
            (Strategy::LongPoll { .. }, Held::Events { .. }) => return Duration::ZERO,
            // It was held: it may be asked again at once.
            (Strategy::LongPoll { hold }, Held::Nothing(elapsed)) if elapsed >= hold / 2 => {
                self.interval = UNHELD;
                return Duration::ZERO;
            }
            (Strategy::Hybrid { reconcile }, _) => {
                self.silent = !poked && (self.silent || had);
                match self.silent {
                    true => self.interval,
                    false => reconcile,
                }
            }
            _ => self.interval,
        };
        pause.mul_f64(random.between(0.9, 1.1))
    }

    /// Something was announced. Returns how long to wait with the poll, where the last answer came
    /// `ago`.
    pub fn poke(&mut self, ago: Duration) -> Duration {
        self.silent = false;
        self.poked = true;
        POKED.saturating_sub(ago)
    }
}
