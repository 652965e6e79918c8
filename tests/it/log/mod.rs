//! The log: its SQL on rusqlite, against a model and case by case.

pub(crate) mod ask;
mod db;
mod echoes;
mod faults;
mod filters;
mod follow;
mod forms;
pub(crate) mod given;
mod growth;
mod json;
mod model;
mod ops;
mod pages;
mod property;
mod readers;
mod replies;
mod retain;
mod run;
