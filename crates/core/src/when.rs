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

/// RFC 3339 as unix milliseconds. A time without an offset is UTC.
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339))
        .ok()?;
    u64::try_from(moment.unix_timestamp_nanos().checked_div(1_000_000)?).ok()
}
