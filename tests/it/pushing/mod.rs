//! Pushing: what may be reached, how it is signed, when it is tried again, and that nothing is lost.

mod breaker;
mod feed;
mod given;
mod model;
mod order;
mod retry;
mod signing;
mod store;
mod target;
