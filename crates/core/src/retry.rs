//! What an attempt's end means, and when the next one is due.

use crate::conditional::unix_seconds;
use crate::hash::sha256;

/// The longest pause that a receiver can ask for with `Retry-After`, in seconds, unless the schedule itself has a
/// longer one.
pub const RETRY_AFTER_CAP_SECONDS: u64 = 3_600;

/// Pauses are made longer by up to this part of themselves, so that what failed together does not come together.
const JITTER_PERCENT: u64 = 20;

/// How an attempt ended: what the receiver said, or that it said nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The HTTP status; none where no answer came.
    pub status: Option<u16>,
    /// Why there is no answer: `timeout`, or what the connection failed with.
    pub error: String,
    /// `Retry-After` as it came; empty where there is none.
    pub retry_after: String,
    /// The beginning of the answer's body as text.
    pub response: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// What becomes of the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is there.
    Delivered,
    /// The receiver wants nothing more, ever.
    Gone,
    /// Another attempt may succeed.
    Retry,
    /// Another attempt would fail as well.
    Fail,
}

impl Verdict {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Gone => "gone",
            Self::Retry => "retry",
            Self::Fail => "failed",
        }
    }
}

impl Outcome {
    /// What it means.
    pub fn verdict(&self) -> Verdict {
        match self.status {
            None | Some(408 | 425 | 429 | 500..=599) => Verdict::Retry,
            Some(200..=299) => Verdict::Delivered,
            Some(410) => Verdict::Gone,
            Some(_) => Verdict::Fail,
        }
    }

    /// The status as JSON; `null` where no answer came.
    pub fn status_json(&self) -> String {
        self.status
            .map_or("null".to_owned(), |status| status.to_string())
    }

    /// Seconds from `now` (unix milliseconds) that the receiver asks to be left alone, as far as they are granted.
    ///
    /// What is no [`retry_after`] counts as absent.
    pub fn asked_pause(&self, schedule: &[u64], now: u64) -> Option<u64> {
        let seconds = retry_after(&self.retry_after, now)?.div_ceil(1000);
        let cap = schedule
            .iter()
            .copied()
            .fold(RETRY_AFTER_CAP_SECONDS, u64::max);
        Some(seconds.min(cap))
    }
}

/// What `Retry-After` asks for, in milliseconds from `now`: seconds, or a date ([RFC 9110 section
/// 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
pub fn retry_after(text: &str, now: u64) -> Option<u64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits that overflow are more than any cap.
        return Some(text.parse().unwrap_or(u64::MAX).saturating_mul(1000));
    }
    let at = unix_seconds(text)?.saturating_mul(1000);
    Some(at.saturating_sub(now))
}

/// When the attempt after the `made`th is due, in unix milliseconds; none where the schedule is exhausted.
///
/// `salt` makes the jitter of one delivery another than that of the next.
pub fn next_attempt(
    schedule: &[u64],
    made: u64,
    asked: Option<u64>,
    salt: u64,
    now: u64,
) -> Option<u64> {
    let place = usize::try_from(made.checked_sub(1)?).ok()?;
    let pause = schedule.get(place)?.saturating_mul(1000);
    let pause = pause.saturating_add(jitter(pause, salt ^ made));
    let asked = asked.unwrap_or(0).saturating_mul(1000);
    Some(now.saturating_add(pause.max(asked)))
}

/// A part of the pause that nobody can tell from chance.
fn jitter(pause: u64, salt: u64) -> u64 {
    let [a, b, ..] = sha256([salt.to_le_bytes().as_slice()]);
    let part = u64::from(u16::from_le_bytes([a, b]));
    (pause / 100 * JITTER_PERCENT).saturating_mul(part) / u64::from(u16::MAX)
}
