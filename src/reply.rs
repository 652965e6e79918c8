//! A feed's reply as a host's response.

use js_sys::{ArrayBuffer, JsString, Uint8Array};
use waypost_core::conditional::http_date;
use waypost_core::feed::{Body, BodyBytes, Content, Reply};

use crate::answer::Answer;
use crate::db;

/// A page of more bytes goes through the edge as it is read: to be kept or shared it would have to be
/// held there as a whole.
const MOST_KEPT: u32 = 1_000_000;

/// An answer of the feed, with everything but its request's id.
pub(crate) fn answer(reply: Reply<JsString, ArrayBuffer>, request_id: &str) -> Answer {
    let mut answer = match reply.content {
        Content::NotModified => Answer::new(reply.status),
        Content::Events { format, pieces } => {
            let page = db::whole(&pieces);
            let answer = Answer::new(reply.status).common("content-type", format.media_type());
            let kept = reply
                .edge_seconds
                .filter(|_| page.byte_length() <= MOST_KEPT);
            answer.keep(kept).body(page)
        }
        Content::Body { body, attachment } => payload(Answer::new(reply.status), body, attachment),
        Content::Problem(problem) => Answer::problem(problem, request_id),
    };
    answer = answer.common("cache-control", reply.cache_control);
    if let Some(etag) = &reply.etag {
        answer = answer.header("etag", etag);
    }
    if let Some(next) = &reply.next {
        let after = next.after.to_string();
        answer = answer
            .common("poll-interval", &after)
            .common("x-poll-interval", &after)
            .header("link", &format!("<{}>; rel=\"next\"", next.url));
    }
    if let Some(at) = reply.last_modified {
        answer = answer.header("last-modified", &http_date(at));
    }
    answer
}

/// A payload is never a page of ours: it is sandboxed, and is what its type says it is.
fn payload(answer: Answer, body: Body<JsString, ArrayBuffer>, attachment: bool) -> Answer {
    let kind = body
        .content_type
        .as_deref()
        .unwrap_or("application/octet-stream");
    let answer = answer
        .header("content-type", kind)
        .header("content-security-policy", "sandbox");
    let answer = match attachment {
        true => answer.header("content-disposition", "attachment"),
        false => answer,
    };
    match body.bytes {
        BodyBytes::Text(text) => answer.body(text),
        BodyBytes::Decoded(bytes) => answer.body(Uint8Array::from(bytes.as_slice())),
        BodyBytes::Parts(parts) => answer.body(db::whole(&parts)),
    }
}
