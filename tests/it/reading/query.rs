//! The query of each face: what it means, and the one text that it has.

use waypost_core::cursor::EventId;
use waypost_core::query::{Face, Position, Query, Question};
use waypost_core::rejection::Rejection;
use waypost_core::route::Resource;

const ID: &str = "0000001767225600_0000000000000042";

/// `expect` is the canonical URL, or the refusal.
fn check(face: Face, query: &str, expect: Result<&str, Rejection>) {
    let read = Query::parse(face, query, None).map(|query| query.to_string());
    assert_eq!(
        read.as_deref().map_err(|e| *e),
        expect,
        "{face:?} {query:?}"
    );
    // The canonical text means the same and is its own canonical text.
    if let Ok(url) = read {
        let (_, query) = url.split_once('?').expect("a query");
        assert_eq!(
            Query::parse(face, query, None).map(|q| q.to_string()),
            Ok(url.clone())
        );
    }
}

#[test]
fn events() {
    let check = |query: &str, expect: Result<&str, Rejection>| check(Face::Events, query, expect);
    let start = Ok("/events?limit=100&wait=0");
    for query in [
        "",
        "&",
        "since_id=",
        "limit=&wait=&since_id=",
        "=",
        "unknown=1",
        "limit",
        "Limit=7&SINCE_ID=1",
    ] {
        check(query, start);
    }
    check(
        &format!("wait=5&since_id={ID}&limit=7"),
        Ok(&format!("/events?limit=7&since_id={ID}&wait=5")),
    );
    // Another face's names are not this one's.
    check("last_event_id=x&timeout=9&since=y", start);
    // Clamped.
    check("limit=0", Ok("/events?limit=1&wait=0"));
    check("limit=501", Ok("/events?limit=500&wait=0"));
    check(
        "limit=99999999999999999999999",
        Ok("/events?limit=500&wait=0"),
    );
    check("limit=007", Ok("/events?limit=7&wait=0"));
    check("wait=25", Ok("/events?limit=100&wait=25"));
    check("wait=26", Ok("/events?limit=100&wait=25"));
    // Echoed by who waits, and dropped where it is nothing.
    check("cursor=7&wait=5", Ok("/events?cursor=7&limit=100&wait=5"));
    check("cursor=007&wait=5", Ok("/events?cursor=7&limit=100&wait=5"));
    for query in ["cursor=7", "cursor=7&wait=0"] {
        check(query, start);
    }
    for query in [
        "cursor=x&wait=5",
        "cursor=0&wait=5",
        "cursor=&wait=5",
        "wait=5&cursor=99999999999999999999",
    ] {
        check(query, Ok("/events?limit=100&wait=5"));
    }
    // Filters are sorted, and told once.
    check(
        "type=b&source=x&type=a&type=b&type=&encoding=base64",
        Ok("/events?encoding=base64&limit=100&source=x&type=a&type=b&wait=0"),
    );
    check("type=a&type=*", start);
    check("source=*&type=a.*", Ok("/events?limit=100&type=a.*&wait=0"));
    check(
        "type=%26%3D%C3%A9",
        Ok("/events?limit=100&type=%26%3D%C3%A9&wait=0"),
    );
    check("encoding=", start);
    // Encoded, as forms are.
    check("%6cimit=%37", Ok("/events?limit=7&wait=0"));
    check(
        &format!("since_id={}", ID.replace('_', "%5F")),
        Ok(&format!("/events?limit=100&since_id={ID}&wait=0")),
    );
}

#[test]
fn long_poll() {
    let check = |query: &str, expect: Result<&str, Rejection>| check(Face::LongPoll, query, expect);
    check("", Ok("/long-poll?limit=100&timeout=25"));
    check("last_event_id=", Ok("/long-poll?limit=100&timeout=25"));
    check("timeout=0", Ok("/long-poll?limit=100&timeout=0"));
    check("timeout=30", Ok("/long-poll?limit=100&timeout=25"));
    check(
        &format!("last_event_id={ID}&timeout=3&limit=2"),
        Ok(&format!("/long-poll?last_event_id={ID}&limit=2&timeout=3")),
    );
    check("since_id=x&wait=1", Ok("/long-poll?limit=100&timeout=25"));
}

