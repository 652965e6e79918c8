//! Nothing that holds a secret prints it, and what is made of it beforehand changes nothing.

use waypost_core::{
    config::Config,
    encoding::Encoding,
    hash::{Hash, Piece},
    headers::Headers,
    providers::find,
    scheme::{Algorithm, Row, Scheme, Signature},
    secret::{KeyRule, Secret},
    sign::Outgoing,
    verify::{Head, screen},
};

use super::support::{NOW, Request, rows, secret, source};

const TEXT: &str = "correct-horse-battery-st";

/// Every form in which the secret could show.
fn shown(text: &str) -> bool {
    use waypost_core::encoding::Encoding::{Base64, Hex};
    let bytes = TEXT.as_bytes();
    let list = format!("{bytes:?}");
    let list = list.trim_matches(['[', ']']);
    let forms = [
        TEXT.to_owned(),
        Hex.encode(bytes),
        Base64.encode(bytes),
        list.to_owned(),
    ];
    forms.iter().any(|form| text.contains(form.as_str()))
}

#[test]
fn the_test_would_see_it() {
    assert!(shown(&format!("{:?}", TEXT)));
    assert!(shown(&format!("{:?}", TEXT.as_bytes())));
}

#[test]
fn debug_shows_no_secret() {
    let bare = Secret::decode(
        TEXT,
        &KeyRule {
            form: Encoding::Text,
            strip: vec![],
            bare: Some(Encoding::Text),
            hash: None,
        },
    );
    assert_eq!(format!("{bare:?}"), "Ok(Secret(..))");
    for row in rows() {
        let source = source(&row, &[secret(&row, TEXT)]);
        assert!(!shown(&format!("{source:?} {source:#?}")), "{}", row.name);
        let request = Request::signed(&source, b"{}", NOW, "id", "t");
        let flat = request.flat();
        let head = Head {
            method: "POST",
            query: "a=1",
            headers: Headers::new(&flat),
        };
        let screened = screen(&source, &head, NOW).expect("headers in order");
        assert!(!shown(&format!("{screened:?}")), "{}", row.name);
        if let Ok(verified) = request.verify(&source, NOW) {
            assert!(!shown(&format!("{verified:?}")), "{}", row.name);
        }
    }
}

#[test]
fn neither_config_nor_errors_show_a_secret() {
    let sources = r#"{"a":{"provider":"standard-webhooks","secrets":["A"]},"b":{"provider":"slack","secrets":["A"]}}"#;
    let config = Config::parse(&[("SOURCES", sources)]).expect("a config");
    for name in ["a", "b"] {
        let state = config.source(name, |_| Some(TEXT.to_owned()));
        assert!(!shown(&format!("{config:?} {state:?}")), "{name}");
        let state = config.source(name, |_| Some(format!("{TEXT}%")));
        assert!(!shown(&format!("{state:?}")), "{name}");
    }
    let row = find("standard-webhooks").expect("a row");
    let rule = KeyRule {
        form: row.key.form,
        strip: vec![],
        bare: Some(row.key.form),
        hash: None,
    };
    let error = Secret::decode(&format!("{TEXT}%"), &rule).expect_err("no base64");
    assert!(!shown(&format!("{error} {error:?}")));
}

#[test]
fn a_key_signs_the_same_whichever_hash_it_was_made_ready_for() {
    const BODY: &[u8] = b"{}";
    let names = ["FIRST", "SECOND"];
    let sources = r#"{"a":{"provider":"github","secrets":["FIRST","SECOND"]}}"#;
    let config = Config::parse(&[("SOURCES", sources)]).expect("a config");
    // Longer than a block of the hash, and shorter.
    let text = |name: &str| name.repeat(if name == "FIRST" { 40 } else { 1 });
    let state = config.source("a", |name| Some(text(name)));
    let source = state.ready().expect("a source");
    for (place, name) in names.into_iter().enumerate() {
        let key = &source.keys[0][place];
        for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let row = Row {
                algorithm: Algorithm::Hmac(hash),
                signature: Signature::prefixed("x-hub-signature-256", "sha256="),
                ..Row::BODY_HMAC_SHA256_HEX
            };
            let out = Outgoing {
                body: BODY,
                at: NOW,
                id: "",
                event_type: "",
                method: "POST",
                url: "",
                headers: Headers::default(),
            };
            let scheme = Scheme::compile(&row).expect("a scheme");
            let signed = scheme.sign(std::slice::from_ref(key), &out);
            let mac = hash.mac(text(name).as_bytes(), &[Piece::Body], BODY);
            let [(header, value)] = signed.headers.as_slice() else {
                panic!("one header");
            };
            assert_eq!(*value, format!("sha256={}", Encoding::Hex.encode(&mac)));
            let flat = format!("{header}\n{value}\nx-github-delivery\n1\n");
            let head = Head {
                method: "POST",
                query: "",
                headers: Headers::new(&flat),
            };
            let verified = screen(source, &head, NOW).and_then(|screened| screened.verify(BODY));
            let signer = verified.ok().map(|verified| verified.signer());
            assert_eq!(signer, (hash == Hash::Sha256).then_some(place), "{name}");
        }
    }
}
