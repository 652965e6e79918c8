//! The forms of a list: every one says the same of the same events.

use waypost_core::cache::Audience;
use waypost_core::feed::{Frame, Incoming, Log, Payload, Range, Shape};
use waypost_core::filter::Filter;
use waypost_core::represent::Format;
use waypost_core::wire::Meta;

use super::ask::{Ask, Seen};
use super::db::RusqliteDb;
use super::given::{self, BIRTH, id};

const AT: u64 = BIRTH + 5_000;

/// Body, content type and type of each event; the last one's body is kept apart.
const EVENTS: &[(&[u8], Option<&str>, &str)] = &[
    (
        b"{\n\t\"a\": [1.0,\r\n 1e5]}\n",
        Some("application/json; charset=utf-8"),
        "push",
    ),
    (b"\"caf\xc3\xa9 \\n \xe2\x80\xa8\"", None, ""),
    (
        b"a=b&c=%20",
        Some("application/x-www-form-urlencoded"),
        "form",
    ),
    (b"[1,\"\\\"\"]", Some("text/plain"), "a\nb"),
    (b"{}", Some("application/vnd.x+JSON ;q=1"), "error"),
    (b"\xff\x00", Some(""), "open"),
    (b"large", Some("application/json"), "\"quoted\""),
];

fn log() -> Log<RusqliteDb> {
    let (_, log) = given::empty();
    for (n, (body, content_type, kind)) in (1..).zip(EVENTS) {
        let meta = Meta {
            kind: (*kind).to_owned(),
            content_type: content_type.map(str::to_owned),
            headers: vec![
                ("x-odd".to_owned(), "\"\\ \t".to_owned()),
                ("x-signature".to_owned(), "s".to_owned()),
            ],
            signature_headers: vec!["x-signature".to_owned()],
            size: body.len() as u64,
            ..given::meta(n)
        };
        let part = [body.to_vec()];
        let payload = match n {
            7 => Payload::Parts(&part),
            _ => Payload::Inline(body),
        };
        log.append(
            &[Incoming {
                meta: &meta,
                payload,
            }],
            BIRTH,
        )
        .expect("works");
    }
    log
}

fn ask(log: &Log<RusqliteDb>, format: Format, url: &str, audience: Audience) -> Seen {
    Ask {
        format,
        audience,
        ..Ask::url(url, AT)
    }
    .now(log)
}

fn base64(bytes: &[u8]) -> String {
    waypost_core::encoding::Encoding::Base64.encode(bytes)
}

#[test]
fn lines() {
    let log = log();
    for (face, list) in [
        ("/events?", "events"),
        ("/long-poll?", "events"),
        ("/updates?", "updates"),
    ] {
        for audience in [Audience::Token, Audience::Public] {
            for query in [
                "",
                "encoding=base64",
                "type=push",
                "limit=2",
                "type=nothing&timeout=0",
            ] {
                let url = format!("{face}{query}");
                let json = ask(&log, Format::Json, &url, audience).json();
                let seen = ask(&log, Format::Lines, &url, audience);
                let text = seen.text();
                assert!(text.is_empty() || text.ends_with('\n'), "{url}");
                let lines: Vec<serde_json::Value> = text
                    .lines()
                    .map(|line| serde_json::from_str(line).expect(line))
                    .collect();
                assert_eq!(json[list].as_array(), Some(&lines), "{url}");
                assert_eq!(seen.content_type.as_deref(), Some("application/x-ndjson"));
            }
        }
    }
}

#[test]
fn base64_of_every_payload() {
    let log = log();
    for audience in [Audience::Token, Audience::Public] {
        let plain = ask(&log, Format::Json, "/events", audience).json();
        let page = ask(&log, Format::Json, "/events?encoding=base64", audience).json();
        for (at, (body, ..)) in EVENTS.iter().enumerate() {
            let mut expect = plain["events"][at].clone();
            if at < 6 {
                let members = expect.as_object_mut().expect("an event");
                members.remove("payload");
                members.insert("payload_base64".to_owned(), base64(body).into());
            }
            assert_eq!(page["events"][at], expect);
            let url = format!("/events/{}?encoding=base64", id(at as u64 + 1));
            assert_eq!(
                ask(&log, Format::Json, &url, audience).json(),
                expect,
                "{url}"
            );
        }
    }
}

#[test]
fn cloud_events() {
    let log = log();
    for audience in [Audience::Token, Audience::Public] {
        let seen = ask(&log, Format::CloudEvents, "/events", audience);
        assert_eq!(
            seen.content_type.as_deref(),
            Some("application/cloudevents-batch+json")
        );
        let batch = seen.json();
        let in_base64 = ask(
            &log,
            Format::CloudEvents,
            "/events?encoding=base64",
            audience,
        )
        .json();
        for (at, (body, content_type, kind)) in EVENTS.iter().enumerate() {
            let mut expect = serde_json::json!({
                "specversion": "1.0",
                "id": id(at as u64 + 1).to_string(),
                "source": "acme",
                "type": if kind.is_empty() { "webhook" } else { kind },
                "time": "2026-01-01T00:00:00Z",
                "webhookid": format!("w{}", at + 1),
            });
            if let Some(content_type) = content_type.filter(|kind| !kind.is_empty()) {
                expect["datacontenttype"] = content_type.into();
            }
            let mut encoded = expect.clone();
            let data = match at {
                // JSON where its type says so, or says nothing.
                0 | 1 | 4 => (
                    "data",
                    serde_json::from_slice::<serde_json::Value>(body).expect("JSON"),
                ),
                // Else the text.
                3 => ("data", String::from_utf8_lossy(body).into()),
                6 => ("dataref", format!("/events/{}/body", id(7)).into()),
                _ => ("data_base64", base64(body).into()),
            };
            expect[data.0] = data.1.clone();
            assert_eq!(batch[at], expect);
            match at {
                6 => encoded["dataref"] = data.1,
                _ => encoded["data_base64"] = base64(body).into(),
            }
            assert_eq!(in_base64[at], encoded);
        }
    }
    let empty = ask(
        &log,
        Format::CloudEvents,
        "/events?type=nothing",
        Audience::Token,
    );
    assert_eq!(empty.text(), "[]");
}

#[test]
fn server_sent_events() {
    let log = log();
    let lines = ask(&log, Format::Lines, "/events", Audience::Public);
    let names = [
        "event: push\n",
        "",
        "event: form\n",
        "",
        "",
        "",
        "event: \"quoted\"\n",
    ];
    let expect: String = (1..)
        .zip(lines.text().lines().zip(names))
        .map(|(n, (line, name))| format!("id: {}\n{name}data: {line}\n\n", id(n)))
        .collect();
    let run = Range {
        after: 0,
        through: 7,
    };
    let shape = Shape {
        audience: Audience::Public,
        format: Format::Sse,
        base64: false,
    };
    let page = log.page(run, shape, &Filter::default(), Frame::default());
    assert_eq!(page.expect("works").pieces.concat(), expect.into_bytes());
}

#[test]
fn each_form_has_its_tag() {
    let log = log();
    let tags: std::collections::BTreeSet<_> = [Format::Json, Format::Lines, Format::CloudEvents]
        .into_iter()
        .map(|format| ask(&log, format, "/events", Audience::Token).etag)
        .collect();
    assert_eq!(tags.len(), 3);
}