#[test]
fn updates() {
    let check = |query: &str, expect: Result<&str, Rejection>| check(Face::Updates, query, expect);
    check("", Ok("/updates?"));
    check("since=", Ok("/updates?"));
    // Never bounded by count, never held.
    check("limit=x&wait=x&timeout=x", Ok("/updates?"));
    check(&format!("since={ID}"), Ok(&format!("/updates?since={ID}")));
}

#[test]
fn refusals() {
    use Rejection::{DuplicateParameter, InvalidCursor, InvalidParameter};
    for (query, rejection) in [
        ("limit=1&limit=1", DuplicateParameter),
        ("limit=1&limit=", DuplicateParameter),
        ("limit=&%6cimit=1", DuplicateParameter),
        ("since_id=&since_id=", DuplicateParameter),
        ("wait=1&wait=2", DuplicateParameter),
        ("encoding=base64&encoding=base64", DuplicateParameter),
        ("wait=1&cursor=1&cursor=1", DuplicateParameter),
        ("encoding=hex", InvalidParameter),
        ("encoding=BASE64", InvalidParameter),
        (&format!("type={}", "x".repeat(129)), InvalidParameter),
        (&"type=x&".repeat(33), InvalidParameter),
        ("limit=-1", InvalidParameter),
        ("limit=+1", InvalidParameter),
        ("limit=%2B1", InvalidParameter),
        ("limit=1.0", InvalidParameter),
        ("limit=1e2", InvalidParameter),
        ("limit=0x10", InvalidParameter),
        ("limit=ten", InvalidParameter),
        ("limit=%20", InvalidParameter),
        ("wait=1s", InvalidParameter),
        ("wait=%D9%A1", InvalidParameter),
        ("since_id=1", InvalidCursor),
        ("since_id=2026-01-01T00:00:00Z", InvalidCursor),
        ("since_id=%20", InvalidCursor),
        ("since_id=null", InvalidCursor),
    ] {
        check(Face::Events, query, Err(rejection));
    }
    check(Face::Updates, "since=yesterday", Err(InvalidCursor));
    check(
        Face::LongPoll,
        "last_event_id=2026-01-01T00:00:00Z",
        Err(InvalidCursor),
    );
    // Unknown ones are dropped, however often they come.
    check(Face::Events, "x=1&x=2", Ok("/events?limit=100&wait=0"));
}

#[test]
fn a_preference_is_for_urls_that_say_nothing() {
    let check = |face, query: &str, prefer, expect: (u64, bool)| {
        let read = Query::parse(face, query, Some(prefer)).expect("a query");
        assert_eq!((read.hold, read.preferred), expect, "{query}");
    };
    check(Face::Events, "", 10, (10, true));
    check(Face::Events, "wait=", 99, (25, true));
    check(Face::Events, "wait=3", 10, (3, false));
    check(Face::Events, "wait=0", 10, (0, false));
    check(Face::LongPoll, "", 10, (10, true));
    check(Face::LongPoll, "timeout=4", 10, (4, false));
    check(Face::Updates, "", 10, (0, false));
    check(Face::Stream, "", 10, (0, false));
}

