//! Handshakes: what is done for them, and how they are answered.

use js_sys::ArrayBuffer;
use wasm_bindgen::JsValue;
use waypost_core::handshake::{self, Answered, Deed};
pub(crate) use waypost_core::handshake::{MAX_BODY, greets_bodies, methods};
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::scheme::Reply;
use waypost_core::secret::Secret;
use waypost_core::source::Source;
use waypost_core::verify::Screened;
use web_sys::Response;

use crate::answer::Answer;
use crate::call::Call;
use crate::edge::{Edge, asked};
use crate::host::settled;
use crate::{ffi, log};

/// Answers a request that its head alone makes a handshake; none where it may be a webhook.
pub(crate) async fn greet(
    edge: &Edge,
    call: &Call,
    source: &Source,
) -> Result<Option<Answered>, Problem> {
    match handshake::greet(source, &call.head(), call.now) {
        Ok(Some(answered)) => done(edge, call, source, answered).await.map(Some),
        Ok(None) => Ok(None),
        Err(Rejection::MethodNotAllowed) => {
            let methods = handshake::methods(source);
            Err(Problem::from(Rejection::MethodNotAllowed).header("allow", methods))
        }
        Err(refused) => Err(refused.into()),
    }
}

/// Answers a POST without a signature that its body makes a handshake.
pub(crate) async fn greet_body(
    edge: &Edge,
    call: &Call,
    source: &Source,
    body: &ArrayBuffer,
    screened: Option<&Screened<'_>>,
) -> Result<Option<Answered>, Problem> {
    if !handshake::greets_bodies(source) || u64::from(body.byte_length()) > handshake::MAX_BODY {
        return Ok(None);
    }
    let body = ffi::bytes(body);
    let Some(answered) = handshake::greet_body(source, &call.head(), &body) else {
        return Ok(None);
    };
    // What comes with a signature is signed with what it hands over.
    if let (Deed::Take(secret), Some(screened)) = (&answered.deed, screened) {
        let key = Secret::decode(secret, &source.scheme.key);
        let key = key.map_err(|_| Rejection::BadSignature)?;
        screened.clone().with_keys(vec![key]).verify(&body)?;
    }
    done(edge, call, source, answered).await.map(Some)
}

/// Whether a request that was refused only asks what may be asked.
pub(crate) fn asks_options(call: &Call, refused: &Problem) -> bool {
    call.method() == "OPTIONS" && refused.rejection() == Rejection::MethodNotAllowed
}

/// Does what has to be done before the answer is given.
pub(crate) async fn done(
    edge: &Edge,
    call: &Call,
    source: &Source,
    answered: Answered,
) -> Result<Answered, Problem> {
    match &answered.deed {
        Deed::None => {}
        Deed::Visit(url) => {
            edge.keys
                .fetch(&source.name, url, None, call.now)
                .await
                .map_err(|error| {
                    let reason = format!("{}: {}", source.name, log::reason(&error));
                    log::error("the provider did not take a confirmation", &reason);
                    Rejection::NotConfirmed
                })?;
        }
        Deed::Take(_) if !source.is_handed() => return Err(Rejection::NotArmed.into()),
        Deed::Take(secret) => {
            let response = ask(edge, call, source, "POST", "take", secret).await?;
            if !response.ok() {
                return Err(Rejection::NotArmed.into());
            }
        }
    }
    Ok(answered)
}

/// The answer of a handshake, or one that a provider wants for its webhooks.
pub(crate) fn answer(reply: &Reply) -> Answer {
    let mut answer = Answer::new(reply.status).header("cache-control", "no-store");
    for (name, value) in &reply.headers {
        answer = answer.header(name, value);
    }
    match reply.body.as_str() {
        "" => answer,
        body => answer.body(JsValue::from_str(body)),
    }
}

/// The keys that the source was handed.
pub(crate) async fn handed(
    edge: &Edge,
    call: &Call,
    source: &Source,
) -> Result<Vec<Secret>, Rejection> {
    let response = ask(edge, call, source, "GET", "keys", "").await?;
    let text = settled(response.text()).await.map_err(failed)?;
    let text = text.as_string().unwrap_or_default();
    let keys = text
        .split('\n')
        .filter_map(|text| Secret::decode(text, &source.scheme.key).ok());
    let keys: Vec<Secret> = keys.collect();
    match keys.is_empty() {
        true => Err(Rejection::NoSecret),
        false => Ok(keys),
    }
}

/// Asks the object that holds what a source was handed.
pub(crate) async fn ask(
    edge: &Edge,
    call: &Call,
    source: &Source,
    method: &str,
    what: &str,
    body: &str,
) -> Result<Response, Rejection> {
    let init = ffi::request_init(method, &call.passed(&[]), &body.into(), &JsValue::UNDEFINED);
    let url = format!("https://handover/{what}");
    let object = edge.handover_object(&source.name);
    asked(object, &url, &init).await.map_err(failed)
}

fn failed(error: JsValue) -> Rejection {
    log::error("the secrets of a source", &log::reason(&error));
    Rejection::KeyUnavailable
}
