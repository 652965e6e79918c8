//! Waypost's rules: bytes, numbers and enums in, decisions out.
//!
//! No clock (`now` is an argument, in milliseconds since 1970), no I/O, no `worker`. Receiving is
//! [`config`] → [`verify::screen`] (headers alone) → [`verify::Screened::verify`] (with the body) →
//! [`verify::Verified`], whose [`identity`] says what it may not repeat.

pub mod access;
pub mod alert;
pub mod breaker;
pub mod cache;
pub mod certificate;
pub mod conditional;
pub mod config;
pub mod consumer;
pub mod cors;
pub mod cursor;
pub mod due;
pub mod encoding;
pub mod feed;
pub mod fields;
pub mod filter;
pub mod form;
pub mod handover;
pub mod handshake;
pub mod hash;
pub mod headers;
pub mod identity;
pub mod json;
mod members;
pub mod metrics;
pub mod open_api;
pub mod problem;
pub mod providers;
pub mod query;
pub mod rejection;
pub mod represent;
pub mod retry;
pub mod route;
pub mod sample;
pub mod scheme;
pub mod secret;
pub mod session;
pub mod sign;
pub mod signing;
pub mod source;
pub mod subscription;
pub mod target;
pub mod travel;
pub mod verify;
mod version;
pub mod when;
mod why;
pub mod window;
pub mod wire;
