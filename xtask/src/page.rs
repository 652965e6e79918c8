//! What of build/page/ is made and not copied.

use std::fs;

use anyhow::{Context, Result};

use crate::{project::Project, rules};

/// Every provider, made from the table of waypost-core.
const PROVIDERS: &str = "providers.json";

/// Writes it, beside what was copied there.
pub(crate) fn assets(project: &Project) -> Result<()> {
    let folder = project.build().join("page");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join(PROVIDERS);
    let providers = rules::providers(project)?.to_string();
    fs::write(&path, providers).with_context(|| format!("cannot write {}", path.display()))
}
