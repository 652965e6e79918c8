//! The host's crypto and the one in wasm decide the same.

use js_sys::{Object, Uint8Array};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;
use waypost_core::config::Config;
use waypost_core::encoding::Encoding;
use waypost_core::hash::sha256;
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

/// With two keys, in the form that the provider's keys have.
fn source(provider: &str) -> Source {
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
    config
        .source("s", secret)
        .ready()
        .expect("a source")
        .clone()
}

/// Both ways over one signed body, the second one with `sent` in its place.
async fn both(provider: &str, body: &str, sent: &str) -> [Result<Verified, Rejection>; 2] {
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
    let screen = || verify::screen(&source, &head, NOW).expect("a plausible head");
    let edge = Edge::new(&Object::new());
    let buffer = Uint8Array::from(sent.as_bytes()).buffer();
    [
        screen().verify(sent.as_bytes()),
        subtle::verify(&edge, &source, screen(), &buffer, NOW).await,
    ]
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
