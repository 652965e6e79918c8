//! Everything that can be said without running Waypost: configuration, formatting, lints, documents.

pub(crate) mod config;

use std::process::ExitCode;

use anyhow::Result;
use duct::Expression;

use crate::{
    counts::Counts,
    progress,
    project::Project,
    run::{cargo, cargo_wasm},
    setup::{self, WASM},
};

/// `cargo xtask check`.
pub(crate) fn command(project: &Project) -> Result<ExitCode> {
    setup::wasm_target(project)?;
    let counts = steps(project)?;
    if counts.failed == 0 {
        progress::say(format!(
            "\nall {} checks passed; next: `cargo xtask test`",
            counts.passed
        ));
        return Ok(ExitCode::SUCCESS);
    }
    progress::say(format!(
        "\n{} of {} checks failed",
        counts.failed,
        counts.failed + counts.passed
    ));
    Ok(ExitCode::FAILURE)
}

/// Runs every step, each of which counts as one test.
pub(crate) fn steps(project: &Project) -> Result<Counts> {
    let mut counts = Counts::default();
    progress::step("check: configuration");
    let path = project.config();
    let config = config::config(project, &path);
    progress::say(match &config {
        Ok(()) => format!("    {} is valid", path.display()),
        Err(error) => format!("{error:#}"),
    });
    counts += Counts::one(config.is_ok());
    for (name, command) in commands(project) {
        progress::step(format!("check: {name}"));
        let passed = command.unchecked().run()?.status.success();
        if !passed {
            progress::say(format!("    {name} failed"));
        }
        counts += Counts::one(passed);
    }
    Ok(counts)
}

fn commands(project: &Project) -> Vec<(&'static str, Expression)> {
    let root = &project.root;
    // What is not part of the Worker, and the Worker, which compiles only for wasm.
    let native = [
        "--workspace",
        "--exclude",
        "waypost",
        "--features",
        "xtask/core",
    ];
    let worker = ["--package", "waypost", "--target", WASM];
    let clippy = |selection: &[&'static str]| {
        [
            &["clippy"],
            selection,
            &["--all-targets", "--", "-D", "warnings"],
        ]
        .concat()
    };
    let doc = |selection: &[&'static str]| [&["doc", "--no-deps"], selection].concat();
    vec![
        ("formatting", cargo(root, &["fmt", "--all", "--check"])),
        ("clippy, native", cargo(root, &clippy(&native))),
        ("clippy, wasm", cargo_wasm(root, &clippy(&worker))),
        (
            "docs, native",
            cargo(root, &doc(&native)).env("RUSTDOCFLAGS", "-D warnings"),
        ),
        (
            "docs, wasm",
            cargo_wasm(root, &doc(&worker)).env("RUSTDOCFLAGS", "-D warnings"),
        ),
    ]
}
