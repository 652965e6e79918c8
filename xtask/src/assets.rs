//! The page's files, put together in build/page: the platform serves that folder as it is.

use std::{ffi::OsString, fs};

use anyhow::{Context, Result};

use crate::{project::Project, rules, run, setup::Ready};

/// Files of packages that the page loads, each by the name that it loads it by. They are made one file and smaller on
/// their way; the page's own are served as they are written.
const OF_PACKAGES: &[(&str, &str)] = &[
    ("uPlot.esm", "uplot/dist/uPlot.esm.js"),
    ("uPlot.min", "uplot/dist/uPlot.min.css"),
    ("preact", "preact/dist/preact.mjs"),
    ("eventsource-parser", "eventsource-parser/dist/index.js"),
];

/// Every provider, made from the table of waypost-core.
const PROVIDERS: &str = "providers.json";

/// Puts them there anew, so that a file that is gone is gone.
pub(crate) fn put_together(project: &Project, ready: &Ready) -> Result<()> {
    let to = project.build().join("page");
    if to.exists() {
        fs::remove_dir_all(&to).with_context(|| format!("cannot clear {}", to.display()))?;
    }
    fs::create_dir_all(&to).with_context(|| format!("cannot create {}", to.display()))?;
    let page = project.root.join("page");
    let own = fs::read_dir(&page).with_context(|| format!("cannot read {}", page.display()))?;
    for file in own {
        let file = file?;
        fs::copy(file.path(), to.join(file.file_name()))
            .with_context(|| format!("cannot copy {}", file.path().display()))?;
    }
    let packages = project.root.join("node_modules");
    let files = OF_PACKAGES.iter().map(|(name, file)| {
        let mut entry = OsString::from(format!("{name}="));
        entry.push(packages.join(file));
        entry
    });
    let out = format!("--outdir={}", to.display());
    let options = [
        "--bundle",
        "--format=esm",
        "--minify",
        "--log-level=warning",
        &out,
    ];
    let esbuild = ready.node.program("esbuild");
    let command =
        duct::cmd(esbuild, files.chain(options.map(Into::into))).env("PATH", ready.node.path());
    run::shown(
        &command,
        "esbuild did not take the page's packages: see its errors above",
    )?;
    let providers = rules::providers(project)?.to_string();
    let path = to.join(PROVIDERS);
    fs::write(&path, providers).with_context(|| format!("cannot write {}", path.display()))
}
