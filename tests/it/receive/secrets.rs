//! Nothing that holds a secret prints it.

use waypost_core::{
    config::Config,
    encoding::Encoding,
    headers::Headers,
    providers::find,
    secret::{KeyRule, Secret},
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
