//! What counts as the same webhook.

use waypost_core::{
    identity::Unique,
    providers::find,
    scheme::{Identity, Row},
    source::{Source, TIMELESS_TTL_SECONDS},
    verify::Verified,
};

use super::support::{NOW, Request, secret, source};

fn row(name: &str) -> Row<'static> {
    *find(name).expect("a row")
}

fn source_of(name: &str) -> Source {
    let row = row(name);
    source(&row, &[secret(&row, "0123456789abcdef01234567")])
}

fn verified<'s>(source: &'s Source, request: &Request) -> Verified<'s> {
    request.verify(source, NOW).expect("a genuine request")
}

/// Whether the feed would call the second a duplicate of the first.
fn collide(one: &Unique, other: &Unique) -> bool {
    let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    same(&one.id, &other.id) || same(&one.content, &other.content)
}

#[test]
fn a_replay_under_a_minted_id_is_a_duplicate() {
    for name in ["github", "shopify", "waypost", "waypost-body"] {
        let source = source_of(name);
        let genuine = Request::signed(&source, b"payload", NOW, "one", "t");
        let mut replay = genuine.clone();
        for (_, value) in replay
            .headers
            .iter_mut()
            .filter(|(_, value)| value == "one")
        {
            *value = "minted".to_owned();
        }
        let (genuine, replay) = (verified(&source, &genuine), verified(&source, &replay));
        assert_ne!(genuine.event_id(), replay.event_id(), "{name}");
        assert!(collide(&genuine.unique(), &replay.unique()), "{name}");
    }
}

#[test]
fn a_capture_replayed_under_an_id_to_come_leaves_the_genuine_event_alone() {
    for name in ["github", "shopify", "waypost", "waypost-body"] {
        let source = source_of(name);
        let capture = verified(
            &source,
            &Request::signed(&source, b"old", NOW, "to-come", "t"),
        );
        let genuine = verified(
            &source,
            &Request::signed(&source, b"new", NOW, "to-come", "t"),
        );
        assert_ne!(
            capture.mark(),
            genuine.mark(),
            "{name}: the mark must not be found"
        );
        let content = |verified: &Verified| verified.unique().content;
        assert_ne!(content(&capture), content(&genuine), "{name}");
    }
}

