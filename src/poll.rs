//! The read line: authorise, canonical query, feed.

use wasm_bindgen::{JsCast, JsValue};
use waypost_core::access;
use waypost_core::cache::Audience;
use waypost_core::problem::Problem;
use waypost_core::query::Question;
use waypost_core::rejection::Rejection;
use waypost_core::route::{Resource, Target};
use web_sys::Response;

use crate::answer::Answer;
use crate::call::Call;
use crate::edge::Edge;
use crate::{ffi, log};

/// A refused `/long-poll` is answered after this long, so that a client that asks again at once
/// does not spin.
const LONG_POLL_PENALTY_MS: u32 = 1_000;

/// `GET {base}/…`.
pub(crate) async fn poll(edge: &Edge, call: &Call, target: Target<'_>) -> Response {
    match read(edge, call, target).await {
        Ok(response) => response,
        Err(problem) => {
            if target.resource == Resource::LongPoll {
                ffi::pause(LONG_POLL_PENALTY_MS, &call.signal()).await;
            }
            Answer::problem(problem, &call.id).respond(&call.id)
        }
    }
}

async fn read(edge: &Edge, call: &Call, target: Target<'_>) -> Result<Response, Problem> {
    let reader = Authorised::authorise(edge, call, target)?;
    let question = Question::parse(target.resource, target.id, call.query())?;
    reader.ask(edge, call, &question).await
}

/// Somebody who may read this feed.
struct Authorised<'t> {
    feed: &'t str,
    audience: Audience,
}

impl<'t> Authorised<'t> {
    fn authorise(edge: &Edge, call: &Call, target: Target<'t>) -> Result<Self, Problem> {
        let feed = edge.config.feed(target.name).ok_or(Rejection::UnknownFeed)?;
        if feed.public {
            return Ok(Self { feed: target.name, audience: Audience::Public });
        }
        let tokens = edge.tokens(feed);
        match access::granted(call.headers().get("authorization"), tokens.iter().map(String::as_str)) {
            true => Ok(Self { feed: target.name, audience: Audience::Token }),
            false => Err(Rejection::Unauthorised.into()),
        }
    }

    async fn ask(&self, edge: &Edge, call: &Call, question: &Question) -> Result<Response, Problem> {
        let mut headers = format!("x-request-id\n{}\n", call.id);
        for name in ["if-none-match", "if-modified-since"] {
            if let Some(value) = call.headers().get(name) {
                headers.push_str(&format!("{name}\n{value}\n"));
            }
        }
        let open = if self.audience == Audience::Public { "/open" } else { "/full" };
        let init = ffi::request_init("GET", &headers, &JsValue::UNDEFINED, &call.signal());
        let answer = async {
            let stub = edge.feeds.stub(&edge.feeds.id_from_name(self.feed)?)?;
            stub.fetch(&format!("https://feed{open}{question}"), &init).await
        };
        match answer.await {
            Ok(response) => Ok(response.unchecked_into()),
            Err(error) => {
                log::error("the feed did not answer", &log::reason(&error));
                Err(Rejection::FeedUnavailable.into())
            }
        }
    }
}
