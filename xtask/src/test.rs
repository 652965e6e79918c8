//! Every test of the project in one command.

mod suites;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{
    counts::Counts,
    progress::{self, seconds},
    project::Project,
    setup,
};

pub(crate) use self::suites::Suite;

/// What is to be run.
pub(crate) struct Options {
    suites: Vec<Suite>,
    /// For the runner of a single suite.
    args: Vec<String>,
}

impl Options {
    pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Self> {
        let words: Vec<String> = parser
            .raw_args()?
            .map(|word| {
                word.into_string()
                    .map_err(|word| anyhow::anyhow!("{word:?} is not UTF-8"))
            })
            .collect::<Result<_>>()?;
        let (names, args) = match words.iter().position(|word| word == "--") {
            Some(at) => (
                words.iter().take(at),
                words.iter().skip(at + 1).cloned().collect(),
            ),
            None => (words.iter().take(words.len()), Vec::new()),
        };
        let suites = names
            .map(|name| Suite::named(name))
            .collect::<Result<Vec<_>>>()?;
        if !args.is_empty() && suites.len() != 1 {
            bail!("name one suite for the arguments after `--`");
        }
        let suites = if suites.is_empty() {
            Suite::ALL.to_vec()
        } else {
            suites
        };
        Ok(Self { suites, args })
    }
}

/// `cargo xtask test`. A suite that breaks does not keep the others from running.
pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode> {
    let mut results = Vec::new();
    let started = Instant::now();
    let ready = setup::ready(project)?;
    results.push(("set-up", Counts::default(), started.elapsed()));
    let mut bench = suites::Bench::new(project, &ready, &options.args);
    for suite in &options.suites {
        progress::say(format!("\n==> suite: {}", suite.name()));
        let started = Instant::now();
        let counts = bench.run(*suite).unwrap_or_else(|error| {
            progress::say(format!("error: {error:#}"));
            Counts::one(false)
        });
        results.push((suite.name(), counts, started.elapsed()));
    }
    progress::say(table(&results, started.elapsed()));
    let mut sum = Counts::default();
    for (_, counts, _) in &results {
        sum += *counts;
    }
    if sum.failed > 0 {
        let failed = results
            .iter()
            .filter(|(_, counts, _)| counts.failed > 0)
            .map(|(name, ..)| *name);
        let again = failed.collect::<Vec<_>>().join(" ");
        progress::say(format!(
            "what failed is above; `cargo xtask test {again}` runs it again\n"
        ));
    }
    progress::say(sum.line());
    Ok(if sum.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn table(results: &[(&str, Counts, Duration)], whole: Duration) -> String {
    let row = |name, passed: String, failed: String, time| {
        format!("{name:<8}{passed:>8}{failed:>8}  {time:>14}\n")
    };
    let mut table = format!(
        "\n{}",
        row(
            "suite",
            "passed".to_owned(),
            "failed".to_owned(),
            "time".to_owned()
        )
    );
    for (name, counts, time) in results {
        table += &row(
            name,
            counts.passed.to_string(),
            counts.failed.to_string(),
            seconds(*time),
        );
    }
    table += &row("all", String::new(), String::new(), seconds(whole));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options> {
        Options::parse(lexopt::Parser::from_args(words))
    }

    #[test]
    fn no_name_means_every_suite() {
        assert_eq!(parse(&[]).unwrap().suites, Suite::ALL);
    }

    #[test]
    fn arguments_go_to_a_single_suite() {
        let options = parse(&["native", "--", "--package", "xtask"]).unwrap();
        assert_eq!(
            (options.suites, options.args),
            (
                vec![Suite::Native],
                vec!["--package".to_owned(), "xtask".to_owned()]
            )
        );
        assert!(parse(&["native", "wasm", "--", "x"]).is_err());
        assert!(parse(&["--", "x"]).is_err());
    }

    #[test]
    fn an_unknown_suite_is_refused() {
        assert!(
            parse(&["natvie"])
                .err()
                .unwrap()
                .to_string()
                .contains("natvie")
        );
    }
}
