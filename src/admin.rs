//! What an administrator does with a feed.

use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::route::{Resource, Target};
use web_sys::Response;

use crate::access::Authorised;
use crate::answer::Answer;
use crate::call::Call;
use crate::edge::Edge;
use crate::ffi;

/// `DELETE {base}/events/{id}`, `GET {base}/dead-letters`, `POST {base}/dead-letters/{id}/replay`
pub(crate) async fn administer(edge: &Edge, call: &Call, target: Target<'_>) -> Response {
    match act(edge, call, target).await {
        Ok(response) => ffi::finish(&response, false, ""),
        Err(problem) => Answer::problem(problem, &call.id).respond(&call.id),
    }
}

async fn act(edge: &Edge, call: &Call, target: Target<'_>) -> Result<Response, Problem> {
    let reader = Authorised::authorise(edge, call, target)?;
    let id = target.id.unwrap_or_default();
    let (method, path) = match target.resource {
        Resource::Event => ("DELETE", format!("/events/{id}")),
        Resource::DeadLetters => ("GET", format!("/dead-letters?{}", call.query())),
        Resource::DeadReplay => ("POST", format!("/dead-letters/{id}/replay")),
        _ => return Err(Rejection::NotFound.into()),
    };
    reader.ask(edge, call, method, &path).await
}
