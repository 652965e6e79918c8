//! What the edge counts: refusals, duplicates that KV knew, reads, the cache. A feed keeps it.
//!
//! Many requests are told in one call, a second after the first of them, so that counting costs no request anything.
//! What is not sure to have arrived is not told again: it is counted once or not at all. What was accepted is counted by
//! the feed itself, where nothing is lost.

use std::cell::RefCell;
use std::collections::HashMap;

use wasm_bindgen::JsValue;
use waypost_core::feed::{Pending, Tallies};

use crate::call::Call;
use crate::edge::{Edge, FEED, asked_within};
use crate::host::{self, settled};
use crate::{ffi, log};

/// What was counted waits so long for more.
const PAUSE_MS: u32 = 1_000;

/// How long a feed may take for it.
const FEED_MS: u32 = 5_000;

/// So often one request's end is put off for what others count, before it is another's turn: the platform allows
/// half a minute.
const TURNS: u32 = 5;

thread_local! {
    static COUNTED: RefCell<HashMap<String, Tallies>> = RefCell::default();
    static PENDING: Pending = Pending::default();
}

/// Counts for a feed.
pub(crate) fn count(
    edge: &'static Edge,
    call: &Call,
    feed: &str,
    counts: impl FnOnce(&mut Tallies),
) {
    COUNTED.with(|counted| {
        let mut counted = counted.borrow_mut();
        match counted.get_mut(feed) {
            Some(tallies) => counts(tallies),
            None => counts(counted.entry(feed.to_owned()).or_default()),
        }
    });
    // A held request came long ago.
    let now = host::now();
    let Some(mine) = PENDING.with(|pending| pending.begin(now)) else {
        return;
    };
    let alive = call.keep_alive();
    // The request is kept until that is over.
    let _ = host::promise(now, async move {
        for _ in 0..TURNS {
            // It only resolves.
            let _ = settled(Ok(ffi::pause(PAUSE_MS, &JsValue::UNDEFINED))).await;
            tell(edge).await;
            if COUNTED.with(|counted| counted.borrow().is_empty()) {
                break;
            }
        }
        PENDING.with(|pending| pending.end(mine));
        drop(alive);
        JsValue::UNDEFINED
    });
}

/// Tells each feed what was counted for it until now.
async fn tell(edge: &Edge) {
    let feeds: Vec<String> = COUNTED.with(|counted| counted.borrow().keys().cloned().collect());
    for feed in feeds {
        let Some(tallies) = COUNTED.with(|counted| counted.borrow_mut().remove(&feed)) else {
            continue;
        };
        let init = ffi::request_init("POST", "", &tallies.json().into(), &JsValue::UNDEFINED);
        let object = edge.feed_object(&feed);
        let told = asked_within(object, &format!("{FEED}/tally"), &init, FEED_MS).await;
        let failed = match told {
            Ok(response) if response.ok() => continue,
            Ok(response) => {
                // It said that it has not kept them: with the next.
                COUNTED.with(|counted| {
                    let mut counted = counted.borrow_mut();
                    counted.entry(feed.clone()).or_default().merge(tallies);
                });
                response.status().to_string()
            }
            Err(error) => log::reason(&error),
        };
        let reason = format!("{feed}: {failed}");
        log::warn("a feed did not take what was counted", &reason);
    }
}
