//! Timestamps: how they are written, and how far from now they may be.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{rejection::Rejection, scheme::Named};

/// How a scheme writes the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Whole seconds since 1970.
    Seconds,
    /// Whole milliseconds since 1970.
    Milliseconds,
    /// A date and time with its offset ([RFC 3339](https://www.rfc-editor.org/rfc/rfc3339)).
    Rfc3339,
}

impl Named for Unit {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("s", Self::Seconds),
        ("ms", Self::Milliseconds),
        ("rfc3339", Self::Rfc3339),
    ];
}

/// The longest plausible count of seconds and of milliseconds, in digits: both last for centuries, and
/// milliseconds sent where seconds belong are malformed rather than in the far future.
const SECONDS_DIGITS: usize = 11;
const MILLISECONDS_DIGITS: usize = 14;
/// A date with nine digits of fraction and an offset has 35 characters.
const RFC3339_LENGTH: usize = 40;

impl Unit {
    /// The time that `text` gives, in milliseconds since 1970; none where it is malformed.
    ///
    /// Counts are ASCII digits and nothing else: no sign, no space, no fraction.
    pub fn parse(self, text: &str) -> Option<u64> {
        match self {
            Self::Seconds => digits(text, SECONDS_DIGITS)?.checked_mul(1000),
            Self::Milliseconds => digits(text, MILLISECONDS_DIGITS),
            Self::Rfc3339 if text.len() <= RFC3339_LENGTH => {
                let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
                u64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
            }
            Self::Rfc3339 => None,
        }
    }

    /// `millis` since 1970 as the scheme writes it.
    pub fn write(self, millis: u64) -> String {
        match self {
            Self::Seconds => (millis / 1000).to_string(),
            Self::Milliseconds => millis.to_string(),
            Self::Rfc3339 => {
                OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
                    .ok()
                    .and_then(|time| time.format(&Rfc3339).ok())
                    .unwrap_or_default()
            }
        }
    }
}

fn digits(text: &str, longest: usize) -> Option<u64> {
    let plain =
        (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Refuses a time that is more than `tolerance_seconds` before or after `now`. Both times are
/// milliseconds since 1970, and are compared in whole seconds, as the providers' own libraries do:
/// exactly the tolerance is still inside, whatever the fraction of the second.
///
/// # Errors
///
/// [`Rejection::StaleTimestamp`] or [`Rejection::FutureTimestamp`].
pub fn check(sent: u64, now: u64, tolerance_seconds: u64) -> Result<(), Rejection> {
    let (sent, now) = (sent / 1000, now / 1000);
    if now.saturating_sub(sent) > tolerance_seconds {
        return Err(Rejection::StaleTimestamp);
    }
    if sent.saturating_sub(now) > tolerance_seconds {
        return Err(Rejection::FutureTimestamp);
    }
    Ok(())
}
