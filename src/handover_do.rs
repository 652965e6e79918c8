//! The Handover Durable Object: what one source was handed by its provider.
//!
//! Its endpoints are the Worker's alone: `POST /take` with a secret (200 where it is held now, else 403), `GET
//! /keys` (a line each), and what an administrator asks: `POST /arm`, `GET /secrets`, `DELETE /secrets`.

use std::cell::OnceCell;

use waypost_core::feed::db::DbError;
use waypost_core::handover::Handover as Held;
use waypost_core::json;
use waypost_core::rejection::Rejection;
use waypost_core::when::rfc3339;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::answer::Answer;
use crate::call::Call;
use crate::db::DoDb;
use crate::log;

/// What one source was handed.
#[durable_object(fetch)]
pub struct Handover {
    state: State,
    held: OnceCell<Held<DoDb>>,
}

impl DurableObject for Handover {
    fn new(state: State, _: Env) -> Self {
        Self {
            state,
            held: OnceCell::new(),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let call = Call::inner(request.try_into()?);
        let body = call.bytes().await.unwrap_or_default();
        let secret = String::from_utf8(body).unwrap_or_default();
        let answer = self.answer(&call, &secret).unwrap_or_else(|error| {
            log::error("the database of a source's secrets", &error.to_string());
            Answer::problem(Rejection::KeyUnavailable.into(), &call.id)
        });
        Ok(answer.respond(&call.id).into())
    }
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
