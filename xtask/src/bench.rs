//! Benchmarks: Waypost beside its peers, driven by bench/run.js.

use std::{ffi::OsString, process::ExitCode};

use anyhow::{Result, bail};

use crate::{build, node, progress, project::Project, setup};

/// `cargo xtask bench [NAME...] [--quick]`: the arguments are the script's.
pub(crate) fn run(project: &Project, mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut names: Vec<OsString> = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            lexopt::Arg::Value(name) => names.push(name),
            lexopt::Arg::Long("quick") => names.push("--quick".into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let bench = project.root.join("bench");
    if !bench.join("run.js").is_file() {
        bail!("there is no bench/run.js, which runs the benchmarks");
    }
    let ready = setup::ready(project)?;
    build::bundle(project, &ready)?;
    // The bench runs workerd with the harness of the end-to-end tests.
    for folder in [project.root.join("tests/e2e"), bench.join("peers")] {
        if folder.join("package-lock.json").is_file() {
            node::install_shown(&folder, &ready.node)?;
        }
    }
    progress::step("Benchmarks");
    let script = [bench.join("run.js").into_os_string()];
    let command = ready
        .node
        .command("node", script.into_iter().chain(names))
        .dir(&project.root)
        .env("WAYPOST_BUILD", project.build());
    let ended = command.unchecked().run()?;
    Ok(if ended.status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
