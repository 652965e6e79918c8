//! A stream's steps: where each stands, what it shows, and where it cannot go on.

use waypost_core::cache::Audience;
use waypost_core::config::Retention;
use waypost_core::feed::{Log, Step, heartbeat, preamble};
use waypost_core::query::{Face, Position, Query};
use waypost_core::wire::Meta;

use super::db::RusqliteDb;
use super::given::{self, BIRTH, id};

fn query(text: &str, after: Option<u64>) -> Query {
    let query = Query::parse(Face::Stream, text, None).expect("a query");
    let position = after.map_or(query.position, |n| Position::After(id(n)));
    Query { position, ..query }
}

/// The next step after an event, which there must be.
fn step(log: &Log<RusqliteDb>, text: &str, after: Option<u64>) -> Step<Vec<u8>> {
    let step = log.follow(&query(text, after), Audience::Token, BIRTH);
    step.expect("works").expect("a step")
}

/// The lines that name events.
fn ids(step: &Step<Vec<u8>>) -> Vec<String> {
    let text = String::from_utf8(step.pieces.concat()).expect("text");
    let ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
    ids.map(str::to_owned).collect()
}

#[test]
fn steps_cover_everything_once() {
    let (_, log) = given::empty();
    given::fill(&log, 1..251, BIRTH);
    let (mut after, mut seen) = (None, Vec::new());
    for expect in [(100, true), (200, true), (250, false), (250, false)] {
        let next = step(&log, "", after);
        assert_eq!((next.last, next.more), (id(expect.0), expect.1));
        seen.extend(ids(&next));
        after = Some(next.last.sequence);
    }
    let all: Vec<_> = (1..251).map(|n| id(n).to_string()).collect();
    assert_eq!(seen, all);
}

#[test]
fn what_is_hidden_is_come_past() {
    let (_, log) = given::empty();
    for n in 1..7 {
        let kind = if n == 3 { "pull" } else { "push" };
        let meta = Meta {
            kind: kind.to_owned(),
            ..given::meta(n)
        };
        given::append(&log, &meta, b"{}", BIRTH);
    }
    // The last line is where the client stands now, past what is hidden after the last event shown.
    let shown = step(&log, "type=pull", None);
    assert_eq!(ids(&shown), [id(3), id(6)].map(|id| id.to_string()));
    let none = step(&log, "type=none", Some(2));
    assert_eq!((none.pieces.len(), none.last), (0, id(6)));
    assert_eq!(heartbeat(id(2), none.last), format!("id: {}\n\n", id(6)));
    assert_eq!(heartbeat(id(6), id(6)), ":\n\n");
}

#[test]
fn where_it_begins_and_where_it_cannot_go_on() {
    let (_, log) = given::empty();
    assert_eq!(log.beginning(&query("", None)), id(0));
    given::fill(&log, 1..6, BIRTH);
    let keep = Retention {
        days: None,
        events: Some(2),
        bytes: None,
    };
    log.prune(keep, BIRTH).expect("works");
    assert_eq!(log.beginning(&query("", None)), id(3));
    assert_eq!(log.beginning(&query("", Some(4))), id(4));
    assert_eq!(preamble(id(3)), format!("retry: 1000\nid: {}\n\n", id(3)));
    assert_eq!(ids(&step(&log, "", None)).len(), 2);
    for (after, code) in [(2, "CursorExpired"), (6, "CursorAhead")] {
        let refused = log.follow(&query("", Some(after)), Audience::Token, BIRTH);
        let reply = refused.expect("works").expect_err("no step");
        assert_eq!(reply.status, 410);
        let content = format!("{:?}", reply.content);
        assert!(
            content.contains("earliest") && content.contains(code),
            "{content}"
        );
    }
}
