//! Builds the tools of [`crate::tools`] into the user's cache, once for all clones.
//!
//! Cheap on purpose: they run for a second, so they are built without optimisation and debug
//! information, and share one target folder, since most of their dependencies are the same.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{
    progress::Status,
    project::{self, Project},
    run,
    tools::{Tool, Tools},
};

/// Builds whatever is missing.
pub(crate) fn tools(project: &Project, tools: &Tools, status: &Status) -> Result<()> {
    let folder = project.cache.join("tools");
    status.set("waiting for its turn");
    let _lock = project::lock(
        &folder.join("lock"),
        "    another clone is building the same tools; waiting for it",
    )?;
    let scratch = folder.join("scratch");
    for tool in tools.all() {
        // Another clone may have built it while this one waited.
        if !tool.is_built(&project.cache) {
            install(project, tool, &scratch, status)?;
        }
    }
    // Half a gigabyte that nothing reads again.
    let _ = fs::remove_dir_all(scratch);
    Ok(())
}

fn install(project: &Project, tool: &Tool, scratch: &Path, status: &Status) -> Result<()> {
    let new = scratch.join(format!("{}-{}", tool.name, tool.version));
    let _ = fs::remove_dir_all(&new);
    fs::create_dir_all(&new).with_context(|| format!("cannot create {}", new.display()))?;
    let advice = format!(
        "building {} {} failed. It needs crates.io and a C linker (on Debian: apt-get install \
         build-essential); then run the same command again.",
        tool.name, tool.version
    );
    let mut result = cargo_install(project, tool, tool.stubs, &new, scratch, status, &advice);
    if result.is_err() && !tool.stubs.is_empty() {
        // A version that the stubs do not fit; the real crates take longer and need more.
        status.set(format!("{}: once more, without stubs", tool.name));
        result = cargo_install(project, tool, &[], &new, scratch, status, &advice);
    }
    result?;
    let home = tool.folder(&project.cache);
    // What is in the way is incomplete, or it would not be built anew.
    let _ = fs::remove_dir_all(&home);
    fs::rename(&new, &home)
        .with_context(|| format!("cannot move {} into place", home.display()))?;
    if !tool.is_built(&project.cache) {
        bail!(
            "{} {} has no program {}",
            tool.name,
            tool.version,
            tool.programs.join(" or ")
        );
    }
    Ok(())
}

fn cargo_install(
    project: &Project,
    tool: &Tool,
    stubs: &[&str],
    into: &Path,
    scratch: &Path,
    status: &Status,
    advice: &str,
) -> Result<()> {
    let mut args: Vec<String> = [
        "install",
        tool.name,
        "--version",
        &tool.version,
        "--debug",
        "--root",
    ]
    .map(str::to_owned)
    .to_vec();
    args.push(
        into.to_str()
            .context("the cache folder's name is not UTF-8")?
            .to_owned(),
    );
    args.extend(
        tool.programs
            .iter()
            .flat_map(|program| ["--bin".to_owned(), (*program).to_owned()]),
    );
    args.extend(tool.args.iter().map(|arg| (*arg).to_owned()));
    for stub in stubs {
        let path = project.root.join("xtask/stubs").join(stub);
        // A string of JSON is one of TOML.
        let path = serde_json::to_string(path.to_str().context("the clone's path is not UTF-8")?)?;
        args.extend([
            "--config".to_owned(),
            format!("patch.crates-io.{stub}.path={path}"),
        ]);
    }
    let command = duct::cmd("cargo", args)
        // Not in the clone, whose .cargo/config.toml is for its own builds.
        .dir(scratch)
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0")
        .env_remove("CARGO_BUILD_TARGET");
    run::quiet(&command, status, advice)
}
