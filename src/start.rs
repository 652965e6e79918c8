//! What the entry points ask of the wasm, worker-build's and our own (entry.js): a state that says whether to start anew.
//!
//! After a panic the instance is of no use; worker-build's entry point makes a new one before the next request.

use std::panic;

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/glue.js")]
extern "C" {
    type InitState;

    #[wasm_bindgen(thread_local_v2, js_name = init_state)]
    static INIT_STATE: InitState;

    #[wasm_bindgen(method, setter, js_name = criticalError)]
    fn set_critical_error(this: &InitState, is: bool);

    #[wasm_bindgen(method, getter, js_name = instanceId)]
    fn instance_id(this: &InitState) -> u32;

    #[wasm_bindgen(method, setter, js_name = instanceId)]
    fn set_instance_id(this: &InitState, id: u32);
}

#[wasm_bindgen(start, private)]
fn start() {
    panic::set_hook(Box::new(|info| {
        web_sys::console::error_1(&info.to_string().into());
        INIT_STATE.with(|state| state.set_critical_error(true));
    }));
    INIT_STATE.with(|state| state.set_instance_id(state.instance_id().wrapping_add(1)));
    wasm_bindgen::handler::set_on_abort(wasm_bindgen::handler::schedule_reinit);
}

/// The state, by the name that worker-build's entry point knows.
#[wasm_bindgen(js_name = "__worker_init_state")]
pub fn init_state() -> JsValue {
    INIT_STATE.with(|state| state.into())
}
