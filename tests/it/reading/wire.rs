//! Frames in the queue and in appends.

use proptest::prelude::*;
use proptest::test_runner::Config;
use waypost_core::wire::{
    Meta, Outcome, Undecodable, Unique, VERSION, feed_of, frame_head, frames, push_frame,
    read_frame,
};

use crate::log::given;

fn frame(meta: &Meta, body: &[u8]) -> Vec<u8> {
    let mut frame = frame_head(meta);
    frame.extend_from_slice(body);
    frame
}

fn odd() -> Meta {
    Meta {
        headers: vec![("x-odd".to_owned(), "\"\\ é 😀\t".to_owned())],
        signature_headers: vec!["x-odd".to_owned()],
        unique: vec![Unique {
            key: "k".to_owned(),
            until: u64::MAX,
        }],
        content_type: None,
        body_key: Some("b/1".to_owned()),
        ..given::meta(1)
    }
}

#[test]
fn frames_come_back_whole() {
    for meta in [given::meta(1), odd()] {
        for body in [&b""[..], b"{}", b"\x01\x00\x00\x00\xff", &[7; 100_000]] {
            assert_eq!(read_frame(&frame(&meta, body)), Ok((meta.clone(), body)));
            assert_eq!(feed_of(&frame(&meta, body)), Ok(meta.feed.clone()));
        }
    }
}

/// The form itself: a message of one deployment is read by the next.
#[test]
fn the_form_stays() {
    let meta = br#"{"receipt":"r","source":"s","feed":"f","webhook_id":"w","type":"t","received_at":1,"content_type":null,"headers":[["a","b"]],"signature_headers":[],"unique":[{"key":"k","until":2}],"size":1}"#;
    let length = u32::try_from(meta.len()).expect("short").to_le_bytes();
    let bytes = [&[1][..], &length, meta, b"!"].concat();
    let (read, body) = read_frame(&bytes).expect("readable");
    assert_eq!(
        (read.receipt.as_str(), read.kind.as_str(), read.size),
        ("r", "t", 1)
    );
    assert_eq!((read.body_key.as_deref(), body), (None, &b"!"[..]));
    assert_eq!(frame(&read, body), bytes);
}

#[test]
fn what_cannot_be_read() {
    let whole = frame(&odd(), b"");
    for length in 0..whole.len() {
        assert_eq!(
            read_frame(&whole[..length]),
            Err(Undecodable::Truncated),
            "{length}"
        );
    }
    for version in [0, VERSION + 1, 255] {
        let mut other = whole.clone();
        other[0] = version;
        assert_eq!(read_frame(&other), Err(Undecodable::Version(version)));
    }
    for meta in [&b""[..], b"{}", b"[]", b"\xff", br#"{"receipt":1}"#] {
        let length = u32::try_from(meta.len()).expect("short").to_le_bytes();
        let bytes = [&[VERSION][..], &length, meta].concat();
        assert!(
            matches!(read_frame(&bytes), Err(Undecodable::Meta(_))),
            "{meta:?}"
        );
    }
    let longest = [&[VERSION][..], &u32::MAX.to_le_bytes(), b"{}"].concat();
    assert_eq!(read_frame(&longest), Err(Undecodable::Truncated));
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_frame(&bytes);
        let _ = frames(&bytes).count();
        let _ = read_frame(&[&[VERSION, 4, 0, 0, 0][..], &bytes].concat());
    }

    /// An append is its frames in order; one that is cut short ends it.
    #[test]
    fn appends_come_back_whole(all in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..8), cut in 0..200usize) {
        let mut append = Vec::new();
        let mut ends = Vec::new();
        for frame in &all {
            push_frame(&mut append, frame);
            ends.push(append.len());
        }
        prop_assert_eq!(frames(&append).collect::<Vec<_>>(), all.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let cut = cut.min(append.len());
        let whole = ends.iter().filter(|&&end| end <= cut).count();
        prop_assert_eq!(frames(&append[..cut]).count(), whole);
    }
}

#[test]
fn outcomes_have_names() {
    let all = [
        Outcome::Stored,
        Outcome::Duplicate,
        Outcome::Retry,
        Outcome::Unreadable,
    ];
    assert_eq!(
        serde_json::to_string(&all).expect("JSON"),
        r#"["stored","duplicate","retry","unreadable"]"#
    );
}
