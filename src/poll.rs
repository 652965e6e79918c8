//! The read line: authorise, canonical query, edge cache, feed, and what is the reader's own.

use waypost_core::cache::{Audience, vary};
use waypost_core::conditional::{Preconditions, Validators, unix_seconds};
use waypost_core::cors::varies;
use waypost_core::feed::kind;
use waypost_core::problem::Problem;
use waypost_core::query::{self, Question};
use waypost_core::represent::{Format, preferred_wait};
use waypost_core::route::{Resource, Target};
use web_sys::Response;

use crate::access::Authorised;
use crate::answer::{Answer, line};
use crate::cache::{self, Answered};
use crate::call::Call;
use crate::edge::Edge;
use crate::host::settled;
use crate::log::{Told, push_member, push_request};
use crate::{cors, ffi, tally};

/// A refused `/long-poll` is answered after this long, so that a client that asks again at once
/// does not spin.
const LONG_POLL_PENALTY_MS: u32 = 1_000;

/// `GET {base}/…`
pub(crate) async fn poll(edge: &'static Edge, call: &Call, target: Target<'_>) -> Response {
    let mut own = own(edge, call, target);
    let (response, status, is_whole) = match read(edge, call, target, &mut own).await {
        Ok(answer) => (answer.response, answer.status, answer.is_whole),
        Err(problem) => {
            let status = problem.status();
            let refused = Answer::problem(problem, &call.id).respond(&call.id);
            (refused, status, false)
        }
    };
    // Whoever refused it, this line or the feed.
    if target.resource == Resource::LongPoll && status >= 400 {
        let pause = ffi::pause(LONG_POLL_PENALTY_MS, &call.signal());
        // It only resolves.
        let _ = settled(Ok(pause)).await;
    }
    let unchanged = !is_whole && is_unchanged(call, &response);
    tell(edge, call, target, if unchanged { 304 } else { status });
    if is_whole {
        return response;
    }
    line(&mut own, "x-request-id", &call.id);
    ffi::finish(&response, unchanged, &own)
}

/// Headers that are the reader's own, names and values in turn, a line each.
fn own(edge: &Edge, call: &Call, target: Target<'_>) -> String {
    let origins = cors::origins(edge, target);
    let mut lines = cors::lines(origins, call);
    let varies = vary(target.resource, varies(origins));
    if !varies.is_empty() {
        line(&mut lines, "vary", varies);
    }
    lines
}

/// The feed's answer.
async fn read(
    edge: &'static Edge,
    call: &Call,
    target: Target<'_>,
    own: &mut String,
) -> Result<Answered, Problem> {
    let reader = Authorised::authorise(edge, call, target)?;
    let header = |name| call.headers().get(name);
    let prefer = preferred_wait(header("prefer"));
    let question = Question::parse(target.resource, target.id, call.query(), prefer)?
        .resumed(header("last-event-id"))?;
    // A held request must let go of its place when its client has gone.
    let _alive = (question.hold() > 0).then(|| call.keep_alive());
    let format = match target.resource {
        Resource::Events | Resource::LongPoll | Resource::Updates => {
            Format::accepted(header("accept"))
        }
        _ => Format::Json,
    };
    let view = match reader.audience() {
        Audience::Public => "open",
        Audience::Token => "full",
    };
    let view = (view, format.name());
    let refused = own.len();
    if question.is_preferred() {
        line(
            own,
            "preference-applied",
            &format!("wait={}", question.hold()),
        );
    }
    let answer = cache::ask(&reader, edge, call, &question, view, own).await;
    answer.inspect_err(|_| own.truncate(refused))
}

/// A line for some of those that went well, and for each of the others; all of them are counted.
fn tell(edge: &'static Edge, call: &Call, target: Target<'_>, status: u16) {
    // A name that anybody may make up is no feed: it is neither counted nor told.
    let feed = edge.config.feed(target.name).map_or("", |_| target.name);
    let face = target.resource.face();
    let code = status.to_string();
    if !feed.is_empty() {
        tally::count(edge, call, feed, |tallies| {
            tallies.count(kind::READ, face, &code);
        });
    }
    let hushed = status < 400 && !edge.config.log().takes_read(&call.id);
    let told = Told {
        what: "read",
        feed,
        of: ("face", face),
        outcome: &code,
        size: None,
        began: call.now,
    };
    told.tell(edge, hushed, || {
        let mut more = String::new();
        for name in ["since_id", "last_event_id", "since"] {
            let after = query::parameter(call.query(), name).ok().flatten();
            if let Some(after) = after.filter(|after| query::is_position(after)) {
                push_member(&mut more, name, &after);
            }
        }
        push_request(&mut more, call);
        more
    });
}

/// Whether the reader has this already. Asked here, once the answer is known: what the cache keeps is for
/// everybody.
pub(crate) fn is_unchanged(call: &Call, answer: &Response) -> bool {
    let header = |name| call.headers().get(name);
    let preconditions = Preconditions {
        if_none_match: header("if-none-match"),
        if_modified_since: header("if-modified-since"),
    };
    if preconditions.is_none() || answer.status() != 200 {
        return false;
    }
    let Some(etag) = ffi::header(answer, "etag") else {
        return false;
    };
    let last_modified = ffi::header(answer, "last-modified");
    preconditions.not_modified(Validators {
        etag: &etag,
        last_modified: last_modified.and_then(|date| unix_seconds(&date)),
    })
}
