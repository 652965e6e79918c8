//! Tokens in `Authorization`.

use waypost_core::access::granted;
use waypost_core::encoding::Encoding;

const TOKENS: &[&str] = &[
    "first",
    "",
    "with:colon",
    "with blank",
    "schlüssel",
    "c2VjcmV0",
];

fn check(authorization: Option<&str>, tokens: &[&str], expect: bool) {
    let opens = granted(authorization, tokens.iter().copied());
    assert_eq!(opens, expect, "{authorization:?}");
}

fn basic(scheme: &str, pair: &str) -> String {
    format!("{scheme} {}", Encoding::Base64.encode(pair.as_bytes()))
}

#[test]
fn bearer() {
    for (authorization, expect) in [
        ("Bearer first", true),
        ("bearer first", true),
        ("BEARER first", true),
        ("Bearer   first ", true),
        ("Bearer with:colon", true),
        ("Bearer c2VjcmV0", true),
        ("Bearer First", false),
        ("Bearer firs", false),
        ("Bearer firstt", false),
        ("Bearer first, Bearer first", false),
        ("Bearer", false),
        ("Bearer ", false),
        ("Bearer\tfirst", false),
        ("first", false),
        ("Token first", false),
        ("Digest first", false),
        ("", false),
    ] {
        check(Some(authorization), TOKENS, expect);
    }
    check(None, TOKENS, false);
}

#[test]
fn basic_with_any_user() {
    for (pair, expect) in [
        ("x:first", true),
        (":first", true),
        ("user name:first", true),
        // The user ends at the first colon; the rest of them is password.
        ("x:with:colon", true),
        ("with:colon", false),
        ("x:with blank", true),
        ("x:schlüssel", true),
        ("first:", false),
        ("first:x", false),
        ("first", false),
        ("x:", false),
        (":", false),
        ("", false),
        ("x:first ", false),
    ] {
        for scheme in ["Basic", "basic", "BASIC"] {
            check(Some(&basic(scheme, pair)), TOKENS, expect);
        }
    }
    for malformed in ["Basic", "Basic ", "Basic x:first", "Basic !!!!", "Basic eA"] {
        check(Some(malformed), TOKENS, false);
    }
    // Without its padding, as some clients send it.
    check(Some("Basic eDpmaXJzdA"), TOKENS, true);
}

#[test]
fn nothing_opens_without_tokens() {
    for tokens in [&[][..], &[""], &["", ""]] {
        for authorization in ["Bearer ", "Bearer", "Bearer x", "Basic Og==", "Basic eDo="] {
            check(Some(authorization), tokens, false);
        }
        check(None, tokens, false);
    }
}
