//! `cargo xtask`: everything that a clone of Waypost is used for, with nothing to install by hand.
//!
//! One module a duty. [`setup`] brings the tools, [`build`] the bundle; the rest stand on those two.
//! It depends on nothing of Waypost, so that it compiles in seconds and even while Waypost does not.

// The ban is for code that runs on wasm32, where reading a clock panics. This runs natively.
#![allow(clippy::disallowed_methods)]

mod assets;
mod bench;
mod build;
mod chaos;
mod check;
mod config;
mod counts;
mod dev;
mod hash;
mod install;
mod names;
mod node;
mod programs;
mod progress;
mod project;
mod python;
mod rules;
mod run;
mod setup;
mod size;
mod test;
mod tools;

use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::prelude::*;

use crate::project::Project;

const USAGE: &str = "\
cargo xtask COMMAND

  dev [--port N] [--config FILE]  set up, build, and run Waypost on this machine
  build                           set up and build the bundle into build/ (wrangler calls this)
  test [SUITE...] [-- ARGS]       run every test, or the suites named: check native wasm size e2e
                                  (ARGS go to the runner of a single suite)
  check                           configuration, formatting, clippy and docs, warnings denied
  bench [NAME...] [--quick] [--docs]
                                  measure Waypost beside its peers; a run of everything writes docs/bench.md
  chaos agent [--webhooks N] [--runs N] [--seed N]
                                  kill edge, agent and backend while webhooks come
";

fn main() -> ExitCode {
    match command() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Result<ExitCode> {
    let mut args = lexopt::Parser::from_env();
    let name = match args.next()? {
        Some(Value(name)) => name.string()?,
        Some(Short('h') | Long("help")) | None => {
            print!("{USAGE}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(other) => return Err(other.unexpected().into()),
    };
    let project = Project::find()?;
    match name.as_str() {
        "dev" => dev::run(&project, &dev::Options::parse(args)?),
        "build" => none(args).and_then(|()| build::command(&project)),
        "check" => none(args).and_then(|()| check::command(&project)),
        "test" => test::run(&project, &test::Options::parse(args)?),
        "bench" => bench::run(&project, args),
        "chaos" => chaos::run(&project, args),
        _ => bail!("there is no command `{name}`.\n\n{USAGE}"),
    }
}

/// Refuses arguments where a command takes none.
fn none(mut args: lexopt::Parser) -> Result<()> {
    match args.next()? {
        None => Ok(()),
        Some(arg) => Err(arg.unexpected().into()),
    }
}
