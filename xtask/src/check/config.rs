//! The configuration: what wrangler and the platform would refuse, and what Waypost would.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{config::Config, progress, project::Project, run};

/// What the platform allows a variable, in bytes.
const MOST: usize = 5 * 1024;

/// Checks a configuration and says so.
pub(crate) fn shown(project: &Project, path: &Path) -> Result<()> {
    let shown = path.strip_prefix(&project.root).unwrap_or(path).display();
    config(project, path)?;
    progress::say(format!("    {shown} is valid"));
    Ok(())
}

/// Checks a configuration. The errors name the key.
pub(crate) fn config(project: &Project, path: &Path) -> Result<()> {
    let config = Config::read(path)?;
    sizes(&config)?;
    by_core(project, &config)
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

/// Asks waypost-core, through the program that is compiled with it.
fn by_core(project: &Project, config: &Config) -> Result<()> {
    let vars = serde_json::to_string(&config.vars)?;
    let args = [
        "run",
        "--quiet",
        "--package",
        "xtask",
        "--features",
        "core",
        "--bin",
        "xtask-core",
        "--",
        "check",
    ];
    let output = run::cargo(&project.root, &args)
        .stdin_bytes(vars)
        .unchecked()
        .run()?;
    if output.status.success() {
        Ok(())
    } else {
        bail!("the configuration is not valid: see above")
    }
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
