//! Reading: the rules that need no log, each a table.

mod access;
mod cache;
mod conditional;
mod cors;
mod cursor;
mod forms;
mod open_api;
mod query;
mod query_time;
mod redelivery;
mod route;
mod session;
mod travel;
mod when;
mod wire;
