//! `cargo xtask dev`: Waypost on this machine, and what to paste to see it work.

mod curl;
mod server;
mod vars;

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use anyhow::{Context, Result};
use lexopt::prelude::*;
use serde_json::Value as Json;

use self::{server::Server, vars::Secrets};
use crate::{
    build,
    config::{Config, Source},
    progress::{self, seconds},
    project::Project,
    rules, setup,
};

/// The port that wrangler's users expect.
const PORT: u16 = 8787;

/// What the command line says.
pub(crate) struct Options {
    port: u16,
    config: Option<PathBuf>,
}

impl Options {
    pub(crate) fn parse(mut args: lexopt::Parser) -> Result<Self> {
        let mut options = Self {
            port: PORT,
            config: None,
        };
        while let Some(arg) = args.next()? {
            match arg {
                Long("port") => options.port = args.value()?.parse()?,
                Long("config") => options.config = Some(args.value()?.into()),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(project: &Project, options: &Options) -> Result<ExitCode> {
    let started = Instant::now();
    let path = match &options.config {
        // Relative to where the user is, not to the clone.
        Some(path) => {
            fs::canonicalize(path).with_context(|| format!("there is no {}", path.display()))?
        }
        None => project.config(),
    };
    let config = Config::read(&path)?;
    let ready = setup::ready(project)?;
    build::checked(project, &ready, &path)?;
    let forms = rules::sources(project, &config, &Json::Null)?;
    let secrets = Secrets::beside(&path, &config, &forms)?;
    let samples = rules::sources(project, &config, &secrets.as_json())?;
    let port = free_port(options.port)?;
    progress::step(format!("Starting wrangler on port {port}"));
    let mut server = Server::start(project, &ready.node, &path, port)?;
    if server.wait_until_it_answers()? {
        progress::say(welcome(&config, &samples, &secrets, port));
        progress::say(format!(
            "Up after {}. Ctrl-C stops it; what it stored stays in .wrangler/state.\n",
            seconds(started.elapsed())
        ));
        server.wait()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The port asked for, or one that is free.
fn free_port(wanted: u16) -> Result<u16> {
    if TcpListener::bind(("127.0.0.1", wanted)).is_ok() {
        return Ok(wanted);
    }
    let other =
        TcpListener::bind(("127.0.0.1", 0)).context("there is no free port on 127.0.0.1")?;
    let port = other.local_addr()?.port();
    progress::say(format!(
        "    port {wanted} is taken; using {port} (choose one with --port)"
    ));
    Ok(port)
}

/// Everything that a newcomer needs, once it runs.
fn welcome(config: &Config, samples: &Json, secrets: &Secrets, port: u16) -> String {
    let address = format!("http://127.0.0.1:{port}");
    let sources = config.sources();
    let mut text = format!("\nWaypost is at {address}\n\nSources:\n");
    for source in &sources {
        text += &format!(
            "  {}: {}\n    POST {address}{}\n    signed with {}\n",
            source.name,
            source.provider.as_deref().unwrap_or("a scheme of its own"),
            source_path(source),
            source.secrets.join(" or ")
        );
    }
    text += &format!("\nTheir secrets are in {}.\n", short(&secrets.path));
    let Some(sample) = curl::sample(&sources, samples, secrets, &address) else {
        return text + "\nFor these there is no sample: send a webhook from the provider.\n";
    };
    let again = if sample.signed_already {
        "\nOnce more, and it is already_processed.\n"
    } else {
        ""
    };
    let read_back = curl::read_back(sample.source, config, secrets, &address);
    text + &format!(
        "\nSend a webhook to `{}`:\n\n{}\n{again}\nRead it back:\n\n{read_back}\n",
        sample.source.name, sample.text
    )
}

/// The path that a source receives on.
fn source_path(source: &Source) -> String {
    match source.name.as_str() {
        "default" => "/webhooks/receive".to_owned(),
        name => format!("/webhooks/receive/{name}"),
    }
}

/// For messages: a path as the user would type it from the root of the clone.
fn short(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    path.strip_prefix(here)
        .unwrap_or(path)
        .display()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_replaced() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_ne!(free_port(port).unwrap(), port);
        drop(taken);
        assert_eq!(free_port(port).unwrap(), port);
    }

    #[test]
    fn options() {
        let parse = |words: &[&str]| Options::parse(lexopt::Parser::from_args(words));
        let options = parse(&["--port=99", "--config", "a.toml"]).unwrap();
        assert_eq!((options.port, options.config), (99, Some("a.toml".into())));
        assert_eq!(parse(&[]).unwrap().port, PORT);
        assert!(parse(&["--prot", "9"]).is_err());
    }
}
