//! A scheme with its secrets: a provider's, or that of a source in a wrangler.toml.

use std::{env, fs, path::Path, sync::Arc};

use serde_json::Value;
use waypost_client::verify::of_provider;
use waypost_core::{
    config::{Config, SourceState},
    scheme::Scheme,
    secret::Secret,
    source::Source,
};

use crate::{
    args::Signing,
    exit::{Exit, Failure},
    send::pairs,
    settings::{read_toml, secret},
};

/// The source of a provider that the command line names.
const PROVIDED: &str = "webhook";

/// What signs, and what is checked with.
pub(crate) struct Signer {
    pub(crate) source: Source,
    pub(crate) scheme: Arc<Scheme>,
    pub(crate) keys: Vec<Secret>,
    /// The secrets' texts, to try what else they might have been meant as.
    pub(crate) secrets: Vec<String>,
}

impl Signer {
    pub(crate) fn new(args: &Signing) -> Result<Self, Failure> {
        let given = given(args)?;
        match (&args.provider, &args.source) {
            (Some(provider), _) => {
                let url = args.public_url.as_deref();
                let (sources, secrets) = of_provider(PROVIDED, provider, &given, url);
                Self::of(PROVIDED, &[("SOURCES".to_owned(), sources)], secrets).map_err(|error| {
                    match given.is_empty() && error.text.contains(".secrets") {
                        true => Failure::usage(
                            "the secret is missing: set WAYPOST_SECRET, or name a --secret-file",
                        ),
                        false => error,
                    }
                })
            }
            (None, Some(name)) => {
                let variables = variables(&read_toml(&args.wrangler)?)?;
                let local = dev_vars(&args.wrangler);
                let secrets = |name: &str| {
                    let set = env::var(name).ok().filter(|text| !text.is_empty());
                    let local = || {
                        let found = local.iter().find(|(known, _)| known == name);
                        found.map(|(_, text)| text.clone())
                    };
                    given.first().cloned().or(set).or_else(local)
                };
                Self::of(name, &variables, secrets)
            }
            (None, None) => Err(Failure::usage("name a --provider or a --source")),
        }
    }

    fn of(
        name: &str,
        variables: &[(String, String)],
        secret: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let config = Config::parse(&pairs(variables)).map_err(|mistakes| {
            let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            Failure::usage(texts.join("\n"))
        })?;
        let source = match config.source(name, &secret) {
            SourceState::Ready { source, .. } => *source,
            SourceState::Misconfigured { reason } => return Err(Failure::usage(reason)),
            SourceState::Unknown => {
                return Err(Failure::usage(format!("there is no source {name}")));
            }
        };
        let named = config.sources().find(|(known, _)| *known == name);
        let names = named.and_then(|(_, source)| Some(source.ok()?.secrets.clone()));
        let secrets: Vec<String> = names
            .unwrap_or_default()
            .iter()
            .filter_map(|name| secret(name))
            .collect();
        let scheme = Arc::clone(&source.scheme);
        let keys = secrets
            .iter()
            .filter_map(|text| Secret::decode(text, &scheme.key).ok());
        Ok(Self {
            keys: keys.collect(),
            scheme,
            source,
            secrets,
        })
    }
}

/// The secrets that the command line points to.
fn given(args: &Signing) -> Result<Vec<String>, Failure> {
    let mut given = Vec::new();
    given.extend(secret("WAYPOST_SECRET", None)?);
    for file in &args.secret_files {
        // An empty variable's name is no variable: the file alone is read.
        given.extend(secret("", Some(file))?);
    }
    Ok(given)
}

/// The variables of a wrangler.toml that hold sources, feeds and the like, as JSON.
pub(crate) fn variables(wrangler: &toml::Table) -> Result<Vec<(String, String)>, Failure> {
    let vars = wrangler.get("vars").and_then(toml::Value::as_table);
    let vars = vars.into_iter().flatten().map(|(name, value)| {
        let value: Value = serde_json::to_value(value)
            .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        Ok((name.clone(), value.to_string()))
    });
    vars.collect()
}

/// The secrets of the .dev.vars beside a wrangler.toml; none where there is none.
fn dev_vars(wrangler: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(wrangler.with_file_name(".dev.vars")).unwrap_or_default();
    let line = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let name = name.trim().trim_start_matches("export ").trim();
        let value = value.trim();
        let quote = ['"', '\'', '`']
            .into_iter()
            .find(|quote| value.starts_with(*quote));
        let bare = quote.and_then(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
        let plain = !name.is_empty() && !name.starts_with('#');
        plain.then(|| (name.to_owned(), bare.unwrap_or(value).to_owned()))
    };
    text.lines().filter_map(line).collect()
}
