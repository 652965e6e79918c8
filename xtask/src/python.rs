//! A Python with the packages of a requirements.txt, for tests that drive Python clients.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    hash,
    progress::{self, Status, Task},
    project::{self, Project},
    run,
};

/// The Python of an environment in the user's cache that has exactly these packages.
pub(crate) fn with(project: &Project, requirements: &Path) -> Result<PathBuf> {
    let wanted = fs::read(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let version = duct::cmd!("python3", "--version").read().context(
        "there is no python3, and some tests drive Python clients. Install Python 3.9 or newer (on \
         Debian: apt-get install python3 python3-venv)",
    )?;
    let folder = project.cache.join("python");
    let name: String = hash::of([wanted.as_slice(), version.as_bytes()])
        .chars()
        .take(16)
        .collect();
    let home = folder.join(name);
    let python = home.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    // An environment cannot be moved into place: the paths in it are absolute. So a file says that
    // it is complete.
    let complete = home.join(".complete");
    let _lock = project::lock(
        &folder.join("lock"),
        "==> another clone is installing Python packages; waiting",
    )?;
    if !complete.exists() {
        progress::step(format!("Python packages of {}", requirements.display()));
        progress::together(vec![Task {
            name: "python",
            work: Box::new(|status| install(&home, &python, requirements, status)),
        }])?;
        fs::write(&complete, "")?;
    }
    Ok(python)
}

fn install(home: &Path, python: &Path, requirements: &Path, status: &Status) -> Result<()> {
    let _ = fs::remove_dir_all(home);
    run::quiet(
        &duct::cmd!("python3", "-m", "venv", home),
        status,
        "python3 cannot make an environment; on Debian: apt-get install python3-venv",
    )?;
    run::quiet(
        &duct::cmd!(
            python,
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "-r",
            requirements
        ),
        status,
        "pip could not install the packages; it needs PyPI. Run the same command again.",
    )
}
