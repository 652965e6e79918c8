//! Receiving: schemes, verification, identity, config.

mod config;
mod config_errors;
mod fields;
mod forgeries;
mod host;
mod identity;
mod in_body;
mod phases;
mod primitives;
mod properties;
mod rejections;
mod scheme;
mod secrets;
mod support;
mod vectors;
mod window;
