//! Rules that tell an operator: each alone, all together, and what they must not do.

mod config;
mod episodes;
mod faults;
mod given;
mod growth;
mod loops;
mod property;
mod rules;