#[test]
fn a_retry_is_a_duplicate_though_it_signs_a_new_time() {
    for (name, body) in [
        ("stripe", r#"{"id":"evt_1"}"#),
        ("slack", r#"{"event_id":"Ev1"}"#),
        ("waypost", r#"{"event_id":"evt_1"}"#),
        ("standard-webhooks", "{}"),
        ("waypost", "{}"),
    ] {
        let source = source_of(name);
        let at = |at| {
            verified(
                &source,
                &Request::signed(&source, body.as_bytes(), at, "evt_1", "t"),
            )
        };
        let (first, retry) = (at(NOW - 60_000), at(NOW));
        assert!(collide(&first.unique(), &retry.unique()), "{name} {body}");
    }
}

#[test]
fn an_id_inside_the_signed_body_counts_alone() {
    let source = source_of("waypost");
    let with = |body: &[u8]| verified(&source, &Request::signed(&source, body, NOW, "header", "t"));
    let (signed, unsigned) = (with(br#"{"event_id":"body"}"#), with(br#"{"id":"other"}"#));
    assert_eq!(
        signed.event_id().map(|id| (id.value.as_str(), id.signed)),
        Some(("body", true))
    );
    assert_eq!(
        unsigned.event_id().map(|id| (id.value.as_str(), id.signed)),
        Some(("header", false))
    );
    assert_eq!(signed.unique().content, None);
    assert!(unsigned.unique().content.is_some());
    let other = with(br#"{"event_id":"body","more":1}"#);
    assert_eq!(
        signed.mark(),
        other.mark(),
        "the same id, whatever the body"
    );
}

#[test]
fn a_webhook_without_an_id_goes_by_its_body() {
    for name in ["slack", "github", "waypost-body", "shopify"] {
        let source = source_of(name);
        let with = |body: &[u8]| verified(&source, &Request::signed(&source, body, NOW, "", "t"));
        let (one, same, other) = (with(b"command=a"), with(b"command=a"), with(b"command=b"));
        assert_eq!(one.event_id(), None, "{name}");
        assert_eq!(
            (one.mark(), one.unique()),
            (same.mark(), same.unique()),
            "{name}"
        );
        assert!(!collide(&one.unique(), &other.unique()), "{name}");
        assert_ne!(one.mark(), other.mark(), "{name}");
    }
}

#[test]
fn one_of_two_signatures_stripped_is_the_same_webhook() {
    for name in ["stripe", "standard-webhooks"] {
        let row = row(name);
        let secrets =
            ["the old one, 24 bytes ok", "the new one, 24 bytes ok"].map(|text| secret(&row, text));
        let both = source(&row, &secrets);
        let old = source(&row, &secrets[..1]);
        let body = br#"{"id":"evt_1","type":"t"}"#;
        let whole = verified(&both, &Request::signed(&both, body, NOW, "evt_1", "t"));
        let stripped = verified(&both, &Request::signed(&old, body, NOW, "evt_1", "t"));
        assert_eq!(whole, stripped, "{name}");
        assert_eq!(whole.mark(), stripped.mark(), "{name}");
    }
}

#[test]
fn where_bodies_repeat_by_nature_nothing_is_dropped() {
    let row = Row {
        identity: Identity::None,
        ..row("waypost-body")
    };
    let source = source(&row, &[secret(&row, "k")]);
    let verified = verified(&source, &Request::signed(&source, b"poke", NOW, "id", "t"));
    assert_eq!(verified.mark(), None);
    assert_eq!(verified.unique(), Unique::default());
    assert_eq!(
        verified.event_id().map(|id| id.value.as_str()),
        Some("id"),
        "it is still told"
    );
}

#[test]
fn sources_share_no_keys() {
    let source = source_of("github");
    let other = Source {
        name: "other".to_owned(),
        ..source.clone()
    };
    let request = Request::signed(&source, b"payload", NOW, "one", "t");
    let (here, there) = (verified(&source, &request), verified(&other, &request));
    assert!(!collide(&here.unique(), &there.unique()));
    assert_ne!(here.mark(), there.mark());
}

#[test]
fn keys_are_of_fixed_length() {
    let source = source_of("github");
    for id in ["i".to_owned(), "i".repeat(256)] {
        let verified = verified(
            &source,
            &Request::signed(&source, b"payload", NOW, &id, "t"),
        );
        let Unique { id, content } = verified.unique();
        assert_eq!(id.map(|key| key.len()), Some(43));
        assert_eq!(content.map(|key| key.len()), Some(43));
        let mark = verified.mark().expect("a mark");
        assert_eq!(mark.len(), "seen:s:".len() + 43);
        assert!(mark.starts_with("seen:s:"), "{mark}");
    }
}

#[test]
fn a_digest_is_taken_only_where_it_can_matter() {
    use waypost_core::{
        headers::Headers,
        verify::{Digest, Head, screen},
    };
    for (name, body, digest) in [
        ("stripe", "{}", Digest::None),
        ("standard-webhooks", "{}", Digest::None),
        ("slack", "{}", Digest::Body),
        ("github", "{}", Digest::Body),
        ("waypost", "{}", Digest::Content),
        ("waypost-body", "{}", Digest::Body),
    ] {
        let source = source_of(name);
        let flat = Request::signed(&source, body.as_bytes(), NOW, "one", "t").flat();
        let head = Head {
            method: "POST",
            query: "",
            headers: Headers::new(&flat),
        };
        let screened = screen(&source, &head, NOW).expect("headers in order");
        assert_eq!(screened.needs().digest, digest, "{name}");
    }
}

#[test]
fn identities_outlive_the_window_and_any_capture() {
    let mut timed = source_of("stripe");
    timed.settings.idempotency_ttl_seconds = 60;
    assert_eq!(
        timed.identity_ttl_seconds(),
        600,
        "good for twice the tolerance"
    );
    timed.settings.idempotency_ttl_seconds = 604_800;
    assert_eq!(timed.identity_ttl_seconds(), 604_800);
    let timeless = source_of("github");
    assert_eq!(timeless.identity_ttl_seconds(), TIMELESS_TTL_SECONDS);
}
