//! Conditional requests: RFC 9110, section 13, for GET and HEAD.

use crate::hash::hex;

/// The validators of the answer that is about to be given.
#[derive(Clone, Copy, Debug)]
pub struct Validators<'a> {
    /// The entity tag with its quotes, such as `"a-1"`. Always strong.
    pub etag: &'a str,
    /// The moment of the last change, in unix seconds, where one is known.
    pub last_modified: Option<u64>,
}

/// The preconditions that came with the request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Preconditions<'a> {
    /// `If-None-Match`.
    pub if_none_match: Option<&'a str>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<&'a str>,
}

impl Preconditions<'_> {
    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        self.if_none_match.is_none() && self.if_modified_since.is_none()
    }

    /// Whether the answer is 304 (RFC 9110, section 13.2.2).
    ///
    /// `If-None-Match` decides alone where it is present; a date that cannot be parsed counts as
    /// absent.
    pub fn not_modified(&self, answer: Validators<'_>) -> bool {
        match (self.if_none_match, self.if_modified_since) {
            (Some(tags), _) => matches(tags, answer.etag),
            (None, Some(date)) => answer
                .last_modified
                .zip(unix_seconds(date))
                .is_some_and(|(last, since)| last <= since),
            (None, None) => false,
        }
    }
}

/// Whether a list of entity tags contains `etag` under weak comparison (RFC 9110, section
/// 8.8.3.2): caches that compress turn a strong tag into a weak one.
fn matches(list: &str, etag: &str) -> bool {
    if list.trim() == "*" {
        return true;
    }
    let mut rest = list;
    // Tags may contain commas, so the list is walked by quotes and not split at commas.
    while let Some((_, from_quote)) = rest.split_once('"') {
        let Some((tag, after)) = from_quote.split_once('"') else {
            return false;
        };
        if etag.strip_prefix('"').and_then(|e| e.strip_suffix('"')) == Some(tag) {
            return true;
        }
        rest = after;
    }
    false
}

/// The entity tag of an answer that is told from others by its bytes alone.
pub fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex(bytes).get(..16).unwrap_or_default())
}

/// An HTTP date as unix seconds.
pub fn unix_seconds(date: &str) -> Option<u64> {
    let time = httpdate::parse_http_date(date).ok()?;
    time.duration_since(std::time::UNIX_EPOCH)
        .ok()
        .map(|d| d.as_secs())
}

/// Unix seconds as an HTTP date, for `Last-Modified` and `Date`.
pub fn http_date(unix_seconds: u64) -> String {
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(unix_seconds))
}
