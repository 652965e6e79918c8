//! Which pages of other origins may read a feed ([Fetch, CORS](https://fetch.spec.whatwg.org/#http-cors-protocol)).

/// What stands for every origin.
pub const ANY: &str = "*";

/// Headers of answers that a page may see beside those that are always shown.
pub const EXPOSED: &str =
    "ETag, Link, Poll-Interval, Preference-Applied, Retry-After, X-Poll-Interval, X-Request-Id";

/// Headers of requests that a page may send.
pub const ALLOWED: &str =
    "Accept, Authorization, If-Modified-Since, If-None-Match, Last-Event-ID, Prefer";

/// How long a browser may remember what it was allowed, in seconds.
pub const MAX_AGE: &str = "7200";

/// The value of `Access-Control-Allow-Origin` for a page of `origin`; none where it may not read.
pub fn allowed<'a>(origins: &'a [String], origin: Option<&'a str>) -> Option<&'a str> {
    let all = origins.iter().find(|known| *known == ANY);
    all.map(String::as_str)
        .or_else(|| origin.filter(|origin| origins.iter().any(|known| known == origin)))
}

/// Whether answers differ by origin, so that caches must keep them apart.
pub fn varies(origins: &[String]) -> bool {
    !origins.is_empty() && !origins.iter().any(|known| known == ANY)
}

/// Whether `origin` can be one: a scheme and an authority, as browsers write it.
pub(crate) fn is_origin(origin: &str) -> bool {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| origin.strip_prefix(scheme));
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
    origin == ANY || rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain))
}
