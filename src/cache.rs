//! The edge cache in front of the feeds' objects.
//!
//! It stands behind the authorisation: a question comes here with its [`Authorised`], and what is kept
//! has a key of our own that no URL from outside can name: the feed, its epoch (which changes when an
//! event is erased), the form, the reader's view and the canonical question. Nothing in it depends on
//! who asked or on what they hold already.
//!
//! Those who ask the same in one isolate at once share one look-up and one question to the object.

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use waypost_core::cache::{EPOCH_MS, answers_a_hold, wants_fresh};
use waypost_core::feed::kind;
use waypost_core::problem::Problem;
use waypost_core::query::Question;
use waypost_core::rejection::Rejection;
use web_sys::Response;

use crate::access::Authorised;
use crate::answer::EPOCH;
use crate::call::Call;
use crate::edge::{Edge, FEED};
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

/// A feed's answer, and what it says to the edge.
pub(crate) struct Answered {
    pub(crate) response: Response,
    pub(crate) status: u16,
    /// Its feed's epoch; empty where it is silent about it.
    epoch: String,
    /// For how many seconds it may be kept.
    keep: Option<u64>,
    /// Whether it is one that was kept, so that the feed was not asked.
    was_kept: bool,
    /// Whether it is its reader's alone, and complete.
    pub(crate) is_whole: bool,
}

impl Answered {
    fn read(response: Response) -> Self {
        let said = ffi::said(&response);
        let mut lines = said.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        Self {
            status: number(line()).unwrap_or_default() as u16,
            epoch: line().to_owned(),
            keep: number(line()),
            was_kept: !line().is_empty(),
            is_whole: false,
            response,
        }
    }

    /// An answer that came just now; what it says of its feed's epoch is noted. A feed that was told what is `known`
    /// of it says nothing where that is so, or where it could not look.
    pub(crate) fn heard(feed: &str, response: Response, now: u64, known: Option<String>) -> Self {
        let answered = match &known {
            Some(_) => Self::own(response),
            None => Self::read(response),
        };
        let confirmed = known.filter(|_| answered.is_whole && answered.status < 500);
        note(feed, confirmed.as_deref().unwrap_or(&answered.epoch), now);
        answered
    }

    /// One that is its reader's alone; a feed that says something of its epoch says it to the edge.
    fn own(response: Response) -> Self {
        let epoch = ffi::header(&response, EPOCH);
        Self {
            status: response.status(),
            is_whole: epoch.is_none(),
            epoch: epoch.unwrap_or_default(),
            keep: None,
            was_kept: false,
            response,
        }
    }

    /// Whether it answers who is willing to wait, though it may be an earlier one.
    fn answers_a_hold(&self) -> bool {
        self.keep.is_some_and(answers_a_hold)
    }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}

/// Notes a feed's epoch.
fn note(feed: &str, epoch: &str, now: u64) {
    if epoch.is_empty() {
        return;
    }
    EPOCHS.with(|epochs| {
        let mut epochs = epochs.borrow_mut();
        match epochs.iter_mut().find(|heard| heard.feed == feed) {
            Some(heard) => {
                heard.at = now;
                if heard.epoch != epoch {
                    epoch.clone_into(&mut heard.epoch);
                }
            }
            None => epochs.push(Heard {
                feed: feed.to_owned(),
                epoch: epoch.to_owned(),
                at: now,
            }),
        }
    });
}

/// A feed's epoch; empty where it has not been heard of for too long.
pub(crate) fn epoch(feed: &str, now: u64) -> String {
    EPOCHS.with(|epochs| {
        let epochs = epochs.borrow();
        let heard = epochs.iter().find(|heard| heard.feed == feed);
        let fresh = heard.filter(|heard| now.saturating_sub(heard.at) < EPOCH_MS);
        fresh.map(|heard| heard.epoch.clone()).unwrap_or_default()
    })
}

/// Asks a feed; `view` is as whom and in which form, `own` what its reader alone is told if nobody else is to have the
/// answer. It may be an earlier one.
pub(crate) async fn ask(
    reader: &Authorised<'_>,
    edge: &'static Edge,
    call: &Call,
    question: &Question,
    (view, form): (&str, &str),
    own: &str,
) -> Result<Answered, Problem> {
    let url = format!("{FEED}/{view}/{form}{question}");
    let fresh = wants_fresh(call.headers().get("cache-control"));
    let shared = match fresh {
        true => None,
        false => question.shared(),
    };
    let Some(shared) = shared else {
        let held = question.is_held();
        return reader.read(edge, call, &url, held, Some(own)).await;
    };
    let key = format!("/{}/{view}/{form}{shared}", reader.feed());
    let answer = match question.is_held() {
        true => ask_or_hold(reader, edge, call, &url, &key).await?,
        false => ask_shared(reader, edge, call, &url, &key).await?,
    };
    let result = if answer.was_kept { "hit" } else { "miss" };
    tally::count(edge, call, reader.feed(), |tallies| {
        tallies.count(kind::CACHE, result, "");
    });
    Ok(answer)
}

/// For somebody who is willing to wait.
async fn ask_or_hold(
    reader: &Authorised<'_>,
    edge: &Edge,
    call: &Call,
    url: &str,
    key: &str,
) -> Result<Answered, Problem> {
    if let Some(kept) = looked_up(&epoch(reader.feed(), call.now), key).await {
        return Ok(kept);
    }
    let answer = reader.read(edge, call, url, true, None).await?;
    if answer.answers_a_hold() {
        call.keep(key, &answer.response);
    }
    Ok(answer)
}

/// For all who ask the same at once.
async fn ask_shared(
    reader: &Authorised<'_>,
    edge: &Edge,
    call: &Call,
    url: &str,
    key: &str,
) -> Result<Answered, Problem> {
    let feed = reader.feed();
    let epoch = epoch(feed, call.now);
    let shared = reader.stub(edge).and_then(|stub| {
        let init = reader.init(call);
        call.shared(&epoch, key, &stub, url, &init)
    });
    match settled(shared).await {
        // It was not to be shared.
        Ok(answer) if answer.is_undefined() => reader.read(edge, call, url, false, None).await,
        Ok(answer) => Ok(Answered::heard(
            feed,
            answer.unchecked_into(),
            call.now,
            None,
        )),
        // A feed that has no answer for one has none for those who would ask it all at once.
        Err(error) => {
            log::error("the feed did not answer", &log::reason(&error));
            Err(Rejection::FeedUnavailable.into())
        }
    }
}

/// What is kept for somebody who is willing to wait.
async fn looked_up(epoch: &str, key: &str) -> Option<Answered> {
    if epoch.is_empty() {
        return None;
    }
    let kept = settled(Ok(ffi::kept(epoch, key))).await.ok()?;
    let kept = Answered::read(kept.dyn_into().ok()?);
    kept.answers_a_hold().then_some(kept)
}
