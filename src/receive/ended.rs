//! What is told and counted of a webhook once the line has come to its end.

use waypost_core::feed::{kind, outcome};
use waypost_core::rejection::Rejection;
use waypost_core::source::Source;

use super::{Accepted, Stop};
use crate::call::Call;
use crate::edge::Edge;
use crate::log::{Told, push_member, push_request};
use crate::tally;

/// Of a source that takes none.
pub(super) fn refused(edge: &'static Edge, call: &Call, source: &str, feed: &str, why: Rejection) {
    tell(edge, call, source, feed, why.code(), None);
}

/// Of a source.
pub(super) fn ended(edge: &'static Edge, call: &Call, source: &Source, stop: &Stop) {
    let (outcome, accepted) = match stop {
        Stop::Taken(accepted) => (accepted.status, Some(accepted)),
        Stop::Answered(_) => (outcome::ANSWERED, None),
        Stop::Refused(problem) => (problem.rejection().code(), None),
    };
    tell(
        edge,
        call,
        &source.name,
        &source.settings.feed,
        outcome,
        accepted,
    );
}

fn tell(
    edge: &'static Edge,
    call: &Call,
    source: &str,
    feed: &str,
    outcome: &'static str,
    accepted: Option<&Accepted>,
) {
    let told = Told {
        what: "webhook",
        feed,
        of: ("source", source),
        outcome,
        size: accepted
            .map(|accepted| accepted.size)
            .or(call.headers().content_length()),
        began: call.now,
    };
    told.tell(edge, false, || {
        let mark = accepted.and_then(|accepted| accepted.mark.as_deref());
        let identity = mark.and_then(|mark| mark.rsplit(':').next());
        let mut more = String::with_capacity(128);
        push_member(&mut more, "identity", identity.unwrap_or_default());
        push_request(&mut more, call);
        more
    });
    // What is queued is counted by the feed, when it is there.
    if accepted.is_none_or(|accepted| accepted.status == outcome::ALREADY_PROCESSED) {
        tally::count(edge, call, feed, |tallies| {
            tallies.count(kind::WEBHOOK, source, outcome);
        });
    }
}
