//! Reads Waypost's feeds, and sends to its sources.
//!
//! The rules are state machines without I/O: an answer and a time in, a step out. They hold nothing
//! of HTTP, so another driver can use them.
//!
//! - [`poller`]: when to ask again and from where; [`strategy`] paces it, [`breaker`] and [`backoff`]
//!   keep it from harm, [`counters`] tell how it is.
//! - [`publish`]: what becomes of a webhook that is sent, until it is taken or given up.
//! - [`verify`]: whether what Waypost sent is Waypost's.
//!
//! One driver makes requests of it: [`http`] speaks to Waypost, [`stream`] follows a feed and keeps
//! its [`position`] once an event was handled, [`consumer`] takes leases.

// The ban on clocks is for code that runs on wasm32. This runs natively, and its rules take the time
// as an argument all the same.
#![allow(clippy::disallowed_methods)]

pub mod answer;
pub mod backoff;
pub mod breaker;
pub mod consumer;
pub mod counters;
pub mod event;
pub mod http;
pub mod poller;
pub mod position;
pub mod publish;
pub mod random;
pub mod strategy;
pub mod stream;
pub mod verify;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use self::{
    consumer::{Claim, Consumer},
    event::Event,
    http::{Client, Error},
    poller::{OnGap, Poller},
    position::{FilePosition, MemoryPosition, Position},
    publish::Publisher,
    strategy::Strategy,
    stream::Events,
    verify::Verifier,
};

/// Milliseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, millis)
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
