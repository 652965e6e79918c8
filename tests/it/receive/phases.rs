//! The two phases: limits on length, and what the host owes.

use waypost_core::{
    headers::Headers,
    providers::find,
    rejection::Rejection,
    source::Source,
    verify::{Hashed, Head, Screened, screen},
};

use super::support::{NOW, Request, secret, source};

fn source_of(name: &str) -> Source {
    let row = find(name).expect("a row");
    let secrets = ["the old one, 24 bytes ok", "the new one, 24 bytes ok"];
    source(row, &secrets.map(|text| secret(row, text)))
}

fn screened<'s>(source: &'s Source, request: &Request) -> Screened<'s> {
    let flat = request.flat();
    let head = Head {
        method: "POST",
        query: "",
        headers: Headers::new(&flat),
    };
    screen(source, &head, NOW).expect("headers in order")
}

#[test]
fn a_body_may_be_as_long_as_the_limit() {
    let mut source = source_of("github");
    let mut request = Request::signed(&source, b"12345678", NOW, "id", "push");
    for declared in [None, Some("8")] {
        if let Some(length) = declared {
            request.set("content-length", length);
        }
        source.settings.max_body_bytes = 8;
        assert!(request.verify(&source, NOW).is_ok(), "{declared:?}");
        source.settings.max_body_bytes = 7;
        let answer = request.verify(&source, NOW);
        assert_eq!(answer, Err(Rejection::BodyTooLarge), "{declared:?}");
    }
}

#[test]
fn lengths_are_checked_while_they_grow() {
    let mut source = source_of("github");
    source.settings.max_body_bytes = 8;
    let request = Request::signed(&source, b"12345678", NOW, "id", "push");
    let screened = screened(&source, &request);
    assert_eq!(screened.check_length(8), Ok(()));
    assert_eq!(screened.check_length(9), Err(Rejection::BodyTooLarge));
}

#[test]
fn a_host_that_did_not_do_its_part_proves_nothing() {
    // GitHub's row needs a MAC for each of two keys and a digest.
    let source = source_of("github");
    let request = Request::signed(&source, b"{}", NOW, "id", "push");
    let whole = Hashed {
        matches: Vec::new(),
        length: 2,
        tags: vec![vec![0; 32]; 2],
        digests: vec![[0; 32]],
        body_hash: None,
    };
    for (hashed, answer) in [
        (whole.clone(), Rejection::BadSignature),
        (
            Hashed {
                tags: vec![],
                ..whole.clone()
            },
            Rejection::Internal,
        ),
        (
            Hashed {
                tags: vec![vec![0; 32]],
                ..whole.clone()
            },
            Rejection::Internal,
        ),
        (
            Hashed {
                tags: vec![vec![]; 2],
                ..whole.clone()
            },
            Rejection::BadSignature,
        ),
        (
            Hashed {
                tags: vec![],
                matches: vec![true],
                ..whole.clone()
            },
            Rejection::Internal,
        ),
        (
            Hashed {
                tags: vec![],
                matches: vec![false; 2],
                ..whole.clone()
            },
            Rejection::BadSignature,
        ),
        (
            Hashed {
                tags: vec![],
                matches: vec![false, true],
                digests: vec![],
                ..whole.clone()
            },
            Rejection::Internal,
        ),
        (
            Hashed {
                length: 26_214_401,
                ..whole
            },
            Rejection::BodyTooLarge,
        ),
    ] {
        let screened = screened(&source, &request);
        let verified = screened.verify_with(&hashed, &b"{}"[..]);
        assert_eq!(verified, Err(answer), "{hashed:?}");
    }
}

#[test]
fn what_nobody_signed_needs_no_digest() {
    let source = source_of("github");
    let request = Request::signed(&source, b"{}", NOW, "id", "push");
    for (matches, digests, is_signed, answer) in [
        ([false, false], vec![], false, Some(Rejection::BadSignature)),
        ([false, true], vec![[0; 32]], true, None),
    ] {
        let screened = screened(&source, &request);
        let hashed = Hashed {
            length: 2,
            matches: matches.to_vec(),
            digests,
            ..Hashed::default()
        };
        assert_eq!(screened.is_signed(&hashed), is_signed);
        let verified = screened.verify_with(&hashed, &b"{}"[..]);
        assert_eq!(verified.err(), answer, "{matches:?}");
    }
}
