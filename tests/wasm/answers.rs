//! Answers as the host's responses.

use js_sys::Uint8Array;
use wasm_bindgen_test::wasm_bindgen_test;
use waypost_core::problem::Problem;
use waypost_core::rejection::{ROWS, Rejection};
use web_sys::Response;

use crate::answer::Answer;
use crate::host::settled;

async fn text(response: &Response) -> String {
    let text = settled(response.text()).await.expect("a text");
    text.as_string().expect("a text")
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).expect("a name")
}

#[wasm_bindgen_test]
async fn json_says_that_it_is_not_to_be_kept() {
    let response = Answer::json(200, r#"{"a":"é"}"#).respond("r1");
    assert_eq!(response.status(), 200);
    assert_eq!(
        header(&response, "content-type").as_deref(),
        Some("application/json")
    );
    assert_eq!(
        header(&response, "cache-control").as_deref(),
        Some("no-store")
    );
    assert_eq!(header(&response, "x-request-id").as_deref(), Some("r1"));
    assert_eq!(text(&response).await, r#"{"a":"é"}"#);
}

#[wasm_bindgen_test]
async fn every_rejection_is_a_problem_that_names_its_request() {
    for row in ROWS {
        let response = Answer::problem(Problem::from(row.rejection), "r2").respond("r2");
        assert_eq!(response.status(), row.status, "{}", row.code);
        assert_eq!(
            header(&response, "content-type").as_deref(),
            Some("application/problem+json")
        );
        assert_eq!(
            header(&response, "cache-control").as_deref(),
            Some("no-store"),
            "{}",
            row.code
        );
        for (name, value) in row.headers {
            assert_eq!(
                header(&response, name).as_deref(),
                Some(*value),
                "{}",
                row.code
            );
        }
        let problem: serde_json::Value =
            serde_json::from_str(&text(&response).await).expect("JSON");
        assert_eq!(problem["code"], row.code);
        assert_eq!(problem["request_id"], "r2");
    }
}

#[wasm_bindgen_test]
fn an_answer_without_a_body_has_none() {
    for status in [204, 304] {
        let response = Answer::new(status).header("etag", "\"a\"").respond("r3");
        assert_eq!(response.status(), status);
        assert!(response.body().is_none());
        assert_eq!(header(&response, "etag").as_deref(), Some("\"a\""));
    }
}

#[wasm_bindgen_test]
async fn an_answer_of_bytes_can_be_given_many_times() {
    let answer = Answer::new(200).body(Uint8Array::from(b"[1]".as_slice()).buffer());
    for name in ["a", "b"] {
        let response = answer.clone().respond(name);
        assert_eq!(text(&response).await, "[1]");
        assert_eq!(header(&response, "x-request-id").as_deref(), Some(name));
    }
}

#[wasm_bindgen_test]
fn a_header_that_the_host_refuses_becomes_an_error_without_it() {
    let response = Answer::json(200, "{}")
        .header("not a name", "x")
        .respond("r4");
    assert_eq!(response.status(), Rejection::Internal.status());
}
