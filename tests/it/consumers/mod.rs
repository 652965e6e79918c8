//! Consumers: their rules and their SQL on rusqlite, against a model and case by case.

mod growth;
mod ledger;
mod model;
mod ops;
mod property;
mod run;
mod table;
pub(crate) mod worker;
