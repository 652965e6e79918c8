//! Waypost's rules: bytes, numbers and enums in, decisions out.
//!
//! No clock (`now` is an argument, in milliseconds since 1970), no I/O, no `worker`. Receiving is
//! [`config`] → [`verify::screen`] (headers alone) → [`verify::Screened::verify`] (with the body) →
//! [`verify::Verified`], whose [`identity`] says what it may not repeat.

pub mod config;
pub mod encoding;
pub mod fields;
pub mod hash;
pub mod headers;
pub mod identity;
pub mod problem;
pub mod providers;
pub mod rejection;
pub mod scheme;
pub mod secret;
pub mod sign;
pub mod source;
pub mod verify;
pub mod window;