/// What may be answered with what somebody else was: not by who waits otherwise, since where the list goes on
/// differs.
#[test]
fn shared_questions() {
    let shared = |resource, query: &str| {
        let asked = Question::parse(resource, Some(ID), query, None).expect("a question");
        asked.shared().map(|question| question.to_string())
    };
    let events = |query: &str| shared(Resource::Events, query);
    let held = format!("/events?limit=100&since_id={ID}&wait=5");
    for echoed in ["", "&cursor=7", "&cursor=x"] {
        assert_eq!(
            events(&format!("since_id={ID}&wait=5{echoed}")),
            Some(held.clone())
        );
    }
    assert_ne!(events(&format!("since_id={ID}")), Some(held));
    assert_eq!(shared(Resource::Updates, ""), Some("/updates?".to_owned()));
    assert_eq!(
        shared(Resource::Updates, "since=2026-01-01T00:00:00Z"),
        None
    );
    assert_eq!(shared(Resource::Event, ""), Some(format!("/events/{ID}")));
    for own in [Resource::EventBody, Resource::Newest, Resource::Stream] {
        assert_eq!(shared(own, ""), None, "{own:?}");
    }
}

#[test]
fn a_stream_is_resumed_by_its_header() {
    let other = ID.replace("42", "43");
    let stream = |query: &str, last: Option<&str>| {
        let read = Question::parse(Resource::Stream, None, query, None).expect("a question");
        read.resumed(last).map(|question| question.to_string())
    };
    let at = |id: &str| Ok(format!("/stream?since_id={id}"));
    assert_eq!(stream("", None), Ok("/stream?".to_owned()));
    assert_eq!(
        stream("wait=5&limit=5&timeout=x&cursor=1", None),
        Ok("/stream?".to_owned())
    );
    assert_eq!(stream("", Some(ID)), at(ID));
    assert_eq!(stream(&format!("since_id={ID}"), None), at(ID));
    assert_eq!(stream(&format!("since_id={ID}"), Some("")), at(ID));
    assert_eq!(stream(&format!("since_id={ID}"), Some(&other)), at(&other));
    assert_eq!(stream("", Some("x")), Err(Rejection::InvalidCursor));
    // It means nothing elsewhere.
    let list = Question::parse(Resource::Events, None, "", None).expect("a question");
    assert_eq!(list.clone().resumed(Some("x")), Ok(list));
}

#[test]
fn questions_have_one_url() {
    let id: EventId = ID.parse().expect("an id");
    let query = |face, position, limit, hold| {
        Question::List(Query {
            position,
            limit,
            hold,
            ..Query::parse(face, "", None).expect("no position")
        })
    };
    for (question, url) in [
        (Question::Newest, "/resource".to_owned()),
        (Question::Event(id, false), format!("/events/{ID}")),
        (
            Question::Event(id, true),
            format!("/events/{ID}?encoding=base64"),
        ),
        (Question::Body(id), format!("/events/{ID}/body")),
        (
            query(Face::Events, Position::After(id), Some(3), 0),
            format!("/events?limit=3&since_id={ID}&wait=0"),
        ),
        (
            query(Face::LongPoll, Position::None, Some(100), 25),
            "/long-poll?limit=100&timeout=25".to_owned(),
        ),
        (
            query(Face::Updates, Position::Time(1_767_225_600_001), None, 0),
            "/updates?since=2026-01-01T00%3A00%3A00.001Z".to_owned(),
        ),
    ] {
        assert_eq!(question.to_string(), url);
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        let path: Vec<_> = path.split('/').skip(1).collect();
        assert_eq!(Question::canonical(&path, query), Ok(question), "{url}");
    }
    for path in [
        &[][..],
        &[""],
        &["feeds"],
        &["events", ID, "headers"],
        &["events", ID, "body", ""],
    ] {
        assert_eq!(
            Question::canonical(path, ""),
            Err(Rejection::NotFound),
            "{path:?}"
        );
    }
}

#[test]
fn events_that_no_log_could_have() {
    for id in [
        None,
        Some(""),
        Some("1"),
        Some("0000001767225600_00000000000000xx"),
    ] {
        for resource in [Resource::Event, Resource::EventBody] {
            assert_eq!(
                Question::parse(resource, id, "", None),
                Err(Rejection::UnknownEvent),
                "{id:?}"
            );
        }
    }
}
