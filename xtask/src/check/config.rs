//! The configuration: what wrangler and the platform would refuse, and what Waypost would.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{
    config::Config,
    hash,
    progress::{self, Task},
    project::Project,
    rules,
};

/// What the platform allows a variable, in bytes.
const MOST: usize = 5 * 1024;

/// Checks a configuration. The errors name the key.
pub(crate) fn config(project: &Project, path: &Path) -> Result<()> {
    progress::together(vec![Task {
        name: "waypost-core",
        work: Box::new(|status| {
            rules::compile(project, status)?;
            mistakes(project, path)
        }),
    }])?;
    for (name, config) in Config::each(path)? {
        for warning in rules::warnings(project, &config)? {
            progress::say(format!("    warning: {name}.{warning}"));
        }
    }
    Ok(())
}

fn mistakes(project: &Project, path: &Path) -> Result<()> {
    let mut all = Vec::new();
    for (name, config) in Config::each(path)? {
        sizes(&config)?;
        let mistakes = rules::mistakes(project, &config)?.into_iter();
        all.extend(mistakes.map(|mistake| format!("\n  {name}.{mistake}")));
    }
    if all.is_empty() {
        return Ok(());
    }
    bail!("{} is not valid:{}", path.display(), all.concat())
}

/// [`config`], unless nothing that it depends on has changed since it last found no mistake.
pub(crate) fn if_changed(project: &Project, path: &Path) -> Result<()> {
    let mut state = vec![
        hash::of_file(path)?,
        hash::of_file(&project.root.join("Cargo.lock"))?,
    ];
    for judge in ["crates/core/src", "xtask/src/bin"] {
        files(&project.root.join(judge), &mut state)?;
    }
    let state = hash::of(state.iter().map(String::as_bytes));
    let stamp = project.scratch()?.join("config-is-valid");
    if fs::read_to_string(&stamp).ok().as_ref() == Some(&state) {
        return Ok(());
    }
    config(project, path)?;
    fs::write(&stamp, state).context("cannot write to the target folder")
}

/// The hashes of all files in a folder, in their order.
fn files(folder: &Path, hashes: &mut Vec<String>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, hashes)?;
        } else {
            hashes.push(hash::of_file(&path)?);
        }
    }
    Ok(())
}

/// The platform refuses a variable above its limit only at deployment.
fn sizes(config: &Config) -> Result<()> {
    for (name, value) in &config.vars {
        let size = value
            .as_str()
            .map_or_else(|| value.to_string().len(), str::len);
        if size > MOST {
            let base = name.trim_end_matches(|end: char| end.is_ascii_digit() || end == '_');
            bail!(
                "the variable {name} has {size} bytes, and the platform allows {MOST}. Move some of its \
                 entries to {base}_2, {base}_3 and so on: they are read as one."
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_above_the_limit_is_named() {
        let vars = [("SOURCES_2".to_owned(), "x".repeat(MOST + 1).into())].into();
        let error = sizes(&Config { vars }).unwrap_err().to_string();
        assert!(
            error.contains("SOURCES_2 has 5121 bytes") && error.contains("to SOURCES_2,"),
            "{error}"
        );
        assert!(
            sizes(&Config {
                vars: [("A".to_owned(), "x".repeat(MOST).into())].into()
            })
            .is_ok()
        );
    }
}
