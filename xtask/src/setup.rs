//! Set-up: after it, everything that building and running needs is there.
//!
//! Quiet and instant when it is. What is missing is fetched side by side, and the first compilation
//! of the Worker runs beside that, since a cold machine would only wait.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, bail};

use crate::{
    build, install,
    node::{self, Node},
    progress::{self, Task},
    project::{self, Project},
    rules,
    tools::Tools,
};

/// The target that Workers are compiled for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// What the other commands work with.
pub(crate) struct Ready {
    pub(crate) tools: Tools,
    pub(crate) node: Node,
}

/// Sets up whatever is not.
pub(crate) fn ready(project: &Project) -> Result<Ready> {
    wasm_target(project)?;
    let tools = Tools::of(project)?;
    if !is_complete(project, &tools) {
        let lock = project.scratch()?.join("setup.lock");
        let _lock = project::lock(
            &lock,
            "==> another xtask is setting this clone up; waiting for it",
        )?;
        complete(project, &tools)?;
    }
    Ok(Ready {
        tools,
        node: Node::of(project)?,
    })
}

fn is_complete(project: &Project, tools: &Tools) -> bool {
    node::is_installed(&project.root)
        && tools.all().iter().all(|tool| tool.is_built(&project.cache))
}

fn complete(project: &Project, tools: &Tools) -> Result<()> {
    let started = Instant::now();
    let mut tasks = Vec::new();
    if !node::is_installed(&project.root) {
        node::outside()?;
        tasks.push(Task {
            name: "npm",
            work: Box::new(|status| {
                node::install(&project.root, None, status)?;
                node::complete(project)
            }),
        });
    }
    let missing: Vec<_> = tools
        .all()
        .into_iter()
        .filter(|tool| !tool.is_built(&project.cache))
        .collect();
    if !missing.is_empty() {
        tasks.push(Task {
            name: "tools",
            work: Box::new(|status| install::tools(project, tools, status)),
        });
    }
    if tasks.is_empty() {
        return Ok(());
    }
    progress::step("Setting up (only the first time, and when versions change)");
    for tool in missing {
        progress::say(format!(
            "    {} {} is built into {}",
            tool.name,
            tool.version,
            project.cache.display()
        ));
    }
    // Whatever is wrong with the code is reported by the build itself, which comes next.
    tasks.push(Task {
        name: "worker",
        work: Box::new(|status| {
            let _ = build::compile_quietly(project, status);
            let _ = rules::compile(project, status);
            Ok(())
        }),
    });
    progress::together(tasks)?;
    progress::say(format!(
        "    set up in {}",
        progress::seconds(started.elapsed())
    ));
    Ok(())
}

/// Adds the wasm target where it is missing. rust-toolchain.toml could ask for it, but rustup does
/// not install what that asks for everywhere.
pub(crate) fn wasm_target(project: &Project) -> Result<()> {
    let folder = duct::cmd!("rustc", "--print", "target-libdir", "--target", WASM)
        .dir(&project.root)
        .read()
        .context("rustc does not run; is Rust installed?")?;
    if PathBuf::from(folder.trim()).is_dir() {
        return Ok(());
    }
    progress::step(format!("rustup target add {WASM}"));
    let added = duct::cmd!("rustup", "target", "add", WASM)
        .dir(&project.root)
        .unchecked()
        .run();
    match added {
        Ok(output) if output.status.success() => Ok(()),
        Ok(_) => bail!(
            "rustup could not add the target {WASM}: see what it says above, and run the same command again"
        ),
        Err(_) => bail!(
            "Rust has no target {WASM} and there is no rustup to add it. Install Rust with rustup, or \
             the target the way that Rust was installed."
        ),
    }
}
