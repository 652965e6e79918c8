//! The native programs that tests run: the agent and the client's examples.

use anyhow::Result;
use duct::Expression;

use crate::{progress, project::Project, run};

/// Builds them as tests need them.
pub(crate) fn build(project: &Project) -> Result<()> {
    progress::step("Building the agent");
    let packages = ["--package", "waypost-cli", "--package", "waypost-client"];
    let args = [&["build"], &packages[..], &["--bins", "--examples"]].concat();
    run::shown(
        &run::cargo(&project.root, &args),
        "the agent does not compile",
    )
}

/// Says to tests where they are.
pub(crate) fn told(project: &Project, command: Expression) -> Expression {
    let folder = project.target.join("debug");
    let program = format!("waypost{}", std::env::consts::EXE_SUFFIX);
    command
        .env("WAYPOST_CLI", folder.join(program))
        .env("WAYPOST_EXAMPLES", folder.join("examples"))
}
