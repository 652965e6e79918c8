//! The Handover Durable Object: what one source was handed by its provider.
//!
//! Its endpoints are the Worker's alone: `POST /take` with a secret (200 where it is held now, else 403), `GET
//! /keys` (a line each), and what an administrator asks: `POST /arm`, `GET /secrets`, `DELETE /secrets`.

use std::cell::OnceCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use waypost_core::feed::db::DbError;
use waypost_core::handover::Handover as Held;
use waypost_core::json;
use waypost_core::rejection::Rejection;
use waypost_core::when::rfc3339;
use web_sys::Request;

use crate::answer::Answer;
use crate::call::Call;
use crate::db::DoDb;
use crate::ffi::ObjectState;
use crate::{host, log};

/// The Durable Object's class.
#[wasm_bindgen(js_name = Handover)]
pub struct HandoverClass(Rc<Handover>);

#[wasm_bindgen(js_class = Handover)]
impl HandoverClass {
    /// An object of the host's.
    #[wasm_bindgen(constructor)]
    pub fn new(state: ObjectState) -> Self {
        let held = OnceCell::new();
        Self(Rc::new(Handover { state, held }))
    }

    /// A request of the Worker's.
    pub fn fetch(&self, request: Request) -> JsValue {
        let object = Rc::clone(&self.0);
        let call = Call::inner(request);
        host::promise(call.now, async move {
            let body = call.bytes().await.unwrap_or_default();
            let secret = String::from_utf8(body).unwrap_or_default();
            let answer = object.answer(&call, &secret).unwrap_or_else(|error| {
                log::error("the database of a source's secrets", &error.to_string());
                Answer::problem(Rejection::KeyUnavailable.into(), &call.id)
            });
            answer.respond(&call.id).into()
        })
    }
}

/// What one source was handed.
struct Handover {
    state: ObjectState,
    held: OnceCell<Held<DoDb>>,
}

impl Handover {
    fn answer(&self, call: &Call, secret: &str) -> Result<Answer, DbError> {
        let held = self.held()?;
        let now = call.now;
        let refuse = |rejection: Rejection| Ok(Answer::problem(rejection.into(), &call.id));
        match (call.method(), call.path()) {
            ("POST", "/take") if !secret.is_empty() && held.take(secret, now)? => {
                Ok(Answer::new(200))
            }
            ("POST", "/take") => refuse(Rejection::NotArmed),
            ("GET", "/keys") => Ok(Answer::new(200).body(js(&held.secrets()?.join("\n")))),
            ("POST", "/arm") => match held.arm(now)? {
                Some(until) => {
                    let until = json::text(&rfc3339(until));
                    Ok(Answer::json(200, &format!(r#"{{"armed_until":{until}}}"#)))
                }
                None => refuse(Rejection::SecretHeld),
            },
            ("DELETE", "/secrets") => {
                let deleted = held.forget()?;
                Ok(Answer::json(
                    200,
                    &format!(r#"{{"status":"deleted","secrets":{deleted}}}"#),
                ))
            }
            ("GET" | "HEAD", "/secrets") => Ok(Answer::json(200, &held.show(now)?)),
            _ => refuse(Rejection::NotFound),
        }
    }

    fn held(&self) -> Result<&Held<DoDb>, DbError> {
        if let Some(held) = self.held.get() {
            return Ok(held);
        }
        let held = Held::open(DoDb::new(&self.state))?;
        Ok(self.held.get_or_init(|| held))
    }
}

fn js(text: &str) -> wasm_bindgen::JsValue {
    wasm_bindgen::JsValue::from_str(text)
}
