//! What a hold that ends with nothing gives to be echoed, and where a list goes on.

use super::ask::{Ask, POLL_INTERVAL};
use super::given::{self, BIRTH, id};

#[test]
fn echoes_only_grow_and_meet() {
    let (_, log) = given::empty();
    given::fill(&log, 1..3, BIRTH);
    let step = 20_000;
    let check = |echoed: &str, now: u64, expect: u64| {
        let url = format!("/events?since_id={}&wait=5{echoed}", id(2));
        let seen = Ask::url(&url, now).now(&log);
        let page = seen.json();
        assert_eq!(page["cursor"], expect.to_string(), "{url}");
        let next = format!("?cursor={expect}&limit=100&since_id={}&wait=5", id(2));
        assert_eq!(seen.next, Some((next, 0)), "{url}");
        // What is given is part of what the tag stands for.
        assert!(seen.etag.expect("a tag").contains(&expect.to_string()));
        assert_eq!(seen.last_modified, None);
    };
    let n = BIRTH / step;
    check("", BIRTH + 5_000, n);
    // Two fills of one URL within a step are alike, and those who were apart meet.
    check("", BIRTH + 6_000, n);
    check(&format!("&cursor={}", n - 2), BIRTH + 6_000, n);
    // Never the same again.
    check(&format!("&cursor={n}"), BIRTH + 6_000, n + 1);
    check(&format!("&cursor={n}"), BIRTH + step, n + 1);
    check(&format!("&cursor={}", n + 7), BIRTH + step, n + 8);
    // Whatever somebody made of it does no harm.
    for odd in ["x", "-1", "1.5", "99999999999999999999999", "", "0", "%00"] {
        check(&format!("&cursor={odd}"), BIRTH, n);
    }
}

#[test]
fn it_is_no_position_and_never_missed() {
    let (_, log) = given::empty();
    given::fill(&log, 1..4, BIRTH);
    let plain = Ask::url(&format!("/events?since_id={}&wait=5", id(1)), BIRTH).now(&log);
    for echoed in ["1", "99", "x"] {
        let url = format!("/events?cursor={echoed}&since_id={}&wait=5", id(1));
        assert_eq!(Ask::url(&url, BIRTH).now(&log), plain, "{url}");
    }
    assert_eq!(plain.json().get("cursor"), None);
    // Who does not wait has none.
    let now = Ask::url(&format!("/events?cursor=9&since_id={}", id(3)), BIRTH).now(&log);
    assert_eq!(now.json().get("cursor"), None);
    assert_eq!(
        now.next,
        Some((
            format!("?limit=100&since_id={}&wait=0", id(3)),
            POLL_INTERVAL
        ))
    );
}

#[test]
fn next_of_every_face() {
    let (_, log) = given::empty();
    given::fill(&log, 1..4, BIRTH);
    let check = |url: &str, expect: String, after: u64| {
        assert_eq!(
            Ask::url(url, BIRTH + 1_000).now(&log).next,
            Some((expect, after)),
            "{url}"
        );
    };
    let [one, three] = [1, 3].map(id);
    check(
        "/events?limit=1",
        format!("?limit=1&since_id={one}&wait=0"),
        0,
    );
    check(
        "/events",
        format!("?limit=100&since_id={three}&wait=0"),
        POLL_INTERVAL,
    );
    check(
        "/events?wait=9",
        format!("?limit=100&since_id={three}&wait=9"),
        0,
    );
    check(
        "/long-poll",
        format!("?last_event_id={three}&limit=100&timeout=25"),
        0,
    );
    check("/updates", format!("?since={three}"), POLL_INTERVAL);
    check(
        "/updates?since=2026-01-01T00:00:00Z&type=push",
        format!("?since={three}&type=push"),
        POLL_INTERVAL,
    );
    let single = Ask::url(&format!("/events/{one}"), BIRTH).now(&log);
    assert_eq!(single.next, None);
}
