//! Which URLs may be pushed to: a table, of which the end-to-end tests ask the host itself.

use serde_json::Value;
use waypost_core::target::{Parts, Refused, judge};

fn table() -> Vec<Value> {
    serde_json::from_str(include_str!("../targets.json")).expect("JSON")
}

fn parts(row: &Value) -> Parts<'_> {
    let part = |place: usize| row["parts"][place].as_str().unwrap_or_default();
    Parts {
        protocol: part(0),
        username: part(1),
        password: part(2),
        hostname: part(3),
        port: part(4),
    }
}

fn name(refused: Refused) -> &'static str {
    match refused {
        Refused::Protocol => "protocol",
        Refused::Credentials => "credentials",
        Refused::Port => "port",
        Refused::Host => "host",
    }
}

#[test]
fn the_table() {
    let table = table();
    assert!(table.len() >= 80, "{} cases", table.len());
    for row in &table {
        let judged = judge(parts(row), &[]).err().map(name);
        match row["refused"].as_str() {
            // What is no URL has no parts, and so no protocol.
            Some("syntax") => assert_eq!(judged, Some("protocol"), "{row}"),
            refused => assert_eq!(judged, refused, "{row}"),
        }
    }
}

/// Forms that a host would have written otherwise are refused as they stand.
#[test]
fn parts_that_no_host_writes() {
    for hostname in [
        "0x7f.0.0.1",
        "0177.0.0.1",
        "2130706433",
        "127.1",
        "127.0.0.1.",
        "localhost.",
        "EXAMPLE.com",
        "exa%6dple.com",
        "exämple.com",
        "a..b.com",
        ".example.com",
        "example.com.",
        "[127.0.0.1]",
        "[::1",
        "::1",
        "[::ffff:1.2.3.4]",
        "",
        "[]",
        "example",
        "1.2.3.4.5",
        "256.1.1.1",
        "a b.com",
        "a/b.com",
        "a@b.com",
        "example.0x10",
        "example.1",
    ] {
        let parts = Parts {
            protocol: "https:",
            hostname,
            ..Parts::default()
        };
        assert_eq!(judge(parts, &[]), Err(Refused::Host), "{hostname}");
    }
    let long = format!("{}.com", "a.".repeat(130));
    let parts = Parts {
        protocol: "https:",
        hostname: &long,
        ..Parts::default()
    };
    assert_eq!(judge(parts, &[]), Err(Refused::Host));
}

/// What the config allows, and nothing beside it.
#[test]
fn allowed_targets() {
    let allowed = [
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
        "hooks.test".to_owned(),
        "[fd00::1]".to_owned(),
    ];
    let check = |protocol, hostname, port, expected: Option<Refused>| {
        let parts = Parts {
            protocol,
            hostname,
            port,
            ..Parts::default()
        };
        assert_eq!(
            judge(parts, &allowed).err(),
            expected,
            "{protocol}//{hostname}:{port}"
        );
    };
    check("http:", "127.0.0.1", "8080", None);
    check("https:", "127.0.0.1", "1", None);
    check("http:", "[::1]", "", None);
    check("http:", "[fd00::1]", "9", None);
    check("http:", "hooks.test", "", None);
    check("http:", "127.0.0.2", "", Some(Refused::Protocol));
    check("https:", "127.0.0.2", "", Some(Refused::Host));
    check("https:", "a.hooks.test", "", Some(Refused::Host));
    check("ftp:", "127.0.0.1", "", Some(Refused::Protocol));
    check("http:", "", "", Some(Refused::Protocol));
    let parts = Parts {
        protocol: "http:",
        username: "x",
        hostname: "127.0.0.1",
        ..Parts::default()
    };
    assert_eq!(judge(parts, &allowed), Err(Refused::Credentials));
}
