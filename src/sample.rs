//! A sample: signed with a source's own secret, and sent through the line that its provider's webhooks go through.

use js_sys::JSON;
use wasm_bindgen::JsCast;
use waypost_core::json;
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::sample::{sample, wanted_type};
use web_sys::Response;

use crate::admin::body;
use crate::answer::Answer;
use crate::call::Call;
use crate::edge::Edge;
use crate::{ffi, handshake, receive};

/// `POST /sources/{source}/sample`
pub(crate) async fn send(
    edge: &'static Edge,
    call: &Call,
    name: &str,
) -> Result<Response, Problem> {
    let source = edge.source(name)?;
    // What is sent is sent, whether its client waits for it or not.
    let _alive = call.keep_alive();
    let kind = wanted_type(&ffi::bytes(&body(call).await?.unchecked_into()))?;
    let handed = match source.is_handed() {
        true => handshake::handed(edge, call, source).await?,
        false => Vec::new(),
    };
    let sample = sample(source, &handed, call.now, &call.id, &kind)?;
    // Of the URL only the query counts: what is signed of it is what the config says.
    let url = format!("https://waypost/webhooks/receive/{name}?{}", sample.query);
    let request =
        ffi::post(&url, &sample.headers, &sample.body).map_err(|_| Rejection::NotSignable)?;
    let inner = call.beside(request);
    let answer = receive::receive(edge, &inner, name).await;
    let said = answer.text();
    let said = match said {
        None => "null".to_owned(),
        // Some providers want a text that is no JSON.
        Some(text) if JSON::parse(&text).is_err() => json::text(&text),
        Some(text) => text,
    };
    let id = match sample.has_id {
        true => &call.id,
        false => &inner.id,
    };
    let (status, id) = (answer.status(), json::text(id));
    let told = format!(
        r#"{{"status":"sent","response_status":{status},"response":{said},"webhook_id":{id}}}"#
    );
    Ok(Answer::json(200, &told).respond(&call.id))
}
