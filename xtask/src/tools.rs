//! The programs that are built from crates.io: which, in what version, and how.
//!
//! Their versions are read from Cargo.lock: wasm-bindgen's program must be exactly as old as the
//! crate, and worker-build goes with the crate `worker`. Raising a dependency raises the tool.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::project::Project;

/// A program to build.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    /// The crate that has it.
    pub(crate) name: &'static str,
    /// The crate of Cargo.lock that has the same version.
    follows: &'static str,
    /// The programs that are wanted of it.
    pub(crate) programs: &'static [&'static str],
    /// Further arguments of `cargo install`.
    pub(crate) args: &'static [&'static str],
    /// Crates that stubs stand in for: see xtask/stubs/README.md.
    pub(crate) stubs: &'static [&'static str],
    /// Filled in from Cargo.lock.
    pub(crate) version: String,
}

const WASM_BINDGEN: Tool = Tool {
    name: "wasm-bindgen-cli",
    follows: "wasm-bindgen",
    programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
    // The default feature is TLS, for driving browsers that are elsewhere.
    args: &["--no-default-features"],
    stubs: &[],
    version: String::new(),
};

const WORKER_BUILD: Tool = Tool {
    name: "worker-build",
    follows: "worker",
    programs: &["worker-build"],
    args: &[],
    stubs: &["binary-install", "ureq", "worker-codegen"],
    version: String::new(),
};

/// The tools of this clone, with the versions that its Cargo.lock asks for.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    pub(crate) wasm_bindgen: Tool,
    pub(crate) worker_build: Tool,
}

impl Tools {
    pub(crate) fn of(project: &Project) -> Result<Self> {
        let path = project.root.join("Cargo.lock");
        let lock = fs::read_to_string(&path)
            .context("Cargo.lock is missing: run `cargo metadata` to have it written")?;
        Self::from_lock(&lock)
    }

    fn from_lock(lock: &str) -> Result<Self> {
        let lock: toml::Table = lock.parse().context("Cargo.lock does not parse")?;
        let filled = |tool: Tool| -> Result<Tool> {
            let version = version_of(&lock, tool.follows).with_context(|| {
                format!(
                    "Cargo.lock has no `{}`, whose version {} has",
                    tool.follows, tool.name
                )
            })?;
            Ok(Tool { version, ..tool })
        };
        Ok(Self {
            wasm_bindgen: filled(WASM_BINDGEN)?,
            worker_build: filled(WORKER_BUILD)?,
        })
    }

    /// In the order in which to build them.
    pub(crate) fn all(&self) -> [&Tool; 2] {
        [&self.wasm_bindgen, &self.worker_build]
    }
}

impl Tool {
    /// Where it is kept.
    pub(crate) fn folder(&self, cache: &Path) -> PathBuf {
        cache
            .join("tools")
            .join(format!("{}-{}", self.name, self.version))
    }

    /// Where one of its programs is.
    pub(crate) fn program(&self, cache: &Path, program: &str) -> PathBuf {
        self.folder(cache)
            .join("bin")
            .join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Whether all of its programs are there.
    pub(crate) fn is_built(&self, cache: &Path) -> bool {
        self.programs
            .iter()
            .all(|program| self.program(cache, program).is_file())
    }
}

/// The version of a package in a Cargo.lock.
fn version_of(lock: &toml::Table, name: &str) -> Option<String> {
    let packages = lock.get("package")?.as_array()?;
    let package = packages
        .iter()
        .find(|package| package.get("name").and_then(|n| n.as_str()) == Some(name))?;
    package.get("version")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_follow_the_lock() {
        let lock = "version = 4\n\
            [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n\
            [[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.80\"\n\
            [[package]]\nname = \"worker\"\nversion = \"0.8.7\"\n";
        let tools = Tools::from_lock(lock).unwrap();
        assert_eq!(tools.wasm_bindgen.version, "0.2.130");
        assert_eq!(tools.worker_build.version, "0.8.7");
        let folder = tools.worker_build.folder(Path::new("cache"));
        assert_eq!(folder, Path::new("cache/tools/worker-build-0.8.7"));
    }

    #[test]
    fn a_missing_crate_is_named() {
        let error = Tools::from_lock("version = 4").unwrap_err().to_string();
        assert!(error.contains("`wasm-bindgen`"), "{error}");
    }
}
