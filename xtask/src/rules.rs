//! What only waypost-core knows: whether a configuration is valid, and how its sources sign.
//!
//! Asked of `xtask-core`, a program that is compiled with it, so that xtask itself is not.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{config::Config, progress::Status, project::Project, run};

const PROGRAM: [&str; 6] = [
    "--package",
    "xtask",
    "--features",
    "core",
    "--bin",
    "xtask-core",
];

/// Compiles the program, as a task beside others.
pub(crate) fn compile(project: &Project, status: &Status) -> Result<()> {
    let build = run::cargo(&project.root, &[&["build"], &PROGRAM[..]].concat());
    run::quiet(&build, status, "waypost-core does not compile: see above")
}

/// The mistakes in a configuration, a line each; none where it is valid.
pub(crate) fn mistakes(project: &Project, config: &Config) -> Result<Vec<String>> {
    lines(project, "check", config)
}

/// What is valid and should be known, a line each.
pub(crate) fn warnings(project: &Project, config: &Config) -> Result<Vec<String>> {
    lines(project, "warnings", config)
}

fn lines(project: &Project, question: &str, config: &Config) -> Result<Vec<String>> {
    let answer = ask(project, question, &json!({ "vars": config.vars }))?;
    let lines = answer.as_array().context("xtask-core answers nonsense")?;
    let lines = lines.iter().filter_map(Value::as_str);
    Ok(lines.map(str::to_owned).collect())
}

/// What xtask-core says of each source: see there.
pub(crate) fn sources(project: &Project, config: &Config, secrets: &Value) -> Result<Value> {
    ask(
        project,
        "sources",
        &json!({ "vars": config.vars, "secrets": secrets }),
    )
}

/// Every provider, as the page shows it.
pub(crate) fn providers(project: &Project) -> Result<Value> {
    ask(project, "providers", &json!({}))
}

fn ask(project: &Project, question: &str, about: &Value) -> Result<Value> {
    let args = [&["run", "--quiet"], &PROGRAM[..], &["--", question]].concat();
    let output = run::cargo(&project.root, &args)
        .stdin_bytes(about.to_string())
        .stdout_capture()
        .unchecked()
        .run()?;
    if !output.status.success() {
        bail!("xtask-core has failed: see above");
    }
    serde_json::from_slice(&output.stdout).context("xtask-core answers nonsense")
}
