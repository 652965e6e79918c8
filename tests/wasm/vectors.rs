//! Every published vector again, with the hashes that the Worker has.

use serde_json::Value;
use wasm_bindgen_test::wasm_bindgen_test;
use waypost_core::config::Config;
use waypost_core::headers::Headers;
use waypost_core::verify::{self, Head};

const FILES: &[&str] = &[
    include_str!("../it/vectors/github.json"),
    include_str!("../it/vectors/shopify.json"),
    include_str!("../it/vectors/slack.json"),
    include_str!("../it/vectors/standard-webhooks.json"),
    include_str!("../it/vectors/stripe.json"),
    include_str!("../it/vectors/waypost-body.json"),
    include_str!("../it/vectors/waypost.json"),
];

#[wasm_bindgen_test]
fn every_vector_verifies_in_wasm() {
    for file in FILES {
        let file: Value = serde_json::from_str(file).expect("JSON");
        for vector in file["vectors"].as_array().expect("vectors") {
            check(file["provider"].as_str().expect("a name"), vector);
        }
    }
}

fn check(provider: &str, vector: &Value) {
    let text = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
    let sources = format!(r#"{{"s":{{"provider":"{provider}","secrets":["K"]}}}}"#);
    let config = Config::parse(&[("SOURCES", &sources)]).expect("a config");
    let state = config.source("s", |_| Some(text("secret")));
    let source = state.ready().expect("a source");
    let headers = vector["headers"].as_object().expect("headers");
    let flat: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}\n{}", value.as_str().expect("a text")))
        .collect();
    let flat = flat.join("\n");
    let head = Head {
        method: "POST",
        query: "",
        headers: Headers::new(&flat),
    };
    let now = vector["received_at"].as_u64().expect("seconds") * 1000;
    let body = text("body");
    let verified =
        verify::screen(source, &head, now).and_then(|screened| screened.verify(body.as_bytes()));
    let verified =
        verified.unwrap_or_else(|refused| panic!("{provider}, {}: {refused:?}", text("name")));
    assert_eq!(
        verified.event_type(),
        text("type"),
        "{provider}, {}",
        text("name")
    );
}
