//! What a reader is answered beside the content: status, validators, caching.

use waypost_core::cache::Audience;

use super::ask::Ask;
use super::db::RusqliteDb;
use super::given::{self, BIRTH, id};
use waypost_core::config::Retention;
use waypost_core::feed::Log;

/// Events 3 to 5 are kept, 4 is erased; everything happened in the first second.
fn log() -> Log<RusqliteDb> {
    let (_, log) = given::empty();
    given::fill(&log, 1..6, BIRTH + 100);
    let three = Retention {
        days: None,
        events: Some(3),
        bytes: None,
    };
    log.prune(three, BIRTH + 200).expect("works");
    log.erase(4, BIRTH + 300).expect("works");
    log
}

#[test]
fn status_and_caching() {
    let log = log();
    let check = |url: &str, status: u16, code: Option<&str>, public: &str, token: &str| {
        for (audience, cache_control) in [(Audience::Public, public), (Audience::Token, token)] {
            let seen = Ask {
                audience,
                ..Ask::url(url, BIRTH + 5_000)
            }
            .now(&log);
            assert_eq!(
                (seen.status, seen.cache_control),
                (status, cache_control),
                "{url}"
            );
            // A problem has no validators: nothing of it is worth asking for again.
            assert_eq!(seen.etag.is_some(), status == 200, "{url}");
            if let Some(code) = code {
                assert_eq!(seen.json()["code"], code, "{url}");
                assert_eq!(seen.last_modified, None);
            }
        }
    };
    const SETTLED: &str = "public, max-age=3600, immutable";
    const TAIL: &str = "public, max-age=5, stale-if-error=0";
    const NOW: &str = "public, max-age=1, stale-if-error=0";
    const ASK_AGAIN: &str = "private, no-cache";
    let after = |n| format!("/events?since_id={}", id(n));
    check(
        &format!("{}&limit=1", after(2)),
        200,
        None,
        SETTLED,
        ASK_AGAIN,
    );
    check(&after(2), 200, None, TAIL, ASK_AGAIN);
    check(&after(5), 200, None, NOW, ASK_AGAIN);
    check(
        &format!("/long-poll?last_event_id={}&timeout=0", id(5)),
        200,
        None,
        NOW,
        ASK_AGAIN,
    );
    // After a hold a private cache does not keep it for whoever asks the same again, and may for whoever
    // echoes the cursor.
    for wait in ["&wait=5", "&wait=5&cursor=x", "&wait=5&cursor=0"] {
        let timeout = "public, max-age=0, s-maxage=1, stale-if-error=0";
        check(
            &format!("{}{wait}", after(5)),
            200,
            None,
            timeout,
            ASK_AGAIN,
        );
    }
    let echoed = format!("{}&wait=5&cursor=7", after(5));
    check(&echoed, 200, None, NOW, ASK_AGAIN);
    check(
        &format!("/updates?since={}", id(2)),
        200,
        None,
        TAIL,
        ASK_AGAIN,
    );
    check("/events", 200, None, NOW, ASK_AGAIN);
    check("/events?limit=1", 200, None, NOW, ASK_AGAIN);
    check("/long-poll", 200, None, NOW, ASK_AGAIN);
    check("/updates", 200, None, NOW, ASK_AGAIN);
    check(
        "/updates?since=2026-01-01T00:00:00Z",
        200,
        None,
        NOW,
        ASK_AGAIN,
    );
    check("/resource", 200, None, NOW, ASK_AGAIN);
    let event = |n| format!("/events/{}", id(n));
    let body = |n| format!("/events/{}/body", id(n));
    check(&event(3), 200, None, SETTLED, ASK_AGAIN);
    check(&body(3), 200, None, SETTLED, ASK_AGAIN);
    for url in [event(4), body(4)] {
        check(&url, 410, Some("event_erased"), "no-store", "no-store");
    }
    let other_life = "0000000000000001_0000000000000003";
    for url in [
        event(2),
        event(6),
        event(0),
        body(2),
        body(6),
        format!("/events/{other_life}"),
    ] {
        check(&url, 404, Some("unknown_event"), "no-store", "no-store");
    }
    let gone = "public, max-age=5, stale-if-error=0";
    for url in [after(1), after(0), format!("/events?since_id={other_life}")] {
        check(&url, 410, Some("cursor_expired"), gone, "no-store");
    }
    for url in [after(6), after(9_999)] {
        check(&url, 410, Some("cursor_ahead"), gone, "no-store");
    }
}

