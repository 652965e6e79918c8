//! Option objects of the host's calls.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

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
