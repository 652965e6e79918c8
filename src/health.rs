//! Whether this answers, and whether all that it needs is there: no secret, and no state is asked.

use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use web_sys::Response;

use crate::answer::Answer;
use crate::call::Call;
use crate::edge::Edge;

/// What wrangler.toml binds for the Worker to work at all.
const BINDINGS: &[&str] = &["KV", "QUEUE", "FEED", "HANDOVER", "SUBSCRIPTION"];

/// `GET /healthz`
pub(crate) fn health(call: &Call) -> Response {
    Answer::json(200, r#"{"status":"ok"}"#).respond(&call.id)
}

/// `GET /readyz`
pub(crate) fn ready(edge: &Edge, call: &Call) -> Result<Response, Problem> {
    let missing = BINDINGS
        .iter()
        .filter(|name| edge.binding(name).is_undefined());
    let missing: Vec<&str> = missing.copied().collect();
    let misconfigured = edge.misconfigured();
    if missing.is_empty() && edge.mistakes.is_empty() && misconfigured == 0 {
        return Ok(Answer::json(200, r#"{"status":"ready"}"#).respond(&call.id));
    }
    Err(Problem::from(Rejection::NotReady)
        .with("missing", missing)
        .with("mistakes", &edge.mistakes)
        .with("misconfigured", misconfigured))
}
