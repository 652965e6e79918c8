//! Receiving: schemes, verification, identity, config.

mod config;
mod config_errors;
mod explain;
mod fields;
mod forgeries;
mod handover;
mod handshakes;
mod host;
mod identity;
mod in_body;
mod phases;
mod primitives;
mod properties;
mod public_keys;
mod rejections;
mod samples;
mod scheme;
mod secrets;
mod support;
mod vectors;
mod window;
