//! Header grammars and signed content.

use waypost_core::{
    hash::Piece,
    rejection::Rejection::{self, MalformedHeader, UnrecognisedSignature},
    scheme::{Facts, Grammar, Layout, Row, Scheme},
};

const PLAIN: Grammar<'static> = Grammar::Whole { prefix: "sha256=" };
const BARE: Grammar<'static> = Grammar::Whole { prefix: "" };
const PAIRS: Grammar<'static> = Grammar::Items {
    field: "v1",
    separator: ",",
    equals: "=",
};
const PADDLE: Grammar<'static> = Grammar::Items {
    field: "h1",
    separator: ";",
    equals: "=",
};
const VERSIONS: Grammar<'static> = Grammar::Items {
    field: "v1",
    separator: " ",
    equals: ",",
};

#[test]
fn signatures_are_found_in_their_header() {
    for (grammar, header, found) in [
        (PLAIN, "sha256=ab", Ok(&["ab"][..])),
        (PLAIN, "SHA256=ab", Err(UnrecognisedSignature)),
        (PLAIN, " sha256=ab", Err(UnrecognisedSignature)),
        (PLAIN, "sha1=ab", Err(UnrecognisedSignature)),
        (PLAIN, "sha256=ab, sha256=cd", Ok(&["ab, sha256=cd"])),
        (BARE, "ab", Ok(&["ab"])),
        (PAIRS, "t=1,v1=ab", Ok(&["ab"])),
        (PAIRS, "t=1, v1=ab", Ok(&["ab"])),
        (PAIRS, "v1=ab,t=1,v1=cd,v0=ef", Ok(&["ab", "cd"])),
        (PAIRS, "t=1,v1=ab==", Ok(&["ab=="])),
        (PAIRS, "t=1,v1", Err(MalformedHeader)),
        (PAIRS, "t=1", Err(UnrecognisedSignature)),
        (PAIRS, ",,", Err(UnrecognisedSignature)),
        (PAIRS, "t=1,V1=ab", Err(UnrecognisedSignature)),
        (PADDLE, "ts=1;h1=ab;h1=cd", Ok(&["ab", "cd"])),
        (VERSIONS, "v1,ab= v1a,cd v1,ef", Ok(&["ab=", "ef"])),
        (VERSIONS, "v1,ab=  v1,ef", Ok(&["ab=", "ef"])),
        (VERSIONS, "v1a,cd", Err(UnrecognisedSignature)),
        (VERSIONS, "ab=", Err(MalformedHeader)),
    ] {
        let layout = Layout::from(grammar);
        let signatures = layout.signatures(header);
        assert_eq!(
            signatures.as_deref().map_err(|error| *error),
            found,
            "{grammar:?} {header:?}"
        );
    }
}

#[test]
fn a_field_stands_once() {
    let pairs = Layout::from(PAIRS);
    for (header, found) in [
        ("t=1,v1=ab", Ok("1")),
        ("t=,v1=ab", Ok("")),
        ("v1=ab", Err(MalformedHeader)),
        ("t=1,t=1", Err(MalformedHeader)),
        ("t=1,v1=ab,t=2", Err(MalformedHeader)),
    ] {
        assert_eq!(pairs.single(header, "t"), found, "{header:?}");
    }
    assert_eq!(Layout::from(BARE).single("t=1", "t"), Err(MalformedHeader));
}

#[test]
fn headers_are_written_as_they_are_read() {
    let signatures = ["ab".to_owned(), "cd".to_owned()];
    for (grammar, first, header) in [
        (PLAIN, None, "sha256=ab"),
        (PAIRS, Some(("t", "1")), "t=1,v1=ab,v1=cd"),
        (PADDLE, Some(("ts", "1")), "ts=1;h1=ab;h1=cd"),
        (VERSIONS, None, "v1,ab v1,cd"),
    ] {
        assert_eq!(Layout::from(grammar).write(first, &signatures), header);
    }
}

#[test]
fn content_is_put_together_as_the_template_says() {
    let facts = Facts {
        timestamp: "1",
        id: "i",
        url: "https://h/p?q",
        method: "POST",
        ..Facts::default()
    };
    let text = |text: &str| Piece::Bytes(text.as_bytes().to_vec());
    for (signed, content) in [
        ("{body}", vec![Piece::Body]),
        ("v0:{timestamp}:{body}", vec![text("v0:1:"), Piece::Body]),
        (
            "{method}{url}{body}{timestamp}",
            vec![text("POSThttps://h/p?q"), Piece::Body, text("1")],
        ),
        ("}{id}}\n{body}", vec![text("}i}\n"), Piece::Body]),
    ] {
        let row = Row {
            signature: waypost_core::scheme::Signature::whole("x-signature"),
            timestamp: signed
                .contains("{timestamp}")
                .then_some(waypost_core::scheme::Timestamp {
                    at: waypost_core::scheme::At::Header("x-time"),
                    unit: waypost_core::scheme::Unit::Seconds,
                }),
            id: &[waypost_core::scheme::At::Header("x-id")],
            id_required: true,
            signed: &[signed],
            ..Row::BODY_HMAC_SHA256_HEX
        };
        let scheme = Scheme::compile(&row).expect("a scheme");
        assert_eq!(scheme.contents(&facts, None), Ok(vec![content]), "{signed}");
    }
}

#[test]
fn an_empty_timestamp_field_is_malformed() {
    let row = waypost_core::providers::find("stripe").expect("a row");
    let source = super::support::source(row, &["whsec_x".to_owned()]);
    let mut request = super::support::Request::signed(&source, b"{}", super::support::NOW, "", "");
    let value = request
        .get("stripe-signature")
        .replacen("1760000000", "", 1);
    request.set("stripe-signature", value);
    let answer = request.verify(&source, super::support::NOW);
    assert_eq!(answer, Err(Rejection::MalformedTimestamp));
}

#[test]
fn a_header_may_be_8_kb_long_and_no_longer() {
    let plain = Layout::from(BARE);
    assert!(plain.signatures(&"a".repeat(8192)).is_ok());
    assert_eq!(plain.signatures(&"a".repeat(8193)), Err(MalformedHeader));

    let row = waypost_core::providers::find("slack").expect("a row");
    let source = super::support::source(row, &["secret".to_owned()]);
    let mut request = super::support::Request::signed(&source, b"{}", super::support::NOW, "", "");
    for (length, answer) in [
        (8192, Rejection::MalformedTimestamp),
        (8193, MalformedHeader),
    ] {
        request.set("x-slack-request-timestamp", "1".repeat(length));
        assert_eq!(
            request.verify(&source, super::support::NOW),
            Err(answer),
            "{length}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_row_is_named() {
    let error = Scheme::compile(&Row::BODY_HMAC_SHA256_HEX).expect_err("a row without a header");
    assert_eq!(
        error.to_string(),
        "signature.header: \"\" is no header name"
    );
}
