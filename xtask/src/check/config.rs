//! The configuration: what wrangler and the platform would refuse, and what Waypost would.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{config::Config, project::Project, rules};

/// What the platform allows a variable, in bytes.
const MOST: usize = 5 * 1024;

/// Checks a configuration. The errors name the key.
pub(crate) fn config(project: &Project, path: &Path) -> Result<()> {
    let mut all = Vec::new();
    for (name, config) in Config::each(path)? {
        sizes(&config)?;
        let mistakes = rules::mistakes(project, &config)?.into_iter();
        all.extend(mistakes.map(|mistake| format!("\n  {name}.{mistake}")));
    }
    if all.is_empty() {
        Ok(())
    } else {
        bail!("{} is not valid:{}", path.display(), all.concat())
    }
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
