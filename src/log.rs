//! What operators read: one JSON line an occurrence. No secret and no payload is ever an argument.

use wasm_bindgen::JsValue;
use waypost_core::json;

/// Something that somebody should look at.
pub(crate) fn error(what: &str, detail: &str) {
    web_sys::console::error_1(&line("error", what, detail));
}

/// Something that mends itself.
pub(crate) fn warn(what: &str, detail: &str) {
    web_sys::console::warn_1(&line("warn", what, detail));
}

/// An error of the host as text.
pub(crate) fn reason(error: &JsValue) -> String {
    use wasm_bindgen::JsCast;
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => error.as_string().unwrap_or_else(|| "unknown".to_owned()),
    }
}

fn line(level: &str, what: &str, detail: &str) -> JsValue {
    let (what, detail) = (json::text(what), json::text(detail));
    format!(r#"{{"level":"{level}","what":{what},"detail":{detail}}}"#).into()
}
