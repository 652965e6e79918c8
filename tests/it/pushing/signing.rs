//! How deliveries are signed: by the official crate, by this project's own rows, and to the letter.

use standardwebhooks::Webhook;
use waypost_core::headers::Headers;
use waypost_core::signing::{Head, KEY_BYTES, Key, make_secret};

const NOW: u64 = 1_800_000_000_500;
const BODY: &[u8] = br#"{"id":"1","event":"order.created","data":{"a":"\u00e4"}}"#;

fn head() -> Head<'static> {
    Head {
        id: "0001700000000000_0000000000000007",
        event: "order.created",
        content_type: "application/json",
        now: NOW,
    }
}

fn keys(secrets: &[&str]) -> Vec<Key> {
    secrets
        .iter()
        .map(|secret| Key::read(secret).expect("a secret"))
        .collect()
}

/// The headers as a delivery carries them.
fn signed(secrets: &[&str]) -> String {
    let keys = keys(secrets);
    let macs: Vec<_> = head()
        .tasks(&keys)
        .iter()
        .map(|task| task.mac(BODY))
        .collect();
    head().headers(&macs)
}

fn header<'h>(headers: &'h str, name: &str) -> &'h str {
    Headers::new(headers)
        .get(name)
        .unwrap_or_else(|| panic!("{name} in {headers}"))
}

fn accepted(webhook: &Webhook, headers: &str) -> bool {
    let signature = header(headers, "webhook-signature");
    let stamped = webhook
        .sign(head().id, 1_800_000_000, BODY)
        .expect("signed");
    signature.split(' ').any(|one| one == stamped)
}

#[test]
fn the_official_crate_signs_the_same() {
    let made = make_secret(&[7; KEY_BYTES]);
    for secret in [
        made.as_str(),
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "password",
    ] {
        let webhook = Webhook::new(secret).expect("a secret of the crate's");
        assert!(accepted(&webhook, &signed(&[secret])), "{secret}");
    }
    // What the crate does not decode is what it calls raw.
    for secret in [
        "your-secret-key",
        "abcdefghij",
        "not base64!".replace(' ', "_").as_str(),
    ] {
        assert!(Webhook::new(secret).is_err(), "{secret}");
        let webhook = Webhook::from_bytes(secret.as_bytes().to_vec()).expect("bytes");
        assert!(accepted(&webhook, &signed(&[secret])), "{secret}");
    }
}

#[test]
fn every_secret_in_grace_signs_and_the_oldest_signs_alone() {
    let [new, middle, old] = [1, 2, 3].map(|n| make_secret(&[n; KEY_BYTES]));
    let headers = signed(&[&new, &middle, &old]);
    assert_eq!(header(&headers, "webhook-signature").split(' ').count(), 3);
    for secret in [&new, &middle, &old] {
        assert!(accepted(&Webhook::new(secret).expect("a secret"), &headers));
    }
    let other = make_secret(&[4; KEY_BYTES]);
    assert!(!accepted(
        &Webhook::new(&other).expect("a secret"),
        &headers
    ));
    let alone = signed(&[&old]);
    assert_eq!(
        header(&headers, "x-webhook-signature"),
        header(&alone, "x-webhook-signature")
    );
}

#[test]
fn the_other_signature_is_keyed_by_the_text_as_it_is_written() {
    use ring::hmac::{HMAC_SHA256, Key, sign};
    for secret in ["your-secret-key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        let content = [b"1800000000.".as_slice(), BODY].concat();
        let mac = sign(&Key::new(HMAC_SHA256, secret.as_bytes()), &content);
        let hex: String = mac
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            header(&signed(&[secret]), "x-webhook-signature"),
            format!("sha256={hex}")
        );
    }
}

#[test]
fn headers() {
    let headers = signed(&["your-secret-key"]);
    for (name, value) in [
        ("content-type", "application/json"),
        ("webhook-id", head().id),
        ("webhook-timestamp", "1800000000"),
        ("x-webhook-id", head().id),
        ("x-webhook-timestamp", "1800000000"),
        ("x-webhook-event", "order.created"),
    ] {
        assert_eq!(header(&headers, name), value);
    }
    assert!(header(&headers, "user-agent").starts_with("Waypost/"));
    let odd = Head {
        event: "größe\r\nx: y",
        content_type: "text/ä",
        ..head()
    };
    let lines = odd.headers(&[vec![1], vec![2]]);
    assert_eq!(header(&lines, "x-webhook-event"), "gr??e??x: y");
    assert_eq!(header(&lines, "content-type"), "text/?");
    assert!(
        !Head {
            event: "",
            ..head()
        }
        .headers(&[])
        .contains("x-webhook-event")
    );
}

#[test]
fn what_is_no_secret() {
    for secret in [
        "",
        "short",
        "whsec_",
        "whsec_!!!!!!!!",
        "whsec_abcdefghij",
        "with blank in it",
        "umläut-secret",
        "a\nb\nc\nd\ne",
    ] {
        assert!(Key::read(secret).is_none(), "{secret:?}");
    }
    assert!(Key::read(&"x".repeat(256)).is_some());
    assert!(Key::read(&"x".repeat(257)).is_none());
}

#[test]
fn nothing_prints_a_key() {
    let secret = "your-secret-key";
    let keys = keys(&[secret]);
    assert_eq!(format!("{keys:?}"), "[Key(..)]");
}
