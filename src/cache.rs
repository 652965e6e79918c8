//! The edge cache in front of the feeds' objects.
//!
//! It stands behind the authorisation: a question comes here with its [`Authorised`], and what is kept
//! has a key of our own that no URL from outside can name: the feed, its epoch (which changes when an
//! event is erased), the form, the reader's view and the canonical question. Nothing in it depends on
//! who asked or on what they hold already.
//!
//! Those who ask the same in one isolate at once share one look-up and one question to the object.

use std::cell::RefCell;

use wasm_bindgen::{JsCast, JsValue};
use waypost_core::cache::{EPOCH_MS, answers_a_hold, wants_fresh};
use waypost_core::feed::kind;
use waypost_core::problem::Problem;
use waypost_core::query::Question;
use waypost_core::rejection::Rejection;
use web_sys::Response;

use crate::access::Authorised;
use crate::call::Call;
use crate::edge::Edge;
use crate::host::settled;
use crate::{ffi, log, tally};

thread_local! {
    static EPOCHS: RefCell<Vec<Heard>> = const { RefCell::new(Vec::new()) };
}

/// What a feed last said of its epoch.
struct Heard {
    feed: String,
    epoch: String,
    /// In unix milliseconds.
    at: u64,
}

/// Notes what an answer of a feed says of its epoch.
pub(crate) fn heard(feed: &str, answer: &Response, now: u64) {
    let Some(epoch) = ffi::header(answer, "x-epoch") else {
        return;
    };
    EPOCHS.with(|epochs| {
        let mut epochs = epochs.borrow_mut();
        match epochs.iter_mut().find(|heard| heard.feed == feed) {
            Some(heard) => (heard.epoch, heard.at) = (epoch, now),
            None => epochs.push(Heard {
                feed: feed.to_owned(),
                epoch,
                at: now,
            }),
        }
    });
}

/// A feed's epoch; empty where it has not been heard of for too long.
fn epoch(feed: &str, now: u64) -> String {
    EPOCHS.with(|epochs| {
        let epochs = epochs.borrow();
        let heard = epochs.iter().find(|heard| heard.feed == feed);
        let fresh = heard.filter(|heard| now.saturating_sub(heard.at) < EPOCH_MS);
        fresh.map(|heard| heard.epoch.clone()).unwrap_or_default()
    })
}

/// Asks a feed; `view` is who sees it in which form. The answer may be an earlier one.
pub(crate) async fn ask(
    reader: &Authorised<'_>,
    edge: &'static Edge,
    call: &Call,
    question: &Question,
    view: &str,
) -> Result<Response, Problem> {
    let path = format!("/{view}{question}");
    let fresh = wants_fresh(call.headers().get("cache-control"));
    let Some(shared) = question.shared().filter(|_| !fresh) else {
        return reader.ask(edge, call, "GET", &path).await;
    };
    let key = format!("/{}/{view}{shared}", reader.feed());
    let held = question.hold() > 0;
    let answer = ask_shared(reader, edge, call, &path, &key, held).await?;
    let result = match ffi::header(&answer, "x-cache-control") {
        Some(_) => "hit",
        None => "miss",
    };
    tally::count(edge, call, reader.feed(), |tallies| {
        tallies.count(kind::CACHE, result, "");
    });
    Ok(answer)
}

/// Asks for an answer that others may share, by its key; `held` where its reader is willing to wait.
async fn ask_shared(
    reader: &Authorised<'_>,
    edge: &Edge,
    call: &Call,
    path: &str,
    key: &str,
    held: bool,
) -> Result<Response, Problem> {
    let feed = reader.feed();
    let epoch = epoch(feed, call.now);
    if held {
        if let Some(kept) = looked_up(&epoch, key).await {
            return Ok(kept);
        }
        let answer = reader.ask(edge, call, "GET", path).await?;
        if seconds(&answer).is_some_and(answers_a_hold) {
            call.keep(key, &answer);
        }
        return Ok(answer);
    }
    let shared = reader.stub(edge).and_then(|stub| {
        let init = reader.init(call, "GET", &JsValue::UNDEFINED, false);
        call.shared(&epoch, key, &stub, &Authorised::url(path), &init)
    });
    match settled(shared).await {
        // It was not to be shared.
        Ok(answer) if answer.is_undefined() => reader.ask(edge, call, "GET", path).await,
        Ok(answer) => {
            let answer = answer.unchecked_into();
            heard(feed, &answer, call.now);
            Ok(answer)
        }
        // A feed that has no answer for one has none for those who would ask it all at once.
        Err(error) => {
            log::error("the feed did not answer", &log::reason(&error));
            Err(Rejection::FeedUnavailable.into())
        }
    }
}

/// What is kept for somebody who is willing to wait.
async fn looked_up(epoch: &str, key: &str) -> Option<Response> {
    if epoch.is_empty() {
        return None;
    }
    let kept = settled(Ok(ffi::kept(epoch, key))).await.ok()?;
    let kept = kept.dyn_into::<Response>().ok()?;
    seconds(&kept).is_some_and(answers_a_hold).then_some(kept)
}

/// For how long the feed lets its answer be kept.
fn seconds(answer: &Response) -> Option<u64> {
    ffi::header(answer, "x-keep")?.parse().ok()
}
