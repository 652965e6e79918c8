//! A browser's session with the page: a cookie that stands for the administrator's token.
//!
//! It holds a time and a MAC under the token, so that nothing is kept of it anywhere, it ends by itself, and a new
//! token ends them all. `__Host-` binds it to this host and to TLS
//! ([RFC 6265bis, section 4.1.3](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3));
//! a loopback address has no TLS, and gets a cookie of another name.

use crate::access::is_one_of;
use crate::encoding::Encoding;
use crate::hash::{Hash, Piece};
use crate::rejection::Rejection;

/// How long a session lasts, in seconds.
const LIFE_SECONDS: u64 = 12 * 3600;

const SECURE: &str = "__Host-waypost";
const LOOPBACK: &str = "waypost";

/// What is signed besides the time, so that the MAC is one of no other text.
const PURPOSE: &str = "waypost session ";

/// Where a request was sent to, and from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// `scheme://authority` of the request's own URL.
    pub own: &'a str,
    /// The `Origin` header.
    pub origin: Option<&'a str>,
    /// The `Sec-Fetch-Site` header.
    pub site: Option<&'a str>,
}

impl Origin<'_> {
    /// The cookie's name here.
    ///
    /// # Errors
    ///
    /// `insecure` where a token would travel in the clear.
    fn cookie(self) -> Result<&'static str, Rejection> {
        let Some(authority) = self.own.strip_prefix("http://") else {
            return Ok(SECURE);
        };
        let loopback = ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| {
            let port = authority.strip_prefix(host);
            port.is_some_and(|port| port.is_empty() || port.starts_with(':'))
        });
        match loopback {
            true => Ok(LOOPBACK),
            false => Err(Rejection::Insecure),
        }
    }

    /// Whether a page of another origin asks. Programs say nothing of where they are.
    pub fn is_foreign(self) -> bool {
        match (self.site, self.origin) {
            (Some(site), _) => matches!(site, "cross-site" | "same-site"),
            (None, Some(origin)) => origin != self.own,
            (None, None) => false,
        }
    }

    /// Whether the page itself asks. A request that changes something must show it: a cookie comes along whoever
    /// makes the browser send it.
    fn is_own(self) -> bool {
        match (self.site, self.origin) {
            (Some(site), _) => site == "same-origin",
            (None, Some(origin)) => origin == self.own,
            (None, None) => false,
        }
    }
}

/// The token in `{"token"}`.
///
/// # Errors
///
/// `invalid_body`.
pub fn token(body: &[u8]) -> Result<String, Rejection> {
    let body: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let token = body.as_ref().and_then(|body| body.get("token")?.as_str());
    Ok(token.ok_or(Rejection::InvalidBody)?.to_owned())
}

/// The value of `Set-Cookie` that begins a session at `now` (unix milliseconds).
///
/// # Errors
///
/// `insecure`, `cross_origin`, and `unauthorised` where `token` is not the administrator's.
pub fn begin(token: &str, admin: &str, from: Origin<'_>, now: u64) -> Result<String, Rejection> {
    let name = from.cookie()?;
    if !from.is_own() {
        return Err(Rejection::CrossOrigin);
    }
    if !is_one_of(token, std::iter::once(admin)) {
        return Err(Rejection::Unauthorised);
    }
    let until = (now / 1000).saturating_add(LIFE_SECONDS);
    let value = format!("{until}.{}", mac(admin, until));
    Ok(set(name, &value, LIFE_SECONDS))
}

/// The value of `Set-Cookie` that ends it.
///
/// # Errors
///
/// `insecure`.
pub fn end(from: Origin<'_>) -> Result<String, Rejection> {
    Ok(set(from.cookie()?, "", 0))
}

fn set(name: &str, value: &str, seconds: u64) -> String {
    let secure = if name == SECURE { "; Secure" } else { "" };
    format!("{name}={value}; Path=/{secure}; HttpOnly; SameSite=Strict; Max-Age={seconds}")
}

/// Whether a request carries a session that is on.
///
/// # Errors
///
/// `cross_origin` where it does, but changes something and is not the page's own.
pub fn is_on(
    cookies: Option<&str>,
    admin: &str,
    from: Origin<'_>,
    changes: bool,
    now: u64,
) -> Result<bool, Rejection> {
    let (Some(cookies), Ok(name)) = (cookies, from.cookie()) else {
        return Ok(false);
    };
    let on = cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(known, _)| *known == name)
        .any(|(_, value)| is_valid(value, admin, now));
    match on && changes && !from.is_own() {
        true => Err(Rejection::CrossOrigin),
        false => Ok(on),
    }
}

fn is_valid(value: &str, admin: &str, now: u64) -> bool {
    let Some((until, given)) = value.split_once('.') else {
        return false;
    };
    let Ok(until) = until.parse::<u64>() else {
        return false;
    };
    let expected = mac(admin, until);
    until > now / 1000 && is_one_of(given, std::iter::once(expected.as_str()))
}

fn mac(admin: &str, until: u64) -> String {
    let text = Piece::Bytes(format!("{PURPOSE}{until}").into_bytes());
    Encoding::Hex.encode(&Hash::Sha256.mac(admin.as_bytes(), &[text], b""))
}