#[test]
fn an_empty_log() {
    let (_, log) = given::empty();
    let check = |url: &str, status: u16, content: &str| {
        let seen = Ask::url(url, BIRTH + 5_000).now(&log);
        assert_eq!(seen.status, status, "{url}");
        assert_eq!(seen.last_modified, None, "{url}");
        if status == 200 {
            assert_eq!(seen.text(), content);
        }
    };
    let start = id(0);
    check(
        "/events",
        200,
        &format!(r#"{{"events":[],"next":"{start}","has_more":false}}"#),
    );
    check(
        &format!("/events?since_id={start}"),
        200,
        &format!(r#"{{"events":[],"next":"{start}","has_more":false}}"#),
    );
    check("/long-poll", 200, r#"{"events":[],"message":"timeout"}"#);
    check("/updates", 200, r#"{"updates":[]}"#);
    check("/resource", 404, "");
    check(&format!("/events/{start}"), 404, "");
    check(&format!("/events?since_id={}", id(1)), 410, "");
}

/// A date has whole seconds. Within the second of a change another may follow, so until it is over
/// no date is given, and no date that was given can hide a change.
#[test]
fn dates_wait_for_their_second() {
    let second = (BIRTH + 300) / 1000;
    let check = |now: u64, expect: Option<u64>| {
        for url in [
            "/events",
            "/long-poll",
            "/updates?since=2026-01-01T00:00:00Z",
            "/resource",
        ] {
            assert_eq!(
                Ask::url(url, now).now(&log()).last_modified,
                expect,
                "{url} at {now}"
            );
        }
    };
    check(BIRTH + 300, None);
    check(BIRTH + 999, None);
    check(BIRTH + 1_000, Some(second));
    check(BIRTH + 90_000, Some(second));
    // The window of the last ten minutes moves on by itself: no date speaks for it.
    assert_eq!(
        Ask::url("/updates", BIRTH + 90_000)
            .now(&log())
            .last_modified,
        None
    );
}

/// A time means everything appended since then, less the overlap; none means ten minutes.
#[test]
fn updates_since() {
    let (_, log) = given::empty();
    for (n, at) in [(1, BIRTH), (2, BIRTH + 1), (3, BIRTH + 10_000)] {
        given::fill(&log, n..n + 1, at);
    }
    let check = |url: &str, now: u64, expect: usize| {
        let page = Ask::url(url, now).now(&log).json();
        let events = page["updates"].as_array().expect("a list").len();
        assert_eq!(events, expect, "{url} at {now}");
    };
    let since = |ms: u64, expect| {
        let time = waypost_core::when::rfc3339(BIRTH + ms);
        check(&format!("/updates?since={time}"), BIRTH + 20_000, expect);
    };
    since(0, 3);
    since(5_000, 3);
    since(5_001, 2);
    since(5_002, 1);
    since(15_000, 1);
    since(15_001, 0);
    // A clock that is ahead of ours is no reason to refuse.
    since(86_400_000, 0);
    check("/updates?since=0001-01-01T00:00:00Z", BIRTH + 20_000, 3);
    check("/updates", BIRTH + 600_000, 3);
    check("/updates", BIRTH + 600_001, 2);
    check("/updates", BIRTH + 600_002, 1);
    check("/updates?since=", BIRTH + 610_001, 0);
}

/// A hold is for those for whom there is nothing.
#[test]
fn holds() {
    let log = log();
    let check = |url: &str, holds: bool| {
        let ask = Ask {
            held: false,
            ..Ask::url(url, BIRTH + 5_000)
        };
        assert_eq!(ask.of(&log).expect("works").is_none(), holds, "{url}");
        // Once the hold is over there is an answer, whatever it is.
        Ask { held: true, ..ask }.now(&log);
    };
    check(&format!("/events?since_id={}&wait=5", id(5)), true);
    check(&format!("/events?since_id={}&wait=0", id(5)), false);
    check(&format!("/events?since_id={}", id(5)), false);
    check(&format!("/events?since_id={}&wait=5", id(4)), false);
    check(&format!("/events?since_id={}&wait=5", id(1)), false);
    check(&format!("/events?since_id={}&wait=5", id(6)), false);
    check("/events?wait=5", false);
    check("/long-poll", false);
    check(&format!("/long-poll?last_event_id={}", id(5)), true);
    check(
        &format!("/long-poll?last_event_id={}&timeout=0", id(5)),
        false,
    );
    check(&format!("/updates?since={}", id(5)), false);
}

/// `/long-poll` has no `next`: erased events must not stop its reader, nor hold back what follows.
#[test]
fn erased_events_do_not_stop_a_reader_without_next() {
    let (_, log) = given::empty();
    given::fill(&log, 1..9, BIRTH);
    for n in 2..6 {
        log.erase(n, BIRTH).expect("works");
    }
    let ids = |after: u64, limit: u64| {
        let url = format!(
            "/long-poll?last_event_id={}&limit={limit}&timeout=0",
            id(after)
        );
        let page = Ask::url(&url, BIRTH).now(&log).json();
        let events = page["events"].as_array().expect("a list").clone();
        events
            .iter()
            .map(|e| e["payload"].is_object())
            .filter(|&shown| shown)
            .count()
    };
    assert_eq!(ids(0, 1), 1);
    assert_eq!(ids(1, 1), 1);
    assert_eq!(ids(1, 2), 2);
    assert_eq!(ids(1, 5), 1);
    for n in 6..9 {
        log.erase(n, BIRTH).expect("works");
    }
    let url = format!("/long-poll?last_event_id={}&limit=2", id(1));
    let ask = Ask {
        held: false,
        ..Ask::url(&url, BIRTH)
    };
    assert_eq!(ask.of(&log), Ok(None), "nothing is left: it waits");
}
