//! Every native test of waypost-core, at its boundary.

// Clippy's own exemption of tests stops at their helper functions.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod alerts;
mod consumers;
mod generated;
mod layout;
mod log;
mod pushing;
mod reading;
mod receive;
