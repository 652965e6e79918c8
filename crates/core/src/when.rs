//! Moments as text (RFC 3339) and as unix milliseconds.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Unix milliseconds as RFC 3339 in UTC, to the millisecond.
pub fn rfc3339(unix_ms: u64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms).saturating_mul(1_000_000))
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// The year 10000 in unix milliseconds: RFC 3339 has no more digits.
const TOO_LATE: u64 = 253_402_300_800_000;

/// RFC 3339 as unix milliseconds. A time without an offset is UTC. One before 1970 counts as its
/// beginning: some languages write "from the start" as the year 1.
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339))
        .ok()?;
    let ms = moment
        .unix_timestamp_nanos()
        .max(0)
        .checked_div(1_000_000)?;
    u64::try_from(ms).ok().filter(|&ms| ms < TOO_LATE)
}
