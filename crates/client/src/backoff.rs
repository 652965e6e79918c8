//! How long to wait after failures: full jitter under a cap that doubles.

use std::time::Duration;

use crate::random::Random;

/// Pauses drawn from `0..min(cap, base * 2^failures)`, so that many clients do not come back at once
/// ([AWS, exponential backoff and
/// jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// What the first pause is drawn under.
    pub base: Duration,
    /// What no pause is over, unless the server asked for longer.
    pub cap: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(1),
            cap: Duration::from_secs(32),
        }
    }
}

impl Backoff {
    /// The longest pause after so many failures in a row; the first failure is 1.
    pub fn ceiling(&self, failures: u32) -> Duration {
        let doubled = 2u32.saturating_pow(failures.saturating_sub(1).min(20));
        self.base.saturating_mul(doubled).min(self.cap)
    }

    /// A pause after so many failures in a row.
    pub fn pause(&self, failures: u32, random: &mut Random) -> Duration {
        self.ceiling(failures).mul_f64(random.unit())
    }
}
