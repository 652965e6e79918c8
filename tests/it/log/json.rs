//! How an event is written: the text itself, to everybody.

use waypost_core::cache::Audience;
use waypost_core::feed::{Incoming, Payload};
use waypost_core::wire::Meta;

use super::ask::Ask;
use super::given::{self, BIRTH};

/// What a reader with the token and what a reader of a public feed sees of an event.
fn check(meta: &Meta, payload: Payload<'_, Vec<u8>>, token: &str, public: &str) {
    let (_, log) = given::empty();
    log.append(&[Incoming { meta, payload }], BIRTH)
        .expect("works");
    let url = format!("/events/{}", given::id(1));
    for (audience, expect) in [(Audience::Token, token), (Audience::Public, public)] {
        let ask = Ask {
            audience,
            ..Ask::url(&url, BIRTH)
        };
        let seen = ask.now(&log);
        assert_eq!(seen.text(), expect);
        seen.json();
        // A page holds the very same text.
        let page = Ask {
            url: "/events",
            ..ask
        }
        .now(&log);
        let next = given::id(1);
        assert_eq!(
            page.text(),
            format!(r#"{{"events":[{expect}],"next":"{next}","has_more":false}}"#)
        );
    }
}

const START: &str = r#"{"id":"0001767225600000_0000000000000001","source":"acme","type":"push","webhook_id":"w1","received_at":"2026-01-01T00:00:00Z","content_type":"#;

#[test]
fn headers() {
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|&(n, v)| (n.to_owned(), v.to_owned()))
            .collect()
    };
    let check = |headers: &[(&str, &str)], signatures: &[&str], token: &str, public: &str| {
        let meta = Meta {
            headers: pairs(headers),
            signature_headers: signatures.iter().map(|&name| name.to_owned()).collect(),
            ..given::meta(1)
        };
        let event = |headers| {
            format!(
                r#"{START}"application/json","headers":{{{headers}}},"size":2,"payload":{{}}}}"#
            )
        };
        check(&meta, Payload::Inline(b"{}"), &event(token), &event(public));
    };
    check(&[], &[], "", "");
    check(&[("a", "1")], &[], r#""a":"1""#, r#""a":"1""#);
    // Signatures come last, and a public feed shows the rest without a trace of them.
    check(
        &[("s", "x"), ("a", "1")],
        &["s"],
        r#""a":"1","s":"x""#,
        r#""a":"1""#,
    );
    check(
        &[("a", "1"), ("s", "x"), ("b", "2")],
        &["s"],
        r#""a":"1","b":"2","s":"x""#,
        r#""a":"1","b":"2""#,
    );
    check(
        &[("s", "x"), ("t", "y"), ("a", "1")],
        &["t", "s"],
        r#""a":"1","s":"x","t":"y""#,
        r#""a":"1""#,
    );
    // Nothing but signatures.
    check(&[("s", "x")], &["s"], r#""s":"x""#, "");
    check(
        &[("s", "x"), ("t", "y")],
        &["s", "t"],
        r#""s":"x","t":"y""#,
        "",
    );
    // Named, but not sent.
    check(&[("a", "1")], &["s"], r#""a":"1""#, r#""a":"1""#);
    // What JSON escapes, and what it does not.
    check(
        &[("a", "\"quoted\" \\ é 😀 \t\u{1}</script>")],
        &[],
        r#""a":"\"quoted\" \\ é 😀 \t\u0001</script>""#,
        r#""a":"\"quoted\" \\ é 😀 \t\u0001</script>""#,
    );
    check(&[("s", "\"")], &["s"], r#""s":"\"""#, "");
    check(&[("a", "")], &[], r#""a":"""#, r#""a":"""#);
}

#[test]
fn members() {
    let meta = Meta {
        source: "a\"b".to_owned(),
        kind: String::new(),
        webhook_id: "w\\1 é".to_owned(),
        received_at: BIRTH + 5,
        content_type: None,
        ..given::meta(1)
    };
    let event = r#"{"id":"0001767225600000_0000000000000001","source":"a\"b","type":"","webhook_id":"w\\1 é","received_at":"2026-01-01T00:00:00.005Z","content_type":null,"headers":{},"size":2,"payload":{}}"#;
    check(&meta, Payload::Inline(b"{}"), event, event);
    let meta = Meta {
        content_type: Some("text/x; a=\"b\"".to_owned()),
        ..given::meta(1)
    };
    let event = format!(r#"{START}"text/x; a=\"b\"","headers":{{}},"size":2,"payload":{{}}}}"#);
    check(&meta, Payload::Inline(b"{}"), &event, &event);
}

#[test]
fn payloads() {
    let check = |body: &[u8], member: &str| {
        let meta = Meta {
            size: body.len() as u64,
            ..given::meta(1)
        };
        let event = format!(
            r#"{START}"application/json","headers":{{}},"size":{},{member}}}"#,
            body.len()
        );
        check(&meta, Payload::Inline(body), &event, &event);
    };
    // The very text that was signed, whatever a serialiser would make of it.
    for text in [
        "{}",
        " [ 1 ,\t2\r\n] ",
        r#"{"a":1,"a":2,"\u0061":3}"#,
        r#"{"n":1.0e+05,"big":123456789012345678901234567890,"z":-0}"#,
        r#""é\u00e9\/</script>""#,
        "\"\u{2028}\u{10ffff}\"",
        "null",
        "true",
        "0",
    ] {
        check(text.as_bytes(), &format!(r#""payload":{text}"#));
    }
    for (bytes, base64) in [
        (&b""[..], ""),
        (b" ", "IA=="),
        (b"a=b", "YT1i"),
        (b"\xff\xfe", "//4="),
        (b"\x00", "AA=="),
        (b"{}\x00", "e30A"),
        (b"\xef\xbb\xbf{}", "77u/e30="),
        (b"{} {}", "e30ge30="),
        (b"{a:1}", "e2E6MX0="),
        (b"[1,]", "WzEsXQ=="),
        (b"NaN", "TmFO"),
        (b"\"\n\"", "Igoi"),
        (b"\"\xc3\"", "IsMi"),
        // What a strict parser refuses would make the whole page unreadable to it.
        (br#""\ud800""#, "Ilx1ZDgwMCI="),
        (b"1e999", "MWU5OTk="),
    ] {
        check(bytes, &format!(r#""payload_base64":"{base64}""#));
    }
}

/// A reader's parser has a bound too, and a page that it refuses it refuses for ever.
#[test]
fn nested_payloads() {
    for (depth, json) in [(1, true), (100, true), (101, false), (50_000, false)] {
        let body = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let (_, log) = given::empty();
        given::append(&log, &given::meta(1), body.as_bytes(), BIRTH);
        let page = Ask::url("/events", BIRTH).now(&log);
        assert_eq!(
            page.json()["events"][0].get("payload").is_some(),
            json,
            "{depth}"
        );
        let url = format!("/events/{}/body", given::id(1));
        assert_eq!(Ask::url(&url, BIRTH).now(&log).text(), body);
    }
}

#[test]
fn large_bodies_by_url() {
    let parts = [b"ab".to_vec(), b"cd".to_vec()];
    for (feed, url) in [("default", "/events/"), ("orders", "/feeds/orders/events/")] {
        let meta = Meta {
            feed: feed.to_owned(),
            size: 4,
            ..given::meta(1)
        };
        let id = given::id(1);
        let event = format!(
            r#"{START}"application/json","headers":{{}},"size":4,"body_url":"{url}{id}/body"}}"#
        );
        check(&meta, Payload::Parts(&parts), &event, &event);
    }
}
