//! What an administrator does with a feed and with a source that is handed its secret, and what a worker does with
//! a consumer.

use wasm_bindgen::JsValue;
use waypost_core::consumer::{MAX_BODY, Verb};
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::route::{Resource, Target};
use waypost_core::scheme::KeysFrom;
use web_sys::Response;

use crate::access::{self, Authorised};
use crate::answer::Answer;
use crate::call::Call;
use crate::edge::Edge;
use crate::host::settled;
use crate::log::{Told, push_request};
use crate::{explain, ffi, handshake, push, sample};

/// A worker that pauses for longer in so short a body has gone.
const BODY_MS: u32 = 10_000;

/// `DELETE {base}/events/{id}`, `GET {base}/dead-letters`, `POST {base}/dead-letters/{id}/replay`,
/// `GET {base}/consumers`, `DELETE {base}/consumers/{name}`, `POST {base}/consumers/{name}/{verb}`,
/// `POST /sources/{source}/arm`, `GET` and `DELETE /sources/{source}/secrets`, `POST /sources/{source}/sample`,
/// `GET {base}/events/{id}/verification`
pub(crate) async fn administer(edge: &'static Edge, call: &Call, target: Target<'_>) -> Response {
    let response = match act(edge, call, target).await {
        Ok(response) => ffi::finish(&response, false, ""),
        Err(problem) => Answer::problem(problem, &call.id).respond(&call.id),
    };
    tell(edge, call, target, response.status());
    response
}

/// A line for each; of what workers do all day for some, as for reads.
pub(crate) fn tell(edge: &Edge, call: &Call, target: Target<'_>, status: u16) {
    let told = Told {
        what: "admin",
        feed: edge.config.feed(target.name).map_or("", |_| target.name),
        of: ("path", call.path()),
        outcome: &status.to_string(),
        size: None,
        began: call.now,
    };
    let often = matches!(target.resource, Resource::Consume(_)) && status < 400;
    let hushed = often && !edge.config.log().takes_read(&call.id);
    told.tell(edge, hushed, || {
        let method = call.method();
        let mut more = format!(r#","method":"{method}""#);
        push_request(&mut more, call);
        more
    });
}

async fn act(edge: &'static Edge, call: &Call, target: Target<'_>) -> Result<Response, Problem> {
    if let Resource::Arm | Resource::Secrets = target.resource {
        return hand_over(edge, call, target).await;
    }
    if target.resource == Resource::Sample {
        access::administrator(edge, call)?;
        return sample::send(edge, call, target.name).await;
    }
    let reader = Authorised::authorise(edge, call, target)?;
    if push::takes(target.resource) {
        return push::ask(edge, call, target, &reader).await;
    }
    let id = target.id.unwrap_or_default();
    if target.resource == Resource::Verification {
        return explain::explain(edge, call, &reader, id).await;
    }
    let (method, path) = match target.resource {
        Resource::Event => ("DELETE", format!("/events/{id}")),
        Resource::DeadLetters => ("GET", format!("/dead-letters?{}", call.query())),
        Resource::DeadReplay => ("POST", format!("/dead-letters/{id}/replay")),
        Resource::Consumers => ("GET", "/consumers".to_owned()),
        Resource::Consumer => ("DELETE", format!("/consumers/{id}")),
        Resource::Consume(verb) => {
            // A held claim must let go of its place when its client has gone.
            let _alive = (verb == Verb::Claim).then(|| call.keep_alive());
            let body = body(call).await?;
            let path = format!("/consumers/{id}/{}", verb.name());
            return reader.ask_with(edge, call, "POST", &path, &body).await;
        }
        _ => return Err(Rejection::NotFound.into()),
    };
    reader.ask(edge, call, method, &path).await
}

/// `POST /sources/{source}/arm`, `GET` and `DELETE /sources/{source}/secrets`
async fn hand_over(
    edge: &'static Edge,
    call: &Call,
    target: Target<'_>,
) -> Result<Response, Problem> {
    access::administrator(edge, call)?;
    let source = edge.source(target.name)?;
    if source.scheme.keys_from != KeysFrom::Handed {
        return Err(Rejection::NotHanded.into());
    }
    let what = match target.resource {
        Resource::Arm if !source.is_handed() => return Err(Rejection::SecretHeld.into()),
        Resource::Arm => "arm",
        _ => "secrets",
    };
    Ok(handshake::ask(edge, call, source, call.method(), what, "").await?)
}

/// A body that is short, whatever it says of itself.
pub(crate) async fn body(call: &Call) -> Result<JsValue, Problem> {
    let read = ffi::within(&ffi::short_body(&call.request, MAX_BODY), BODY_MS);
    let body = settled(Ok(read))
        .await
        .map_err(|_| Problem::from(Rejection::BodyIncomplete))?;
    match body.is_null() {
        true => Err(Problem::from(Rejection::BodyTooLarge)
            .detail("The body is longer than 64 KB. Send less at once.")),
        false => Ok(body),
    }
}
