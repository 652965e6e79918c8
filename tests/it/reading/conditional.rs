//! RFC 9110, section 13: what is answered 304.

use waypost_core::conditional::{Preconditions, Validators, http_date};

/// Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's own examples.
const CHANGED: u64 = 784_111_777;

fn check(if_none_match: Option<&str>, if_modified_since: Option<&str>, not_modified: bool) {
    let preconditions = Preconditions {
        if_none_match,
        if_modified_since,
    };
    let validators = Validators {
        etag: r#""1.2-3""#,
        last_modified: Some(CHANGED),
    };
    assert_eq!(
        preconditions.not_modified(validators),
        not_modified,
        "If-None-Match: {if_none_match:?}, If-Modified-Since: {if_modified_since:?}"
    );
}

#[test]
fn if_none_match() {
    for (tags, not_modified) in [
        (r#""1.2-3""#, true),
        // Weak comparison: caches that compress make tags weak.
        (r#"W/"1.2-3""#, true),
        ("*", true),
        ("  *  ", true),
        (r#""a", "1.2-3""#, true),
        (r#""1.2-3","a""#, true),
        (r#"W/"a" , W/"1.2-3""#, true),
        (r#", ,"1.2-3","#, true),
        // Tags may hold commas, blanks and backslashes; none of them ends one.
        (r#""a,b", "1.2-3""#, true),
        (r#""a, 1.2-3""#, false),
        (r#""a,1.2-3,b""#, false),
        (r#""\", "1.2-3""#, true),
        (r#""""#, false),
        (r#""", "1.2-3""#, true),
        (r#""1.2-4""#, false),
        (r#""1.2-3+""#, false),
        (r#""1.2-3.1""#, false),
        (r#""x1.2-3""#, false),
        (r#""1.2-3 ""#, false),
        // Malformed is nothing that anybody could hold.
        ("", false),
        ("1.2-3", false),
        (r#""1.2-3"#, false),
        (r#"1.2-3""#, false),
        ("'1.2-3'", false),
        ("W/", false),
        (r#""*""#, false),
        ("a*", false),
    ] {
        check(Some(tags), None, not_modified);
    }
}

#[test]
fn if_modified_since() {
    for (date, not_modified) in [
        ("Sun, 06 Nov 1994 08:49:37 GMT", true),
        ("Sun, 06 Nov 1994 08:49:36 GMT", false),
        ("Sun, 06 Nov 1994 08:49:38 GMT", true),
        ("Thu, 01 Jan 2099 00:00:00 GMT", true),
        // The obsolete forms, which a recipient must take.
        ("Sunday, 06-Nov-94 08:49:37 GMT", true),
        ("Sun Nov  6 08:49:37 1994", true),
        ("Sun Nov  6 08:49:36 1994", false),
        // No date is no condition.
        ("", false),
        ("0", false),
        ("-1", false),
        ("1994-11-06T08:49:37Z", false),
        ("Sun, 06 Nov 1994 08:49:37", false),
        ("Sun, 31 Feb 1994 08:49:37 GMT", false),
    ] {
        check(None, Some(date), not_modified);
    }
}

#[test]
fn precedence() {
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    check(None, None, false);
    // The tag decides alone where there is one, whatever the date says.
    check(Some(r#""1.2-3""#), Some(EARLIER), true);
    check(Some(r#""other""#), Some(LATER), false);
    check(Some("malformed"), Some(LATER), false);
    check(Some(""), Some(LATER), false);
}

#[test]
fn without_a_date_no_date_matches() {
    let preconditions = Preconditions {
        if_none_match: None,
        if_modified_since: Some("Thu, 01 Jan 2099 00:00:00 GMT"),
    };
    assert!(!preconditions.not_modified(Validators {
        etag: r#""1""#,
        last_modified: None
    }));
}

#[test]
fn dates_as_http_writes_them() {
    for (seconds, text) in [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (CHANGED, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    ] {
        assert_eq!(http_date(seconds), text);
    }
}
