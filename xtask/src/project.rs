//! Where things are: this clone, and what the user's clones share.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// See [`Project::config`].
pub(crate) const CONFIG: &str = "WAYPOST_CONFIG";

/// The paths of one clone.
pub(crate) struct Project {
    /// The folder with the root Cargo.toml.
    pub(crate) root: PathBuf,
    /// Cargo's, wherever the user has put it.
    pub(crate) target: PathBuf,
    /// What all of this user's clones share: the tools by version, Python environments by content.
    pub(crate) cache: PathBuf,
}

impl Project {
    pub(crate) fn find() -> Result<Self> {
        // Set by `cargo run`; the constant serves when the program is started by its path.
        let xtask = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = xtask
            .parent()
            .context("xtask stands at the root of the disk")?
            .to_owned();
        let target = target(&root)?;
        Ok(Self {
            target,
            cache: cache()?,
            root,
        })
    }

    /// Where the bundle is built: what wrangler.toml's `main` points into.
    pub(crate) fn build(&self) -> PathBuf {
        self.root.join("build")
    }

    /// wrangler's configuration: `cargo xtask dev --config` names another to the builds that wrangler
    /// starts, through this variable.
    pub(crate) fn config(&self) -> PathBuf {
        let set = env::var_os(CONFIG).filter(|path| !path.is_empty());
        self.root
            .join(set.unwrap_or_else(|| "wrangler.toml".into()))
    }

    /// xtask's own files: locks, logs.
    pub(crate) fn scratch(&self) -> Result<PathBuf> {
        let folder = self.target.join("xtask");
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(folder)
    }
}

/// The target folder, asked of cargo, since both variables and configuration can move it.
fn target(root: &Path) -> Result<PathBuf> {
    if let Some(folder) = env::var_os("CARGO_TARGET_DIR") {
        return Ok(root.join(folder));
    }
    let metadata = duct::cmd!("cargo", "metadata", "--no-deps", "--format-version", "1")
        .dir(root)
        .read()
        .context("`cargo metadata` failed; does Cargo.toml parse?")?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let folder = metadata
        .get("target_directory")
        .and_then(|folder| folder.as_str());
    Ok(PathBuf::from(
        folder.context("cargo names no target folder")?,
    ))
}

/// The user's cache folder, as each system has it.
fn cache() -> Result<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let caches = if let Some(folder) = set("XDG_CACHE_HOME") {
        folder
    } else {
        let home = env::home_dir().context("set HOME, or XDG_CACHE_HOME: tools are kept there")?;
        home.join(if cfg!(target_os = "macos") {
            "Library/Caches"
        } else {
            ".cache"
        })
    };
    Ok(caches.join("waypost"))
}

/// A lock between processes, held until it is dropped. `waiting` is printed if another holds it.
pub(crate) fn lock(path: &Path, waiting: &str) -> Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    if file.try_lock().is_err() {
        crate::progress::say(waiting);
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}
