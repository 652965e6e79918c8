//! Sessions of the page: who begins one, what it opens, and when it ends.

use waypost_core::access::is_basic;
use waypost_core::rejection::Rejection;
use waypost_core::session::{Origin, begin, end, is_on, token};

const ADMIN: &str = "the administrator's token";
const NOW: u64 = 1_767_225_600_000;
const LIFE_MS: u64 = 12 * 3600 * 1000;

fn at<'a>(own: &'a str, origin: Option<&'a str>, site: Option<&'a str>) -> Origin<'a> {
    Origin { own, origin, site }
}

fn own(own: &str) -> Origin<'_> {
    at(own, None, Some("same-origin"))
}

/// The cookie as a browser sends it back.
fn cookie(set: &str) -> String {
    set.split(';').next().expect("a pair").to_owned()
}

#[test]
fn a_session_is_bound_to_its_host_and_ends() {
    let here = own("https://hooks.example");
    let set = begin(ADMIN, ADMIN, here, NOW).expect("begins");
    let (pair, attributes) = set.split_once("; ").expect("attributes");
    assert!(pair.starts_with("__Host-waypost="));
    assert_eq!(
        attributes,
        "Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200"
    );
    assert!(!set.contains(ADMIN));
    let cookies = format!("a=b; {pair} ; c=d");
    let on = |admin, now| is_on(Some(&cookies), admin, here, false, now);
    assert_eq!(on(ADMIN, NOW), Ok(true));
    assert_eq!(on(ADMIN, NOW + LIFE_MS - 1000), Ok(true));
    assert_eq!(on(ADMIN, NOW + LIFE_MS), Ok(false), "it is over");
    assert_eq!(on("another token", NOW), Ok(false), "the token was changed");
    assert_eq!(
        end(here),
        Ok("__Host-waypost=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0".to_owned())
    );
}

#[test]
fn a_session_cannot_be_made_up() {
    let here = own("https://hooks.example");
    let set = begin(ADMIN, ADMIN, here, NOW).expect("begins");
    let pair = cookie(&set);
    let (until, mac) = pair
        .split_once('=')
        .expect("a value")
        .1
        .split_once('.')
        .expect("a dot");
    let later = until.parse::<u64>().expect("a time") + 1;
    for forged in [
        format!("__Host-waypost={later}.{mac}"),
        format!("__Host-waypost={until}.{}", mac.to_uppercase()),
        format!("__Host-waypost={until}."),
        format!("__Host-waypost={until}"),
        format!("__Host-waypost=.{mac}"),
        format!("__Host-waypost=+{until}.{mac}0"),
        format!("__Host-waypost2={until}.{mac}"),
        format!("waypost={until}.{mac}"),
        format!("__Host-waypost={ADMIN}"),
        String::new(),
    ] {
        assert_eq!(
            is_on(Some(&forged), ADMIN, here, false, NOW),
            Ok(false),
            "{forged}"
        );
    }
    assert_eq!(is_on(None, ADMIN, here, false, NOW), Ok(false));
    assert_eq!(is_on(Some(&pair), ADMIN, here, false, NOW), Ok(true));
}

#[test]
fn what_changes_something_comes_from_the_page() {
    let host = "https://hooks.example";
    let pair = cookie(&begin(ADMIN, ADMIN, own(host), NOW).expect("begins"));
    let ask = |from, changes| is_on(Some(&pair), ADMIN, from, changes, NOW);
    for (from, expect) in [
        (own(host), Ok(true)),
        (at(host, Some(host), Some("same-origin")), Ok(true)),
        (at(host, Some(host), None), Ok(true)),
        (at(host, None, None), Err(Rejection::CrossOrigin)),
        (
            at(host, Some("https://evil.example"), None),
            Err(Rejection::CrossOrigin),
        ),
        (at(host, Some("null"), None), Err(Rejection::CrossOrigin)),
        (
            at(host, Some(host), Some("same-site")),
            Err(Rejection::CrossOrigin),
        ),
        (
            at(host, Some(host), Some("cross-site")),
            Err(Rejection::CrossOrigin),
        ),
        (at(host, None, Some("none")), Err(Rejection::CrossOrigin)),
    ] {
        assert_eq!(ask(from, true), expect, "{from:?}");
        assert_eq!(
            ask(from, false),
            Ok(true),
            "reading changes nothing: {from:?}"
        );
    }
}

#[test]
fn signing_in() {
    let host = "https://hooks.example";
    let with = |token, from| begin(token, ADMIN, from, NOW).map(|_| ());
    assert_eq!(with("wrong", own(host)), Err(Rejection::Unauthorised));
    assert_eq!(with("", own(host)), Err(Rejection::Unauthorised));
    assert_eq!(
        begin("", "", own(host), NOW),
        Err(Rejection::Unauthorised),
        "no token opens nothing"
    );
    assert_eq!(
        with(ADMIN, at(host, Some("https://evil.example"), None)),
        Err(Rejection::CrossOrigin)
    );
    for clear in [
        "http://hooks.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://10.0.0.1:80",
    ] {
        assert_eq!(with(ADMIN, own(clear)), Err(Rejection::Insecure), "{clear}");
        assert_eq!(end(own(clear)), Err(Rejection::Insecure), "{clear}");
    }
    for loopback in [
        "http://127.0.0.1:8787",
        "http://localhost",
        "http://[::1]:99",
    ] {
        let set = begin(ADMIN, ADMIN, own(loopback), NOW).expect("begins");
        assert!(
            set.starts_with("waypost=") && !set.contains("Secure"),
            "{set}"
        );
        let cookies = cookie(&set);
        assert_eq!(
            is_on(Some(&cookies), ADMIN, own(loopback), true, NOW),
            Ok(true)
        );
        assert_eq!(
            is_on(Some(&cookies), ADMIN, own(host), true, NOW),
            Ok(false)
        );
    }
    assert_eq!(token(br#"{"token":"x"}"#), Ok("x".to_owned()));
    for body in ["", "{}", "[]", r#"{"token":1}"#, "token=x"] {
        assert_eq!(
            token(body.as_bytes()),
            Err(Rejection::InvalidBody),
            "{body}"
        );
    }
}

/// What a browser adds to requests of its own accord must not let a page of another origin change anything.
#[test]
fn a_page_of_another_origin_is_told_from_a_program() {
    let host = "https://hooks.example";
    for (from, foreign) in [
        (at(host, None, None), false),
        (own(host), false),
        (at(host, None, Some("none")), false),
        (at(host, Some(host), None), false),
        (at(host, Some("https://evil.example"), None), true),
        (at(host, Some("null"), None), true),
        (
            at(host, Some("https://evil.example"), Some("cross-site")),
            true,
        ),
        (
            at(host, Some("https://other.hooks.example"), Some("same-site")),
            true,
        ),
    ] {
        assert_eq!(from.is_foreign(), foreign, "{from:?}");
    }
    assert!(is_basic(Some("Basic eDp5")) && is_basic(Some(" bAsIc eDp5")));
    assert!(!is_basic(Some("Bearer x")) && !is_basic(Some("basic")) && !is_basic(None));
}
