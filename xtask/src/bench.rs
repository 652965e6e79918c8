//! Benchmarks: Waypost beside its peers, driven by bench/run.js.

use std::{ffi::OsString, path::Path, process::ExitCode};

use anyhow::{Result, bail};

use crate::{
    build, node, progress,
    project::Project,
    setup::{self, Ready},
};

/// Options of the script's that take nothing.
const FLAGS: [(&str, &str); 2] = [("quick", "--quick"), ("docs", "--docs")];

/// The peer that is Rust as well.
const RUST_PEER: &str = "peers/worker_crate";

/// `cargo xtask bench [NAME...] [--quick] [--docs]`: the arguments are the script's.
pub(crate) fn run(project: &Project, mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut names: Vec<OsString> = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            lexopt::Arg::Value(name) => names.push(name),
            lexopt::Arg::Long(given) => match FLAGS.iter().find(|(name, _)| *name == given) {
                Some((_, flag)) => names.push(flag.into()),
                None => return Err(arg.unexpected().into()),
            },
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
    let modules = [
        project.root.join("tests/e2e"),
        bench.clone(),
        bench.join("peers"),
    ];
    for folder in modules {
        if folder.join("package-lock.json").is_file() {
            node::install_shown(&folder, &ready.node)?;
        }
    }
    rust_peer(project, &ready, &bench.join(RUST_PEER))?;
    progress::step("Benchmarks");
    // The bench writes a feed's database with Node's own SQLite, of which Node 22 warns.
    let script = [
        "--disable-warning=ExperimentalWarning".into(),
        bench.join("run.js").into_os_string(),
    ];
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

/// Builds the peer that uses the crate `worker`, as its users do.
fn rust_peer(project: &Project, ready: &Ready, folder: &Path) -> Result<()> {
    progress::step("Building the peer that uses the crate `worker`");
    build::worker_build_in(folder, &["--release"], project, ready)
}
