//! `GET /openapi.json`: what is at all paths, for programs.

use wasm_bindgen::JsValue;
use waypost_core::cors::ANY;
use waypost_core::open_api::{CACHE_CONTROL, DOCUMENT, etag};
use web_sys::Response;

use crate::answer::Answer;
use crate::call::Call;
use crate::{ffi, poll};

/// The document, which any page may read.
pub(crate) fn document(call: &Call) -> Response {
    let answer = Answer::new(200)
        .header("content-type", "application/json")
        .header("cache-control", CACHE_CONTROL)
        .header("etag", &etag())
        .header("access-control-allow-origin", ANY)
        .body(JsValue::from_str(DOCUMENT))
        .respond(&call.id);
    ffi::finish(&answer, poll::is_unchanged(call, &answer), "")
}
