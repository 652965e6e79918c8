//! The suites: how each is run and counted.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::{
    build, check,
    counts::{self, Counts},
    node, programs, progress,
    project::Project,
    python, run,
    setup::{Ready, WASM},
    size::{BUDGET, Size},
};

/// A suite of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    /// Configuration, formatting, lints and documents.
    Check,
    /// `cargo test` of everything but the Worker.
    Native,
    /// wasm-bindgen-test: the Worker's own tests, on Node.
    Wasm,
    /// The budget of the bundle.
    Size,
    /// Node's test runner against the bundle on workerd.
    EndToEnd,
}

impl Suite {
    /// All of them, what fails fastest first.
    pub(crate) const ALL: [Self; 5] = [
        Self::Check,
        Self::Native,
        Self::Wasm,
        Self::Size,
        Self::EndToEnd,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Native => "native",
            Self::Wasm => "wasm",
            Self::Size => "size",
            Self::EndToEnd => "e2e",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self> {
        let names = Self::ALL.map(Self::name).join(", ");
        let suite = Self::ALL.into_iter().find(|suite| suite.name() == name);
        suite.with_context(|| format!("there is no suite `{name}`; there are {names}"))
    }
}

/// What the suites are run with.
pub(super) struct Bench<'a> {
    project: &'a Project,
    ready: &'a Ready,
    args: &'a [String],
    /// Built for the first suite that needs it.
    bundle: Option<Size>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(project: &'a Project, ready: &'a Ready, args: &'a [String]) -> Self {
        Self {
            project,
            ready,
            args,
            bundle: None,
        }
    }

    pub(super) fn run(&mut self, suite: Suite) -> Result<Counts> {
        match suite {
            Suite::Check => check::steps(self.project),
            Suite::Native => self.native(),
            Suite::Wasm => self.wasm(),
            Suite::Size => self.size(),
            Suite::EndToEnd => self.end_to_end(),
        }
    }

    fn native(&self) -> Result<Counts> {
        let mut args = vec![
            "test",
            "--workspace",
            "--exclude",
            "waypost",
            "--features",
            "xtask/core",
            "--no-fail-fast",
        ];
        args.extend(self.args.iter().map(String::as_str));
        let (succeeded, output) = run::read_and_shown(&run::cargo(&self.project.root, &args))?;
        Ok(counts::libtest(&output).settled(succeeded))
    }

    fn wasm(&self) -> Result<Counts> {
        present(&self.project.root.join("tests/wasm"))?;
        let tool = &self.ready.tools.wasm_bindgen;
        let runner = tool.program(&self.project.cache, "wasm-bindgen-test-runner");
        let mut args = vec!["test", "--target", WASM, "--package", "waypost"];
        args.extend(self.args.iter().map(String::as_str));
        let command = run::cargo_wasm(&self.project.root, &args)
            .env("PATH", self.ready.node.path())
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
        let (succeeded, output) = run::read_and_shown(&command)?;
        Ok(counts::libtest(&output).settled(succeeded))
    }

    fn size(&mut self) -> Result<Counts> {
        let size = self.bundle()?.total();
        if size > BUDGET {
            progress::say(format!(
                "the bundle has {size} bytes compressed, and its budget is {BUDGET}"
            ));
        }
        Ok(Counts::one(size <= BUDGET))
    }

    fn end_to_end(&mut self) -> Result<Counts> {
        let folder = self.project.root.join("tests/e2e");
        present(&folder.join("package.json"))?;
        self.bundle()?;
        programs::build(self.project)?;
        node::install_shown(&folder, &self.ready.node)?;
        let mut counts = Counts::default();
        // The script of package.json says which files and how many at once.
        let command = if self.args.is_empty() {
            self.ready.node.command(node::NPM, ["test", "--silent"])
        } else {
            let fixed = ["--test", "--test-reporter=spec"].map(str::to_owned);
            self.ready
                .node
                .command("node", fixed.into_iter().chain(self.args.iter().cloned()))
        };
        let mut command = programs::told(self.project, run::coloured(command))
            .dir(&folder)
            .env("WAYPOST_BUILD", self.project.build());
        let requirements = folder.join("requirements.txt");
        if requirements.is_file() {
            match python::with(self.project, &requirements) {
                Ok(python) => command = command.env("WAYPOST_PYTHON", python),
                Err(error) => {
                    progress::say(format!("error: {error:#}"));
                    counts += Counts::one(false);
                }
            }
        }
        let (succeeded, output) = run::read_and_shown(&command)?;
        counts += counts::node(&output).settled(succeeded);
        Ok(counts)
    }

    fn bundle(&mut self) -> Result<&Size> {
        if self.bundle.is_none() {
            self.bundle = Some(build::bundle(self.project, self.ready)?);
        }
        self.bundle.as_ref().context("there is no bundle")
    }
}

/// A suite that is not there has failed: it was asked for.
fn present(path: &Path) -> Result<()> {
    if path.exists() {
        Ok(())
    } else {
        bail!("absent: there is no {}", path.display())
    }
}
