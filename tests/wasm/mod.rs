//! The edge's conversions between the host and wasm, run in wasm.
//!
//! These are the Worker's own unit tests (`src/lib.rs` includes this folder): a crate that is built
//! for the host to load cannot be linked into a test of its own.

mod answers;
mod bodies;
mod calls;
mod vectors;
mod verifying;

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Request;

use crate::call::Call;

/// A request with these headers and this body, as the host makes it.
fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &JsValue) -> Request {
    let init = Object::new();
    let pairs: Array = headers
        .iter()
        .map(|(name, value)| Array::of2(&(*name).into(), &(*value).into()))
        .collect();
    for (name, value) in [
        ("method", &method.into()),
        ("headers", pairs.as_ref()),
        ("body", body),
        ("duplex", &"half".into()),
    ] {
        Reflect::set(&init, &name.into(), value).expect("a plain object");
    }
    let constructor: js_sys::Function = Reflect::get(&js_sys::global(), &"Request".into())
        .expect("a host with fetch")
        .unchecked_into();
    Reflect::construct(&constructor, &Array::of2(&url.into(), &init))
        .expect("a request")
        .unchecked_into()
}

/// A call from outside, in a context that keeps nothing alive.
fn outside(request: Request) -> Call {
    let context = Object::new();
    let wait_until = js_sys::Function::new_no_args("");
    Reflect::set(&context, &"waitUntil".into(), &wait_until).expect("a plain object");
    Call::new(request, context.unchecked_into())
}
