//! Ids and types out of bodies.

use waypost_core::fields::{Pointer, in_reader, in_slice, values};

use super::support::Trickle;

/// What one question with these pointers finds, by both routes.
fn find(body: &str, pointers: &[&str]) -> Option<String> {
    let pointers: Vec<Pointer> = pointers
        .iter()
        .map(|text| Pointer::parse(text).expect("a pointer"))
        .collect();
    let wanted: Vec<&Pointer> = pointers.iter().collect();
    let here = in_slice(body.as_bytes(), &[&wanted]).remove(0);
    let read = in_reader(Trickle(body.as_bytes()), &[&wanted]).remove(0);
    assert_eq!(here, read, "both routes must agree on {body}");
    here.map(|found| found.text)
}

#[test]
fn fields_are_found_where_they_may_be() {
    let long = format!(r#"{{"id":"{}"}}"#, "i".repeat(256));
    let too_long = format!(r#"{{"id":"{}"}}"#, "i".repeat(257));
    let deep = format!(
        r#"{{"x":{}{},"id":"a"}}"#,
        "[".repeat(5000),
        "]".repeat(5000)
    );
    for (body, pointers, found) in [
        (r#"{"id":"a"}"#, &["/id"][..], Some("a")),
        (r#" { "x" : {} , "id" : "a" } "#, &["/id"], Some("a")),
        (
            r#"{"id":12345678901234567890}"#,
            &["/id"],
            Some("12345678901234567890"),
        ),
        (r#"{"id":-7}"#, &["/id"], Some("-7")),
        (r#"{"id":"\u00e4\n"}"#, &["/id"], None),
        (r#"{"id":"\u00e4"}"#, &["/id"], Some("ä")),
        (r#"{"id":""}"#, &["/id"], None),
        (r#"{"id":1.5}"#, &["/id"], None),
        (r#"{"id":1e3}"#, &["/id"], None),
        (r#"{"id":123456789012345678901234567890}"#, &["/id"], None),
        (r#"{"id":true}"#, &["/id"], None),
        (r#"{"id":null}"#, &["/id"], None),
        (r#"{"id":{"id":"a"}}"#, &["/id"], None),
        (r#"{"id":["a"]}"#, &["/id"], None),
        (r#"[{"id":"a"}]"#, &["/id"], None),
        (r#"[{"id":"a"}]"#, &["/0/id"], None),
        (r#"{"list":[{"id":"a"}]}"#, &["/list/0/id"], None),
        (r#"{"list":[{"id":"a"}],"id":"b"}"#, &["/id"], Some("b")),
        (r#"{"data":{"id":"a"}}"#, &["/id"], None),
        (r#"{"data":{"id":"a"},"id":"b"}"#, &["/id"], Some("b")),
        (r#"{"data":{"id":"a"}}"#, &["/data/id"], Some("a")),
        (r#"{"id":"a","id":"b"}"#, &["/id"], Some("a")),
        (r#"{"id":null,"id":"b"}"#, &["/id"], None),
        (r#"{"id":1.5,"id":"b"}"#, &["/id"], None),
        (r#"{"id":true,"id":"b"}"#, &["/id"], None),
        (r#"{"id":{"x":1},"id":"b"}"#, &["/id"], None),
        (r#"{"id":["a"],"id":"b"}"#, &["/id"], None),
        (
            r#"{"event":["x"],"type":"b"}"#,
            &["/event/type", "/type"],
            Some("b"),
        ),
        (r#"{"a/b":{"c~d":"x"}}"#, &["/a~1b/c~0d"], Some("x")),
        (r#"{"":"x"}"#, &["/"], Some("x")),
        (r#"{"\u0069d":"a"}"#, &["/id"], Some("a")),
        (
            r#"{"type":"b","event":{"type":"a"}}"#,
            &["/event/type", "/type"],
            Some("a"),
        ),
        (
            r#"{"event":{"type":"a"},"type":"b"}"#,
            &["/event/type", "/type"],
            Some("a"),
        ),
        (r#"{"type":"b"}"#, &["/event/type", "/type"], Some("b")),
        (
            r#"{"type":"b","event":"x"}"#,
            &["/event/type", "/type"],
            Some("b"),
        ),
        (r#"{"event":"x"}"#, &["/event", "/event/type"], Some("x")),
        (
            r#"{"event":{"type":"x"}}"#,
            &["/event", "/event/type"],
            Some("x"),
        ),
        ("", &["/id"], None),
        ("id=a", &["/id"], None),
        ("null", &["/id"], None),
        (r#"{"id":"a""#, &["/event/id", "/id"], None),
        (r#"{"id":"a"} x"#, &["/event/id", "/id"], None),
        (r#"{"x":1,}"#, &["/id"], None),
        (r#"{"id":"a"}"#, &[], None),
        (&long, &["/id"], Some(&long[7..263])),
        (&too_long, &["/id"], None),
        (&deep, &["/id"], Some("a")),
    ] {
        let shown: String = body.chars().take(60).collect();
        assert_eq!(
            find(body, pointers).as_deref(),
            found,
            "{shown} {pointers:?}"
        );
    }
}

#[test]
fn no_more_is_read_than_needed() {
    struct Counted<'a>(&'a [u8], usize);
    impl std::io::Read for Counted<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let read = std::io::Read::read(&mut self.0, into)?;
            self.1 += read;
            Ok(read)
        }
    }
    let body = format!(r#"{{"id":"a","filler":"{}"}}"#, "x".repeat(1_000_000));
    let id = Pointer::parse("/id").expect("a pointer");
    let mut counted = Counted(body.as_bytes(), 0);
    let found = in_reader(&mut counted, &[&[&id]]).remove(0);
    assert_eq!(found.map(|found| found.text).as_deref(), Some("a"));
    assert!(counted.1 <= 64 * 1024, "{} bytes read", counted.1);

    // The better place is found, so the worse one cannot matter; each question goes by itself.
    let filler = "x".repeat(1_000_000);
    let pointer = |text| Pointer::parse(text).expect("a pointer");
    let (inner, outer) = (pointer("/event/type"), pointer("/type"));
    for (body, event_type, enough) in [
        (
            format!(r#"{{"id":"a","event":{{"type":"t"}},"x":"{filler}","type":"u"}}"#),
            "t",
            true,
        ),
        (
            format!(r#"{{"event":{{"type":"t"}},"x":"{filler}","id":"a"}}"#),
            "t",
            false,
        ),
        (
            format!(r#"{{"id":"a","x":"{filler}","event":{{"type":"t"}}}}"#),
            "t",
            false,
        ),
        (
            format!(r#"{{"id":"a","type":"u","x":"{filler}","event":{{"type":"t"}}}}"#),
            "t",
            false,
        ),
        (
            format!(r#"{{"id":"a","event":{{"type":null}},"x":"{filler}","type":"u"}}"#),
            "u",
            false,
        ),
    ] {
        let mut counted = Counted(body.as_bytes(), 0);
        let found = in_reader(&mut counted, &[&[&id][..], &[&inner, &outer]]);
        let texts = found.into_iter().map(|found| found.map(|found| found.text));
        let texts: Vec<Option<String>> = texts.collect();
        let start = &body[..40];
        let expected = [Some("a".to_owned()), Some(event_type.to_owned())];
        assert_eq!(texts, expected, "{start}");
        assert_eq!(
            counted.1 < 100_000,
            enough,
            "{start}: {} bytes read",
            counted.1
        );
    }

    let mut nothing = Counted(body.as_bytes(), 0);
    assert_eq!(in_reader(&mut nothing, &[&[], &[]]), [None, None]);
    assert_eq!(nothing.1, 0, "without a question nothing is read");
}

#[test]
fn a_read_that_fails_finds_nothing() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    let id = Pointer::parse("/id").expect("a pointer");
    assert_eq!(in_reader(Broken, &[&[&id]]), [None]);
}

#[test]
fn pointers_are_those_of_the_rfc() {
    for text in ["", "id", "id/x"] {
        assert_eq!(Pointer::parse(text), None, "{text:?}");
    }
    assert!(
        Pointer::parse("/").is_some(),
        "the member with the empty name"
    );
}

proptest::proptest! {
    #[test]
    fn no_body_panics(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let id = Pointer::parse("/a/b").expect("a pointer");
        let here = in_slice(&body, &[&[&id]]);
        let read = in_reader(Trickle(&body), &[&[&id]]);
        proptest::prop_assert_eq!(here, read);
    }
}

#[test]
fn the_only_item_of_a_list_can_be_meant() {
    let pointer = Pointer::parse("/list/*/id").expect("a pointer");
    for (body, expected) in [
        (r#"{"list":[{"id":"a"}]}"#, Some("a")),
        (r#"{"list":[{"id":true}]}"#, Some("true")),
        (r#"{"list":[{"id":""}]}"#, Some("")),
        (r#"{"list":[{"id":null}]}"#, None),
        (r#"{"list":[{"id":1.5}]}"#, None),
        (r#"{"list":[]}"#, None),
        (r#"{"list":[{"id":"a"},{"id":"a"}]}"#, None),
        (r#"{"list":[{"id":"a"},1]}"#, None),
        (r#"{"list":[[{"id":"a"}]]}"#, None),
        (r#"{"list":{"*":{"id":"a"}}}"#, None),
        (r#"{"list":{"id":"a"}}"#, None),
        // Of a member that stands twice, some read the first and some the last.
        (r#"{"list":[{"id":"a"}],"list":[{"id":"b"}]}"#, None),
        (r#"{"list":[{"id":"a"}],"list":[]}"#, None),
        (r#"{"list":[{"id":"a","id":"a"}]}"#, None),
        (r#"{"other":1,"other":2,"list":[{"id":"a"}]}"#, Some("a")),
        (r#"{"list":[{"id":"a"}]"#, None),
    ] {
        let found = values(body.as_bytes(), &[&pointer]);
        assert_eq!(found, [expected.map(str::to_owned)], "{body}");
    }
}

#[test]
fn values_are_any_text_and_names_are_not() {
    let pointer = Pointer::parse("/a").expect("a pointer");
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(300));
    for body in [
        long.as_str(),
        r#"{"a":"line\nfeed"}"#,
        r#"{"a":""}"#,
        r#"{"a":false}"#,
    ] {
        assert!(values(body.as_bytes(), &[&pointer])[0].is_some(), "{body}");
        assert_eq!(in_slice(body.as_bytes(), &[&[&pointer]]), [None], "{body}");
    }
}
