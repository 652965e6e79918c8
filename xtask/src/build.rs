//! The bundle: the Worker compiled for release, wasm-bindgen's glue, wasm-opt, esbuild.
//!
//! worker-build does it all; this hands it the tools that it would download, and skips it when
//! nothing that goes in has changed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};

use crate::{
    assets, check, hash, names,
    progress::{self, Status},
    project::{self, Project},
    run,
    setup::{self, Ready, WASM},
    size::{self, Size},
};

/// The Worker's own package. Named, because plain `cargo build` at the root means the native crates.
const COMPILE: [&str; 7] = [
    "build",
    "--lib",
    "--release",
    "--target",
    WASM,
    "--package",
    "waypost",
];
/// What the runtime calls.
const ENTRY: &str = "src/entry.js";
const ENTER: [&str; 7] = [
    "--allow-overwrite",
    "--bundle",
    "--minify",
    "--format=esm",
    "--external:cloudflare:*",
    "--external:./index_bg.wasm",
    "--log-level=warning",
];
/// Left in build/ by this module: what went in and what came out.
const STAMP: &str = ".waypost-stamp";
/// Variables that worker-build and wasm-bindgen read.
const OPTIONS: [&str; 5] = [
    "RUN_TO_COMPLETION",
    "CUSTOM_SHIM",
    "NO_MINIFY",
    "COREDUMP",
    "COREDUMP_FLAGS",
];

/// `cargo xtask build`.
pub(crate) fn command(project: &Project) -> Result<std::process::ExitCode> {
    let ready = setup::ready(project)?;
    checked(project, &ready, &project.config())?;
    // Set where wrangler has started this, whose user is already further on.
    if env::var_os("WRANGLER_COMMAND").is_none() {
        progress::say(
            "\nNext: `cargo xtask dev` runs it here; `npx wrangler deploy` puts it online.",
        );
    }
    Ok(std::process::ExitCode::SUCCESS)
}

/// [`bundle`], once the configuration is valid that the bundle is to run with.
pub(crate) fn checked(project: &Project, ready: &Ready, config: &Path) -> Result<()> {
    check::config::if_changed(project, config)?;
    bundle(project, ready).map(drop)
}

/// Compiles, bundles where that is needed, and says how large the bundle is.
pub(crate) fn bundle(project: &Project, ready: &Ready) -> Result<Size> {
    let lock = project.scratch()?.join("build.lock");
    let _lock = project::lock(&lock, "==> another xtask is building; waiting for it")?;
    progress::step("Building the Worker");
    run::shown(
        &run::cargo_wasm(&project.root, &COMPILE),
        "the Worker does not compile: see cargo's errors above",
    )?;
    let inputs = inputs(project, ready)?;
    let stamp = project.build().join(STAMP);
    if fs::read_to_string(&stamp).ok()
        != Some(format!("{inputs} {}", outputs(project).unwrap_or_default()))
    {
        worker_build(project, ready)?;
        enter(project, ready)?;
        strip(project)?;
        fs::write(&stamp, format!("{inputs} {}", outputs(project)?))?;
    }
    assets::put_together(project, ready)?;
    let size = Size::of(&project.build())?;
    progress::say(size.report());
    Ok(size)
}

/// Only compiles, as a task beside others.
pub(crate) fn compile_quietly(project: &Project, status: &Status) -> Result<()> {
    run::quiet(&run::cargo_wasm(&project.root, &COMPILE), status, "")
}

fn worker_build(project: &Project, ready: &Ready) -> Result<()> {
    // `--package waypost` goes on to cargo: see COMPILE.
    let args = ["--release", "--package", "waypost"];
    worker_build_in(&project.root, &args, project, ready)
}

/// Compiles and bundles the Worker in a folder.
pub(crate) fn worker_build_in(
    folder: &Path,
    args: &[&str],
    project: &Project,
    ready: &Ready,
) -> Result<()> {
    let started = Instant::now();
    let Ready { tools, node } = ready;
    let program = tools.worker_build.program(&project.cache, "worker-build");
    let command = duct::cmd(program, args)
        .dir(folder)
        .env("PATH", node.path())
        .env(
            "WASM_BINDGEN_BIN",
            tools.wasm_bindgen.program(&project.cache, "wasm-bindgen"),
        )
        .env("WASM_OPT_BIN", node.program("wasm-opt"))
        .env("ESBUILD_BIN", node.program("esbuild"))
        .env_remove("CARGO_BUILD_TARGET");
    run::shown(
        &run::without_rustflags(command),
        "worker-build failed: see its errors above. `git status` and `cargo xtask check` may say more.",
    )?;
    progress::say(format!(
        "    bundled in {}",
        progress::seconds(started.elapsed())
    ));
    Ok(())
}

/// Puts the Worker's own entry point before the one that worker-build has written.
fn enter(project: &Project, ready: &Ready) -> Result<()> {
    let bundle = project.build().join(size::GLUE);
    let option = |name: &str, value: &Path| format!("--{name}={}", value.display());
    let args = [
        project.root.join(ENTRY).display().to_string(),
        option("alias:worker", &bundle),
        option("outfile", &bundle),
    ];
    let args = args.into_iter().chain(ENTER.map(Into::into));
    let command = duct::cmd(ready.node.program("esbuild"), args).env("PATH", ready.node.path());
    run::shown(&command, "esbuild failed: see its errors above")
}

/// Leaves names of functions to a copy: see [`names`].
fn strip(project: &Project) -> Result<()> {
    let path = project.build().join(size::WASM);
    let wasm = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    if let Some(bare) = names::without(&wasm) {
        let named = project.scratch()?.join("index_bg.named.wasm");
        fs::rename(&path, &named)
            .or_else(|_| fs::write(&named, &wasm))
            .with_context(|| format!("cannot write {}", named.display()))?;
        fs::write(&path, bare).with_context(|| format!("cannot write {}", path.display()))?;
        progress::say(format!(
            "    the wasm with names of functions, for stack traces: {}",
            named.display()
        ));
    }
    Ok(())
}

/// The hash of everything that the bundle is made from.
fn inputs(project: &Project, ready: &Ready) -> Result<String> {
    let read =
        |path: PathBuf| fs::read(&path).with_context(|| format!("cannot read {}", path.display()));
    let wasm = read(project.target.join(WASM).join("release/waypost.wasm"))?;
    // Holds options of worker-build; and the lock the versions of esbuild and wasm-opt.
    let manifest = read(project.root.join("Cargo.toml"))?;
    let entry = read(project.root.join(ENTRY))?;
    let npm = read(project.root.join("package-lock.json"))?;
    let versions = ready.tools.all().map(|tool| tool.version.clone()).join(" ");
    let options = OPTIONS
        .map(|name| format!("{name}={:?}", env::var_os(name)))
        .join(" ");
    Ok(hash::of([
        &wasm,
        &manifest,
        &entry,
        &npm,
        versions.as_bytes(),
        options.as_bytes(),
        ENTER.join(" ").as_bytes(),
    ]))
}

/// The hash of what stands in build/, so that a file that was touched there is made anew.
fn outputs(project: &Project) -> Result<String> {
    let build = project.build();
    let hashes = [
        hash::of_file(&build.join(size::GLUE))?,
        hash::of_file(&build.join(size::WASM))?,
    ];
    Ok(hashes.join(" "))
}
