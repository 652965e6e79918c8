//! `cargo xtask chaos agent`: the end-to-end test of kills, with many more webhooks and runs than in
//! every test run.

use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::prelude::*;

use crate::{build, node, programs, progress, project::Project, setup};

/// What is to be run.
struct Options {
    webhooks: u32,
    runs: u32,
    seed: Option<u32>,
}

fn parse(mut args: lexopt::Parser) -> Result<Options> {
    let mut options = Options {
        webhooks: 10_000,
        runs: 20,
        seed: None,
    };
    let mut named = false;
    while let Some(arg) = args.next()? {
        match arg {
            Value(name) if name == "agent" => named = true,
            Long("webhooks") => options.webhooks = args.value()?.parse()?,
            Long("runs") => options.runs = args.value()?.parse()?,
            Long("seed") => options.seed = Some(args.value()?.parse()?),
            other => return Err(other.unexpected().into()),
        }
    }
    if !named {
        bail!("say what: `cargo xtask chaos agent`");
    }
    Ok(options)
}

/// `cargo xtask chaos agent [--webhooks N] [--runs N] [--seed N]`.
pub(crate) fn run(project: &Project, args: lexopt::Parser) -> Result<ExitCode> {
    let options = parse(args)?;
    let ready = setup::ready(project)?;
    build::bundle(project, &ready)?;
    programs::build(project)?;
    let folder = project.root.join("tests/e2e");
    node::install_shown(&folder, &ready.node)?;
    progress::step("Chaos");
    let args = ["--test", "--test-reporter=spec", "agent_chaos.test.js"];
    let mut command = programs::told(project, ready.node.command("node", args))
        .dir(&folder)
        .env("WAYPOST_BUILD", project.build())
        .env("WAYPOST_CHAOS_WEBHOOKS", options.webhooks.to_string())
        .env("WAYPOST_CHAOS_RUNS", options.runs.to_string());
    if let Some(seed) = options.seed {
        command = command.env("WAYPOST_CHAOS_SEED", seed.to_string());
    }
    let ended = command.unchecked().run()?;
    Ok(if ended.status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
