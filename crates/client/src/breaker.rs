//! Breaks tight loops: a cache, a proxy or a bug that answers at once and moves nothing.

/// So many answers at one position ...
const ANSWERS: usize = 5;
/// ... within so many milliseconds are a loop.
const WITHIN: u64 = 500;
/// So many loops without an event between them are given up.
const LOOPS: u32 = 3;

/// Counts answers that left the poller where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// When they came, in milliseconds, the latest last.
    times: Vec<u64>,
    loops: u32,
}

/// What a loop calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trip {
    /// Slow down and forget what is cached.
    Slow,
    /// Give up.
    Stop,
}

impl Breaker {
    /// One more answer at the same position.
    pub fn stayed(&mut self, now: u64) -> Option<Trip> {
        self.times.push(now);
        if self.times.len() > ANSWERS {
            self.times.remove(0);
        }
        let first = self.times.first().copied().unwrap_or(now);
        // A clock that was set back makes no loop.
        let spread = now.checked_sub(first)?;
        if self.times.len() < ANSWERS || spread >= WITHIN {
            return None;
        }
        self.times.clear();
        self.loops = self.loops.saturating_add(1);
        Some(match self.loops >= LOOPS {
            true => Trip::Stop,
            false => Trip::Slow,
        })
    }

    /// The poller went on.
    pub fn moved(&mut self) {
        *self = Self::default();
    }
}
