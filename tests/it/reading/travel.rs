//! Which headers of a webhook its event keeps, and which of them a public feed hides.

use waypost_core::headers::Headers;
use waypost_core::scheme::{Algorithm, At, Encoding, Integrity, Row, Scheme, Signature};
use waypost_core::travel::{signature_headers, travelling};

const SIGNED: Row<'_> = Row {
    signature: Signature::whole("x-signature"),
    ..Row::BODY_HMAC_SHA256_HEX
};

/// The secret itself stands in the header.
const TOKEN: Row<'_> = Row {
    algorithm: Algorithm::Token,
    encoding: Encoding::Text,
    integrity: Integrity::None,
    signed: &[],
    ..SIGNED
};

const FAMILIES: Row<'_> = Row {
    families: &["x-new", "x-old"],
    signature: Signature::whole("{family}-signature"),
    ..Row::BODY_HMAC_SHA256_HEX
};

fn check(row: &Row<'_>, came: &str, travel: &[&str]) {
    let scheme = Scheme::compile(row).expect("a row that compiles");
    let names: Vec<_> = travelling(&scheme, Headers::new(came))
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, travel, "{came}");
}

#[test]
fn what_travels() {
    check(&SIGNED, "", &[]);
    check(
        &SIGNED,
        "user-agent\nx\ncontent-type\na/b\nx-signature\n00\nx-empty\n\n",
        &["user-agent", "content-type", "x-signature", "x-empty"],
    );
    for stays in [
        "authorization",
        "connection",
        "cookie",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ] {
        check(&SIGNED, &format!("a\n1\n{stays}\nx\nb\n2\n"), &["a", "b"]);
    }
}

#[test]
fn what_connection_names_ends_here() {
    check(
        &SIGNED,
        "a\n1\nconnection\nclose, A , c\nb\n2\nc\n3\n",
        &["b"],
    );
    check(&SIGNED, "a\n1\nconnection\n\n", &["a"]);
}

#[test]
fn a_secret_never_travels() {
    check(&TOKEN, "a\n1\nx-signature\nthe secret\n", &["a"]);
    check(
        &SIGNED,
        "a\n1\nx-signature\nan hmac\n",
        &["a", "x-signature"],
    );
}

#[test]
fn whatever_calls_itself_a_signature_is_one() {
    let check = |row: &Row<'_>, headers: &str, expect: &[&str]| {
        let scheme = Scheme::compile(row).expect("a row that compiles");
        let headers = Headers::new(headers);
        assert_eq!(signature_headers(&scheme, headers), expect);
    };
    check(&SIGNED, "a\n1\nx-signature\n2\n", &["x-signature"]);
    check(
        &FAMILIES,
        "x-new-signature\n1\nx-old-signature\n2\n",
        &["x-new-signature", "x-old-signature"],
    );
    // GitHub's SHA-1 beside its SHA-256; what other schemes' senders add.
    check(
        &SIGNED,
        "x-hub-signature\n1\nx-shop-hmac-sha256\n2\nwebhook-id\n3\n",
        &["x-hub-signature", "x-shop-hmac-sha256"],
    );
    check(&SIGNED, "a\n1\n", &[]);
}

#[test]
fn values_as_they_came() {
    let scheme = Scheme::compile(&SIGNED).expect("a row that compiles");
    let came = Headers::new("b\n a, b \na\né\"\\\n");
    let travel = travelling(&scheme, came);
    assert_eq!(
        travel,
        [
            ("b".to_owned(), " a, b ".to_owned()),
            ("a".to_owned(), "é\"\\".to_owned())
        ]
    );
}

/// A provider may send its token beside the signature that is checked.
#[test]
fn no_provider_s_credential_travels_with_another_s_webhook() {
    let scheme = Scheme::compile(&SIGNED).expect("a row that compiles");
    for row in waypost_core::providers::all() {
        let At::Header(name) = row.signature.at else {
            continue;
        };
        if row.algorithm == Algorithm::Token && !name.is_empty() {
            let headers = format!("{name}\nsecret\n");
            let travel = travelling(&scheme, Headers::new(&headers));
            assert!(travel.is_empty(), "{}", row.name);
        }
    }
}
