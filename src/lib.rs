//! Waypost's edge: Workers handlers, Durable Objects and bindings. Thin; `waypost-core` decides.
//!
//! - `receive`: the ingest line, from a provider's POST to the queue.
//! - `queue`: from the queue to the feeds.
//! - `feed_do`: the Feed Durable Object; `db` is its SQLite, `waiting` its held pollers.
//! - `poll`: the read line, from a reader's GET to the feed; `cache` is the edge cache on it, `cors` what
//!   pages of other origins are told; `reply` turns a feed's answer into the host's.
//! - `overview`: how everything is, for the page and for Prometheus; `tally`: what the edge counts.
//! - `open_api`: the document of all of it; `page`: the page and its sessions; `health`: whether all is there.
//! - `handshake`: challenges; `handover_do`: the Handover Durable Object, secrets that providers hand over.
//! - `push`: what is asked of subscriptions; `subscription_do`: the Subscription Durable Object.
//! - `explain`: how an event's signature was checked; `sample`: a webhook that a source is sent from here.
//! - `admin`: erasing, dead letters, consumers and arming; `access` is who may.
//! - `call`, `answer`, `body`: a request and an answer on the host; `subtle` is its crypto, `keys` the public keys.
//! - `edge`: config and bindings, read once an isolate; `in_flight` and `rate` are its bounds.
//! - `together`: futures side by side; `clock`: waiting for a moment.
//! - `ffi`, `options`: the bindings to the host; `host`: its promises; `start`: what its entry point asks; `log`:
//!   what operators read.

mod access;
mod admin;
mod answer;
mod body;
mod cache;
mod call;
mod clock;
mod cors;
mod db;
mod edge;
mod explain;
mod feed_do;
mod ffi;
mod handover_do;
mod handshake;
mod health;
mod host;
mod in_flight;
mod keys;
mod log;
mod open_api;
mod options;
mod overview;
mod page;
mod poll;
mod push;
mod queue;
mod rate;
mod receive;
mod reply;
mod sample;
mod start;
mod subscription_do;
mod subtle;
mod tally;
mod together;
mod waiting;

#[cfg(test)]
#[path = "../tests/wasm/mod.rs"]
mod tests;

use wasm_bindgen::prelude::*;
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::route::{Need, Resource, Target};
use web_sys::{Request, Response};

use answer::Answer;
use call::Call;
use edge::Edge;
use ffi::{Batch, Context};
use together::Task;

/// The `fetch` handler. Exported bare: a wrapper costs as much again as the rest.
#[wasm_bindgen]
pub fn fetch(request: Request, env: JsValue, context: Context) -> JsValue {
    let call = Call::new(request, context);
    host::promise(call.now, async move {
        respond(Edge::get(&env), &call).await.into()
    })
}

/// The `queue` handler. It resolves whatever happens: an error would re-initialise the isolate.
#[wasm_bindgen]
pub fn queue(batch: Batch, env: JsValue) -> JsValue {
    host::lasting(async move {
        queue::consume(Edge::get(&env), &batch).await;
        JsValue::UNDEFINED
    })
}

async fn respond(edge: &'static Edge, call: &Call) -> Response {
    match edge.routes.at(call.path()) {
        Some(target) => room(edge, call, target).await,
        None => refuse(Rejection::NotFound.into(), call),
    }
}

/// Who answers what is asked of a path. Each of them is in a box: the host compiles a function when it is first called,
/// so that a fresh isolate that is sent a webhook does not compile what answers readers as well.
#[inline(never)]
fn room<'a>(edge: &'static Edge, call: &'a Call, target: Target<'a>) -> Task<'a, Response> {
    let Target { resource, name, .. } = target;
    match call.method() {
        // Which methods it takes is for the source's provider to say.
        _ if resource == Resource::Receive => {
            Box::pin(async move { receive::receive(edge, call, name).await.respond(&call.id) })
        }
        "OPTIONS" => Box::pin(async move { cors::options(edge, call, target) }),
        method if !resource.methods().contains(&method) => {
            let problem = Problem::from(Rejection::MethodNotAllowed);
            let problem = problem.header("allow", resource.allow());
            Box::pin(async move { refuse(problem, call) })
        }
        method => match resource.need(method) {
            Need::Nothing => Box::pin(open(edge, call, target)),
            Need::Read => Box::pin(poll::poll(edge, call, target)),
            _ if matches!(resource, Resource::Overview | Resource::Metrics) => {
                Box::pin(overview::overview(edge, call, target))
            }
            _ => Box::pin(admin::administer(edge, call, target)),
        },
    }
}

/// What is open to everybody.
async fn open(edge: &Edge, call: &Call, target: Target<'_>) -> Response {
    let answered = match target.resource {
        Resource::Page => page::file(edge, call).await,
        Resource::Session => page::session(edge, call).await,
        Resource::Health => Ok(health::health(call)),
        Resource::Ready => health::ready(edge, call),
        _ => Ok(open_api::document(call)),
    };
    let response = answered.unwrap_or_else(|problem| refuse(problem, call));
    if target.resource == Resource::Session {
        admin::tell(edge, call, target, response.status());
    }
    response
}

fn refuse(problem: Problem, call: &Call) -> Response {
    Answer::problem(problem, &call.id).respond(&call.id)
}
