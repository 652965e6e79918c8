//! The host's crypto and the one in wasm decide the same.

use js_sys::{Object, Uint8Array};
use wasm_bindgen_test::wasm_bindgen_test;
use waypost_core::config::Config;
use waypost_core::headers::Headers;
use waypost_core::rejection::Rejection;
use waypost_core::sign::Outgoing;
use waypost_core::source::Source;
use waypost_core::verify::{self, Head, Verified};

use crate::edge::Edge;
use crate::subtle;

const NOW: u64 = 1_760_000_000_000;

fn source(provider: &str) -> Source {
    let sources = format!(r#"{{"s":{{"provider":"{provider}","secrets":["K","L"]}}}}"#);
    let config = Config::parse(&[("SOURCES", &sources)]).expect("a config");
    let secret = |name: &str| {
        Some(format!(
            "whsec_{}",
            if name == "K" {
                "a2V5a2V5a2V5"
            } else {
                "b2xkb2xk"
            }
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
    let id = "evt_1";
    let (body, method) = (body.as_bytes(), "POST");
    let out = Outgoing {
        body,
        at: NOW,
        id,
        event_type: "a",
        method,
        url: "",
    };
    let headers = source.scheme.sign(&source.keys, &out);
    let flat: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}\n{value}"))
        .collect();
    let flat = flat.join("\n");
    let head = Head {
        method: "POST",
        query: "",
        headers: Headers::new(&flat),
    };
    let screen = || verify::screen(&source, &head, NOW).expect("a plausible head");
    let edge = Edge::new(&Object::new());
    let buffer = Uint8Array::from(sent.as_bytes()).buffer();
    [
        screen().verify(sent.as_bytes()),
        subtle::verify(&edge, &source, screen(), &buffer).await,
    ]
}

#[wasm_bindgen_test]
async fn the_host_and_wasm_agree() {
    let body = format!(
        r#"{{"id":"evt_1","event_id":"evt_1","type":"a","data":"{}"}}"#,
        "x".repeat(40_000)
    );
    for provider in [
        "github",
        "stripe",
        "standard-webhooks",
        "slack",
        "shopify",
        "waypost",
        "waypost-body",
    ] {
        let [wasm, host] = both(provider, &body, &body).await;
        assert!(wasm.is_ok(), "{provider}: {wasm:?}");
        assert_eq!(wasm, host, "{provider}");
        let forged = body.replacen('x', "y", 1);
        let [wasm, host] = both(provider, &body, &forged).await;
        assert_eq!(wasm, Err(Rejection::BadSignature), "{provider}");
        assert_eq!(wasm, host, "{provider}");
    }
}
