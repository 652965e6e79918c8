//! What a body asks, and what is refused of it.

use waypost_core::subscription::{Bulk, Changes, Creation, MAX_IN_FLIGHT, Rotation, Wanted};

#[test]
fn a_creation() {
    let of = |body: &str| Creation::parse(body.as_bytes());
    let least = of(r#"{"url":"https://a.io/"}"#).expect("good");
    assert_eq!(least.events, r#"["*"]"#);
    assert_eq!(
        (least.raw, least.ordered, least.max_in_flight),
        (false, false, MAX_IN_FLIGHT)
    );
    assert_eq!(least.secret, None);
    // What a client that fills in every member sends.
    let document =
        of(r#"{"url":"https://a.io/","events":["order.created","invoice.*"],"secret":null}"#)
            .expect("good");
    assert_eq!(document.events, r#"["order.created","invoice.*"]"#);
    let most = of(r#"{"url":"x","events":["*"],"secret":"12345678","format":"raw","ordered":true,"max_in_flight":99,"z":1}"#)
        .expect("good");
    assert!(most.raw && most.ordered);
    assert_eq!(most.max_in_flight, MAX_IN_FLIGHT);
    assert_eq!(most.secret.as_deref(), Some("12345678"));
}

#[test]
fn what_is_refused() {
    let long = format!(r#"{{"url":"https://a.io/{}"}}"#, "x".repeat(2050));
    let many = format!(
        r#"{{"url":"x","events":[{}]}}"#,
        vec![r#""a""#; 51].join(",")
    );
    let wide = format!(r#"{{"url":"x","events":["{}"]}}"#, "x".repeat(101));
    for (body, member) in [
        ("", "url"),
        ("{}", "url"),
        ("[]", "The body"),
        ("{", "The body"),
        ("\u{feff}{}", "The body"),
        (r#"{"url":7}"#, "url"),
        (r#"{"url":""}"#, "url"),
        (long.as_str(), "url"),
        (r#"{"url":"x","events":[]}"#, "events"),
        (r#"{"url":"x","events":"*"}"#, "events"),
        (r#"{"url":"x","events":[""]}"#, "events"),
        (r#"{"url":"x","events":["a*"]}"#, "events"),
        (r#"{"url":"x","events":[".*"]}"#, "events"),
        (r#"{"url":"x","events":["*.a"]}"#, "events"),
        (r#"{"url":"x","events":["a.*.*"]}"#, "events"),
        (r#"{"url":"x","events":[7]}"#, "events"),
        (many.as_str(), "events"),
        (wide.as_str(), "events"),
        (r#"{"url":"x","secret":"short"}"#, "secret"),
        (r#"{"url":"x","secret":7}"#, "secret"),
        (r#"{"url":"x","secret":"whsec_%%%%%%%%"}"#, "secret"),
        (r#"{"url":"x","format":"xml"}"#, "format"),
        (r#"{"url":"x","ordered":"yes"}"#, "ordered"),
        (r#"{"url":"x","max_in_flight":-1}"#, "max_in_flight"),
        (r#"{"url":"x","max_in_flight":"6"}"#, "max_in_flight"),
    ] {
        let problem = Creation::parse(body.as_bytes()).expect_err(body);
        assert_eq!(problem.status(), 400);
        let text = problem.body();
        assert!(text.contains(r#""code":"invalid_body""#), "{text}");
        assert!(
            text.contains(&format!(r#""detail":"{member} must be "#)),
            "{body}: {text}"
        );
    }
}

#[test]
fn changes_rotations_and_replays() {
    let changes = Changes::parse(br#"{"paused":true,"secret":"whatever"}"#).expect("good");
    assert_eq!(
        (changes.url, changes.events, changes.paused),
        (None, None, Some(true))
    );
    assert!(Changes::parse(br#"{"paused":1}"#).is_err());
    assert_eq!(Rotation::parse(b"").expect("good").grace_seconds, 86_400);
    assert_eq!(
        Rotation::parse(br#"{"grace_seconds":0}"#)
            .expect("good")
            .grace_seconds,
        0
    );
    assert_eq!(
        Rotation::parse(br#"{"grace_seconds":99999999}"#)
            .expect("good")
            .grace_seconds,
        2_592_000
    );
    let id = "0001700000000000_0000000000000007";
    let bulk = |body: &str| Bulk::parse(body.as_bytes());
    assert_eq!(bulk(r#"{"failed":true}"#).expect("good"), Bulk::Failed);
    assert!(matches!(
        bulk(&format!(r#"{{"since_id":"{id}"}}"#)),
        Ok(Bulk::Range(Some(_), None))
    ));
    assert!(matches!(
        bulk(&format!(r#"{{"until_id":"{id}"}}"#)),
        Ok(Bulk::Range(None, Some(_)))
    ));
    for body in [
        "",
        "{}",
        r#"{"failed":false}"#,
        r#"{"since_id":"x"}"#,
        r#"{"failed":"true"}"#,
    ] {
        assert!(bulk(body).is_err(), "{body}");
    }
    assert!(bulk(&format!(r#"{{"failed":true,"since_id":"{id}"}}"#)).is_err());
}

#[test]
fn lists() {
    assert!(
        Wanted::parse("").is_ok() && Wanted::parse("status=failed&limit=9999&since_id=").is_ok()
    );
    for query in [
        "status=lost",
        "limit=x",
        "since_id=x",
        "status=failed&status=failed",
    ] {
        assert!(Wanted::parse(query).is_err(), "{query}");
    }
}
