//! The host's crypto and the one in wasm decide the same.

use js_sys::{Object, Uint8Array};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;
use waypost_core::config::Config;
use waypost_core::encoding::Encoding;
use waypost_core::hash::{Hash, Piece, sha256};
use waypost_core::headers::Headers;
use waypost_core::providers;
use waypost_core::rejection::Rejection;
use waypost_core::scheme::{Algorithm, Place, Row, Scheme};
use waypost_core::sign::Outgoing;
use waypost_core::source::Source;
use waypost_core::verify::{self, Head, Verified};

use crate::edge::Edge;
use crate::subtle;

const NOW: u64 = 1_760_000_000_000;

const URL: &str = "https://hooks.example.com/x";

/// With two keys, in the form that the provider's keys have. It lives as long as the isolate, as the edge's do.
fn source(provider: &str) -> &'static Source {
    let source = json!({ "provider": provider, "secrets": ["K", "L"], "public_url": URL });
    let sources = json!({ "s": source }).to_string();
    let config = Config::parse(&[("SOURCES", &sources)]).expect("a config");
    let key = providers::find(provider).expect("a row").key;
    let secret = |name: &str| {
        let prefix = key.strip.first().copied().unwrap_or_default();
        Some(format!(
            "{prefix}{}",
            key.form.encode(name.repeat(24).as_bytes())
        ))
    };
    let state = config.source("s", secret);
    Box::leak(Box::new(state.ready().expect("a source").clone()))
}

/// Both ways over one signed body, the second one with `sent` in its place.
async fn both(provider: &str, body: &str, sent: &str) -> [Result<Verified<'static>, Rejection>; 2] {
    let source = source(provider);
    let body = body.as_bytes();
    let query = match &source.scheme.body_hash {
        Some(Place::Query(name)) => format!("{name}={}", Encoding::Hex.encode(&sha256([body]))),
        _ => "q=1".to_owned(),
    };
    let out = Outgoing {
        body,
        at: NOW,
        id: "evt_1",
        event_type: "a",
        method: "POST",
        url: &format!("{URL}?{query}"),
        headers: Headers::default(),
    };
    let headers = source.scheme.sign(&source.keys[0], &out).headers;
    let flat: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}\n{value}"))
        .collect();
    let flat = flat.join("\n");
    let head = Head {
        method: "POST",
        query: &query,
        headers: Headers::new(&flat),
    };
    let screen = || verify::screen(source, &head, NOW).expect("a plausible head");
    let edge = Edge::new(&Object::new());
    let buffer = Uint8Array::from(sent.as_bytes()).buffer();
    [
        screen().verify(sent.as_bytes()),
        subtle::verify(&edge, source, screen(), &buffer, NOW).await,
    ]
}

/// A header may hold a signature by each of two keys, one of them wrong.
#[wasm_bindgen_test]
async fn the_host_tries_each_signature_with_each_key() {
    let source = source("stripe");
    let edge = Edge::new(&Object::new());
    let body = format!(
        r#"{{"id":"evt_1","type":"a","data":"{}"}}"#,
        "x".repeat(40_000)
    );
    let at = NOW / 1000;
    let content = [Piece::Bytes(format!("{at}.").into_bytes()), Piece::Body];
    let by = |key: &[u8]| Encoding::Hex.encode(&Hash::Sha256.mac(key, &content, body.as_bytes()));
    let [old, new] = [0, 1].map(|place| by(source.keys[0][place].expose()));
    let wrong = by(b"another");
    let buffer = Uint8Array::from(body.as_bytes()).buffer();
    for (signatures, signer) in [
        (vec![&old], Ok(0)),
        (vec![&new], Ok(1)),
        (vec![&wrong], Err(Rejection::BadSignature)),
        (vec![&wrong, &new], Ok(1)),
        (vec![&new, &old], Ok(0)),
        (vec![&wrong, &wrong], Err(Rejection::BadSignature)),
    ] {
        let signatures: Vec<String> = signatures.iter().map(|hex| format!(",v1={hex}")).collect();
        let flat = format!("stripe-signature\nt={at}{}", signatures.concat());
        let head = Head {
            method: "POST",
            query: "",
            headers: Headers::new(&flat),
        };
        let screened = verify::screen(source, &head, NOW).expect("a plausible head");
        let verified = subtle::verify(&edge, source, screened, &buffer, NOW).await;
        assert_eq!(verified.map(|verified| verified.signer()), signer, "{flat}");
    }
}

#[wasm_bindgen_test]
async fn the_host_and_wasm_agree() {
    let body = format!(
        r#"{{"id":"evt_1","event_id":"evt_1","type":"a","data":"{}"}}"#,
        "x".repeat(40_000)
    );
    let whole = |row: &&Row<'_>| {
        // What is signed with a private key only the host can verify; tokens sign nothing.
        let here = !row.algorithm.is_public() && row.algorithm != Algorithm::Token;
        here && !Scheme::compile(row)
            .expect("a row that compiles")
            .opens_body(false)
    };
    for provider in providers::all().filter(whole).map(|row| row.name) {
        let [wasm, host] = both(provider, &body, &body).await;
        assert!(wasm.is_ok(), "{provider}: {wasm:?}");
        assert_eq!(wasm, host, "{provider}");
        let forged = body.replacen('x', "y", 1);
        let [wasm, host] = both(provider, &body, &forged).await;
        assert_eq!(wasm, Err(Rejection::BadSignature), "{provider}");
        assert_eq!(wasm, host, "{provider}");
    }
}
