//! Notices that the machine slept: the clock on the wall went on, the one that counts did not.

use std::time::{Duration, Instant, SystemTime};

/// Less than this is a clock that was set, or a machine that was busy.
const SLEPT: Duration = Duration::from_secs(8);

/// Both clocks, when they were last looked at.
#[derive(Debug)]
pub(crate) struct Wake {
    wall: SystemTime,
    steady: Instant,
}

impl Wake {
    pub(crate) fn new() -> Self {
        Self {
            wall: SystemTime::now(),
            steady: Instant::now(),
        }
    }

    /// How long the machine slept since it was last asked, if it did.
    pub(crate) fn slept(&mut self) -> Option<Duration> {
        let now = Self::new();
        let wall = now.wall.duration_since(self.wall).unwrap_or_default();
        let steady = now.steady.saturating_duration_since(self.steady);
        *self = now;
        asleep(wall, steady)
    }
}

fn asleep(wall: Duration, steady: Duration) -> Option<Duration> {
    Some(wall.saturating_sub(steady)).filter(|slept| *slept >= SLEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_clock_on_the_wall_goes_on_in_sleep() {
        let seconds = Duration::from_secs;
        for (wall, steady, slept) in [
            (5, 5, None),
            (60, 60, None),
            (12, 5, None),
            (3605, 5, Some(3600)),
            // Set back.
            (0, 5, None),
        ] {
            assert_eq!(asleep(seconds(wall), seconds(steady)), slept.map(seconds));
        }
    }
}
