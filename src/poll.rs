//! The read line: authorise, canonical query, feed.

use waypost_core::cache::Audience;
use waypost_core::problem::Problem;
use waypost_core::query::Question;
use waypost_core::route::{Resource, Target};
use web_sys::Response;

use crate::access::Authorised;
use crate::answer::Answer;
use crate::call::Call;
use crate::edge::Edge;
use crate::ffi;
use crate::host::settled;

/// A refused `/long-poll` is answered after this long, so that a client that asks again at once
/// does not spin.
const LONG_POLL_PENALTY_MS: u32 = 1_000;

/// `GET {base}/…`
pub(crate) async fn poll(edge: &Edge, call: &Call, target: Target<'_>) -> Response {
    let response = match read(edge, call, target).await {
        Ok(response) => response,
        Err(problem) => Answer::problem(problem, &call.id).respond(&call.id),
    };
    // Whoever refused it, this line or the feed.
    if target.resource == Resource::LongPoll && response.status() >= 400 {
        let pause = ffi::pause(LONG_POLL_PENALTY_MS, &call.signal());
        // It only resolves.
        let _ = settled(Ok(pause)).await;
    }
    response
}

async fn read(edge: &Edge, call: &Call, target: Target<'_>) -> Result<Response, Problem> {
    let reader = Authorised::authorise(edge, call, target)?;
    let question = Question::parse(target.resource, target.id, call.query())?;
    // A held request must let go of its place when its client has gone.
    let _alive = (question.hold() > 0).then(|| call.keep_alive());
    let view = if reader.audience == Audience::Public {
        "open"
    } else {
        "full"
    };
    reader
        .ask(edge, call, "GET", &format!("/{view}{question}"))
        .await
}
