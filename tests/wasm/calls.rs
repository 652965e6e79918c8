//! A request's head, read in one crossing.

use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{outside, request};
use crate::call::Call;

#[wasm_bindgen_test]
fn a_url_is_taken_apart() {
    for (url, path, query) in [
        (
            "https://edge.example/webhooks/receive/github",
            "/webhooks/receive/github",
            "",
        ),
        (
            "https://edge.example/events?since_id=a%20b&limit=1",
            "/events",
            "since_id=a%20b&limit=1",
        ),
        ("https://edge.example", "/", ""),
        ("https://edge.example/?", "/", ""),
        ("https://edge.example/?a=/b?c", "/", "a=/b?c"),
        ("https://edge.example/events#fragment", "/events", ""),
        (
            "https://edge.example/events?a=1#fragment?b",
            "/events",
            "a=1",
        ),
        (
            "http://127.0.0.1:8787/feeds/x%2Fy/events",
            "/feeds/x%2Fy/events",
            "",
        ),
    ] {
        let call = outside(request("GET", url, &[], &JsValue::UNDEFINED));
        assert_eq!((call.path(), call.query()), (path, query), "{url}");
        assert_eq!(call.method(), "GET", "{url}");
    }
}

#[wasm_bindgen_test]
fn headers_come_whole_and_in_lower_case() {
    let sent = [
        ("X-GitHub-Event", "push"),
        ("x-empty", ""),
        ("X-Utf", "a,b; c=\"d\""),
    ];
    let call = outside(request(
        "POST",
        "https://e/webhooks/receive",
        &sent,
        &JsValue::UNDEFINED,
    ));
    assert_eq!(call.headers().get("x-github-event"), Some("push"));
    assert_eq!(call.headers().get("x-empty"), Some(""));
    assert_eq!(call.headers().get("x-utf"), Some("a,b; c=\"d\""));
    assert_eq!(call.headers().get("x-absent"), None);
}

#[wasm_bindgen_test]
fn every_request_has_a_name_of_its_own() {
    let named = || outside(request("GET", "https://e/", &[], &JsValue::UNDEFINED)).id;
    assert_ne!(named(), named());
    let inner = request(
        "GET",
        "https://feed/",
        &[("x-call", "outer\tif-none-match\t\"a\"\t.")],
        &JsValue::UNDEFINED,
    );
    let inner = Call::inner(inner);
    assert_eq!(inner.id, "outer");
    assert_eq!(inner.headers().get("if-none-match"), Some("\"a\""));
}
