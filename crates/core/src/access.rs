//! Who may read: bearer tokens, and the same tokens as passwords.

use subtle::{Choice, ConstantTimeEq};

use crate::encoding::Encoding;
use crate::hash::sha256;

/// Whether `Authorization` carries one of `tokens`: `Bearer TOKEN`, or `Basic` with any user name
/// and the token as password ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750),
/// [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).
///
/// Every token is compared, each in constant time and by its hash, so that time tells neither which
/// one matched nor how long it is. An empty token opens nothing.
pub fn granted<'t>(authorization: Option<&str>, tokens: impl Iterator<Item = &'t str>) -> bool {
    let given = authorization.and_then(credential);
    given.is_some_and(|given| is_one(&given, tokens))
}

/// Whether `Authorization` is of the scheme that browsers remember.
pub fn is_basic(authorization: Option<&str>) -> bool {
    let scheme = authorization.and_then(|value| value.trim().split_once(' '));
    scheme.is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
}

/// Whether `text` is one of `secrets`, as [`granted`] compares tokens.
pub fn is_one_of<'t>(text: &str, secrets: impl Iterator<Item = &'t str>) -> bool {
    is_one(text.as_bytes(), secrets)
}

fn is_one<'t>(given: &[u8], tokens: impl Iterator<Item = &'t str>) -> bool {
    if given.is_empty() {
        return false;
    }
    let given = sha256([given]);
    let matched = tokens
        .filter(|token| !token.is_empty())
        .fold(Choice::from(0), |matched, token| {
            matched | given.ct_eq(&sha256([token.as_bytes()]))
        });
    matched.into()
}

/// The token in a credential; the scheme's name is case-insensitive (RFC 9110, section 11.1).
fn credential(authorization: &str) -> Option<Vec<u8>> {
    let (scheme, value) = authorization.trim().split_once(' ')?;
    let value = value.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.as_bytes().to_vec());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = Encoding::Base64.decode(value)?;
    // The user name ends at the first colon; the password may hold more of them.
    let colon = pair.iter().position(|&byte| byte == b':')?;
    pair.get(colon.saturating_add(1)..).map(<[u8]>::to_vec)
}
