//! Option objects of the host's calls.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// KV's lower bound.
const LEAST_TTL_SECONDS: u64 = 60;

/// `{ expirationTtl }`
pub(crate) fn expires_in(seconds: u64) -> JsValue {
    object(
        "expirationTtl",
        &JsValue::from_f64(seconds.max(LEAST_TTL_SECONDS) as f64),
    )
}

/// `{ contentType: "bytes" }`: whatever else is sent through a queue is converted on the way.
pub(crate) fn bytes() -> JsValue {
    object("contentType", &"bytes".into())
}

/// `{ delaySeconds }`
pub(crate) fn delay(seconds: u32) -> JsValue {
    object("delaySeconds", &seconds.into())
}

/// `{ key }`
pub(crate) fn rate_key(key: &str) -> JsValue {
    object("key", &key.into())
}

fn object(name: &str, value: &JsValue) -> JsValue {
    let object = Object::new();
    // Setting a property of a new plain object does not fail.
    let _ = Reflect::set(&object, &name.into(), value);
    object.into()
}
