//! Filters: what they show, how far a page of them goes, and what holds.

use waypost_core::feed::Log;
use waypost_core::wire::Meta;

use super::ask::{Ask, POLL_INTERVAL};
use super::db::RusqliteDb;
use super::given::{self, BIRTH, id};

/// Types and sources of the events, one after the other.
const EVENTS: &[(&str, &str)] = &[
    ("invoice.paid", "stripe"),
    ("push", "github"),
    ("invoice.payment.failed", "stripe"),
    ("invoices.paid", "stripe"),
    ("", "acme"),
    ("push", "gitea"),
    ("a'b.*", "github"),
    ("invoice", "stripe"),
];

fn log() -> Log<RusqliteDb> {
    let (_, log) = given::empty();
    for (n, (kind, source)) in (1..).zip(EVENTS) {
        let meta = Meta {
            kind: (*kind).to_owned(),
            source: (*source).to_owned(),
            ..given::meta(n)
        };
        given::append(&log, &meta, b"{}", BIRTH);
    }
    log
}

/// The sequences of the events that a URL shows, and the sequence that it goes on after.
fn shown(log: &Log<RusqliteDb>, url: &str) -> (Vec<u64>, u64) {
    let page = Ask::url(url, BIRTH + 5_000).now(log).json();
    let sequence = |id: &serde_json::Value| -> u64 {
        let (_, sequence) = id.as_str().expect("an id").split_once('_').expect("an id");
        sequence.parse().expect("a number")
    };
    let list = page.get("events").or(page.get("updates")).expect("a list");
    let ids = list.as_array().expect("a list").iter();
    let next = page.get("next").map_or(0, sequence);
    (ids.map(|event| sequence(&event["id"])).collect(), next)
}

#[test]
fn what_they_show() {
    let log = log();
    let check = |filter: &str, expect: &[u64]| {
        let (events, next) = shown(&log, &format!("/events?{filter}"));
        assert_eq!((events.as_slice(), next), (expect, 8), "{filter}");
        for face in ["/long-poll", "/updates"] {
            let (events, _) = shown(&log, &format!("{face}?{filter}&timeout=0"));
            assert_eq!(events, expect, "{face}?{filter}");
        }
    };
    let all = [1, 2, 3, 4, 5, 6, 7, 8];
    check("type=push", &[2, 6]);
    check("type=invoice.*", &[1, 3]);
    check("type=invoice.payment.*", &[3]);
    check("type=invoice", &[8]);
    check("type=invoice.*&type=push", &[1, 2, 3, 6]);
    check("type=push&type=push&type=", &[2, 6]);
    check("source=stripe", &[1, 3, 4, 8]);
    check("source=stripe&source=acme", &[1, 3, 4, 5, 8]);
    check("source=github&type=push", &[2]);
    check("source=github&type=*", &[2, 7]);
    check("type=*", &all);
    check("type=&source=", &all);
    // Nothing in a value means anything else.
    check("type=PUSH", &[]);
    check("type=%25", &[]);
    check("type=pus_", &[]);
    check("type=p*", &[]);
    check("type=*push", &[]);
    check("type=.*", &[]);
    check("type=a'b.*", &[7]);
    check("type=%22]", &[]);
}

#[test]
fn a_page_counts_what_it_shows_and_covers_what_it_hides() {
    let log = log();
    let check = |after: u64, query: &str, expect: &[u64], next: u64| {
        let url = format!("/events?since_id={}&{query}", id(after));
        assert_eq!(shown(&log, &url), (expect.to_vec(), next), "{url}");
    };
    check(0, "type=push&limit=1", &[2], 2);
    check(2, "type=push&limit=1", &[6], 6);
    check(6, "type=push&limit=1", &[], 8);
    check(0, "source=stripe&limit=2", &[1, 3], 3);
    check(0, "source=stripe&limit=4", &[1, 3, 4, 8], 8);
    log.erase(3, BIRTH).expect("works");
    check(0, "source=stripe&limit=2", &[1, 4], 4);
}

#[test]
fn rare_events_are_found_in_several_pages() {
    let (_, log) = given::empty();
    let rare = |n| Meta {
        kind: "rare".to_owned(),
        ..given::meta(n)
    };
    given::fill(&log, 1..25_001, BIRTH);
    given::append(&log, &rare(25_001), b"{}", BIRTH);
    let mut after = 0;
    for expect in [(vec![], 10_000), (vec![], 20_000), (vec![25_001], 25_001)] {
        let url = format!("/events?since_id={}&type=rare&wait=20", id(after));
        let found = shown(&log, &url);
        assert_eq!(found, expect);
        after = found.1;
    }
    // A reader without `next` is not stopped by what is hidden.
    let url = "/long-poll?type=rare";
    assert_eq!(shown(&log, url).0, [25_001]);
}

#[test]
fn a_hold_goes_on_over_what_is_hidden() {
    let log = log();
    let check = |url: &str, holds: bool| {
        let ask = Ask {
            held: false,
            ..Ask::url(url, BIRTH + 5_000)
        };
        assert_eq!(ask.of(&log).expect("works").is_none(), holds, "{url}");
    };
    let after = |n| format!("/events?wait=20&since_id={}", id(n));
    check(&format!("{}&type=push", after(5)), false);
    check(&format!("{}&type=push", after(6)), true);
    check(&format!("{}&type=push", after(8)), true);
    check("/events?wait=20&type=none", true);
    check("/long-poll?type=none", true);
    check("/long-poll?type=push", false);
    // When it ends with nothing, it has come past what it hid.
    let url = format!("{}&type=push", after(6));
    let over = Ask::url(&url, BIRTH + 5_000).now(&log);
    assert_eq!(over.json()["next"], id(8).to_string());
    assert_eq!(over.json()["events"], serde_json::json!([]));
}

#[test]
fn each_has_its_tag_and_its_next() {
    let log = log();
    let mut tags = std::collections::BTreeSet::new();
    let queries = [
        "",
        "type=push",
        "type=pull",
        "source=push",
        "type=push&source=push",
        "encoding=base64",
        "type=push&encoding=base64",
    ];
    for query in queries {
        let url = format!("/events?since_id={}&{query}", id(0));
        let seen = Ask::url(&url, BIRTH + 5_000).now(&log);
        assert!(tags.insert(seen.etag), "{query}");
        let (next, after) = seen.next.expect("a next");
        assert_eq!(after, POLL_INTERVAL);
        for part in query.split('&').filter(|part| !part.is_empty()) {
            assert!(next.contains(part), "{next} of {query}");
        }
        assert!(next.contains(&format!("since_id={}", id(8))), "{next}");
        // Another order of the same is the same.
        let turned: Vec<&str> = query.split('&').rev().collect();
        let turned = format!("/events?{}&since_id={}", turned.join("&"), id(0));
        let again = Ask::url(&turned, BIRTH + 5_000).now(&log);
        assert_eq!(again.next.expect("a next").0, next);
    }
}
