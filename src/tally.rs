//! What the edge counts: refusals, duplicates that KV knew, reads, the cache. A feed keeps it.
//!
//! Many requests are told in one call, a second after the first of them, so that counting costs no request anything.
//! An isolate that dies takes what it has counted within that second with it; what was accepted is counted by the
//! feed itself, where nothing is lost.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use wasm_bindgen::JsValue;
use waypost_core::feed::Tallies;

use crate::call::Call;
use crate::edge::{Edge, asked};
use crate::host::{self, settled};
use crate::{ffi, log};

/// What was counted waits so long for more.
const PAUSE_MS: u32 = 1_000;

/// A call that has not come to its end in this time never will: the host has ended its request.
const LATE_MS: u64 = 10_000;

thread_local! {
    static COUNTED: RefCell<HashMap<String, Tallies>> = RefCell::default();
    /// When the next call was begun, in unix milliseconds; 0 where none was.
    static BEGUN: Cell<u64> = const { Cell::new(0) };
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
        if let Some(tallies) = counted.get_mut(feed) {
            return counts(tallies);
        }
        counts(counted.entry(feed.to_owned()).or_default());
    });
    let begun = BEGUN.with(Cell::get);
    if begun > 0 && call.now.saturating_sub(begun) < LATE_MS {
        return;
    }
    BEGUN.with(|at| at.set(call.now));
    let alive = call.keep_alive();
    // The request is kept until that is over.
    let _ = host::lasting(async move {
        // It only resolves.
        let _ = settled(Ok(ffi::pause(PAUSE_MS, &JsValue::UNDEFINED))).await;
        BEGUN.with(|at| at.set(0));
        tell(edge).await;
        drop(alive);
        JsValue::UNDEFINED
    });
}

async fn tell(edge: &Edge) {
    for (feed, tallies) in COUNTED.with(RefCell::take) {
        let init = ffi::request_init("POST", "", &tallies.json().into(), &JsValue::UNDEFINED);
        let told = asked(edge.feed_object(&feed), "https://feed/tally", &init).await;
        let failed = match told {
            Ok(response) if response.ok() => continue,
            Ok(response) => response.status().to_string(),
            Err(error) => log::reason(&error),
        };
        log::warn(
            "a feed did not take what was counted",
            &format!("{feed}: {failed}"),
        );
        // With the next.
        COUNTED.with(|counted| counted.borrow_mut().entry(feed).or_default().merge(tallies));
    }
}
