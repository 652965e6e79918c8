//! The log: its SQL on rusqlite, against a model and case by case.

pub(crate) mod ask;
pub(crate) mod db;
mod echoes;
mod faults;
mod filters;
mod follow;
mod forms;
pub(crate) mod given;
pub(crate) mod growth;
mod json;
mod model;
mod ops;
mod pages;
mod property;
mod readers;
mod replies;
mod retain;
mod run;
mod tallies;
mod watch;
