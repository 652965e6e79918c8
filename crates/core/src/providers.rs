//! The providers that Waypost knows: a table, one row a provider.
//!
//! The rows stand in groups by what they do; within a group in the order of their names. Each says where
//! its provider documents it. What is not documented there stands in a comment with the row.

mod form;
mod handshakes;
mod ours;
mod plain;
mod public;
mod standard;
mod timed;
mod token;
mod url;
mod ways;

use crate::scheme::{At, Row, Timestamp, Unit};

/// Every group, our own first.
const GROUPS: &[&[Row<'static>]] = &[
    ours::ROWS,
    plain::ROWS,
    timed::ROWS,
    standard::ROWS,
    url::ROWS,
    form::ROWS,
    ways::ROWS,
    public::ROWS,
    token::ROWS,
];

/// Every provider, our own first.
pub fn all() -> impl Iterator<Item = &'static Row<'static>> {
    GROUPS.iter().copied().flatten()
}

/// The row of the provider `name`.
pub fn find(name: &str) -> Option<&'static Row<'static>> {
    all().find(|row| row.name == name)
}

/// The page that documents a row; the Worker does not carry it.
const fn page(url: &'static str) -> &'static str {
    if cfg!(target_arch = "wasm32") {
        ""
    } else {
        url
    }
}

const fn seconds(at: At<'static>) -> Option<Timestamp<'static>> {
    let unit = Unit::Seconds;
    Some(Timestamp { at, unit })
}

const fn milliseconds(at: At<'static>) -> Option<Timestamp<'static>> {
    let unit = Unit::Milliseconds;
    Some(Timestamp { at, unit })
}

const fn rfc3339(at: At<'static>) -> Option<Timestamp<'static>> {
    let unit = Unit::Rfc3339;
    Some(Timestamp { at, unit })
}
