//! As much of a wrangler.toml as xtask needs: its variables, and in them sources, feeds and the names
//! of secrets. What the values mean is waypost-core's business.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The variables of a configuration, each as the JSON that the Worker is given.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) vars: BTreeMap<String, Value>,
}

/// A source as far as `cargo xtask dev` shows it.
#[derive(Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) name: String,
    /// None where the scheme is written in the configuration.
    pub(crate) provider: Option<String>,
    pub(crate) secrets: Vec<String>,
    pub(crate) feed: String,
}

impl Config {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        if path
            .extension()
            .is_some_and(|extension| extension != "toml")
        {
            bail!(
                "{} is not TOML: xtask reads wrangler's configuration in TOML only",
                path.display()
            );
        }
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let table: toml::Table = text.parse()?;
        let vars = match table.get("vars") {
            None => BTreeMap::new(),
            Some(toml::Value::Table(vars)) => vars
                .iter()
                .map(|(name, value)| Ok((name.clone(), serde_json::to_value(value)?)))
                .collect::<Result<_>>()?,
            Some(_) => bail!("`vars` must be a table"),
        };
        Ok(Self { vars })
    }

    /// The sources of SOURCES, SOURCES_2 and so on.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let each = self.family("SOURCES").map(|(name, source)| Source {
            name: name.clone(),
            provider: text(source.get("provider")),
            secrets: texts(source.get("secrets")),
            feed: text(source.get("feed")).unwrap_or_else(|| "default".to_owned()),
        });
        each.collect()
    }

    /// How to read a feed: none where anyone may, or the names of its tokens.
    pub(crate) fn tokens(&self, feed: &str) -> Option<Vec<String>> {
        let feed = self.family("FEEDS").find(|(name, _)| *name == feed)?.1;
        let public = feed.get("public").and_then(Value::as_bool).unwrap_or(false);
        (!public).then(|| texts(feed.get("tokens")))
    }

    /// Every secret that the configuration names and does not hold as a plain variable, with the
    /// provider whose form it must have.
    pub(crate) fn secrets(&self) -> Vec<(String, Option<String>)> {
        let mut secrets: Vec<(String, Option<String>)> = Vec::new();
        let sources = self.sources().into_iter().flat_map(|source| {
            let provider = source.provider;
            source
                .secrets
                .into_iter()
                .map(move |name| (name, provider.clone()))
        });
        let feeds = self
            .family("FEEDS")
            .flat_map(|(_, feed)| texts(feed.get("tokens")));
        let admin = std::iter::once("ADMIN_TOKEN".to_owned());
        for secret in sources.chain(feeds.chain(admin).map(|name| (name, None))) {
            if !self.vars.contains_key(&secret.0)
                && secrets.iter().all(|(name, _)| *name != secret.0)
            {
                secrets.push(secret);
            }
        }
        secrets
    }

    /// The entries of a variable that may be spread over several: NAME, NAME_2, NAME_3.
    fn family(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        let belongs = move |variable: &str| match variable.strip_prefix(name) {
            Some("") => true,
            Some(rest) => rest
                .strip_prefix('_')
                .is_some_and(|number| number.parse::<u32>().is_ok()),
            None => false,
        };
        let members = self
            .vars
            .iter()
            .filter(move |(variable, _)| belongs(variable));
        members.filter_map(|(_, value)| value.as_object()).flatten()
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|text| text.as_str())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const SAMPLE: &str = r#"
        [vars]
        PLAIN_SECRET = "in the open"
        [vars.SOURCES.default]
        provider = "waypost"
        secrets = ["WAYPOST_SECRET"]
        [vars.SOURCES.github]
        provider = "github"
        secrets = ["GITHUB_SECRET", "PLAIN_SECRET"]
        feed = "code"
        [vars.SOURCES_2.acme]
        secrets = ["WAYPOST_SECRET"]
        scheme = { algorithm = "hmac-sha256" }
        [vars.FEEDS.default]
        tokens = ["POLL_TOKEN"]
        [vars.FEEDS.code]
        public = true
    "#;

    #[test]
    fn sources_of_several_variables_are_one_list() {
        let sources = Config::parse(SAMPLE).unwrap().sources();
        let names: Vec<_> = sources
            .iter()
            .map(|source| (source.name.as_str(), source.feed.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                ("default", "default"),
                ("github", "code"),
                ("acme", "default")
            ]
        );
    }

    #[test]
    fn each_secret_is_named_once_and_plain_variables_are_none() {
        let secrets = Config::parse(SAMPLE).unwrap().secrets();
        let names: Vec<_> = secrets.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "WAYPOST_SECRET",
                "GITHUB_SECRET",
                "POLL_TOKEN",
                "ADMIN_TOKEN"
            ]
        );
    }

    #[test]
    fn a_public_feed_needs_no_token() {
        let config = Config::parse(SAMPLE).unwrap();
        assert_eq!(
            config.tokens("default"),
            Some(vec!["POLL_TOKEN".to_owned()])
        );
        assert_eq!(config.tokens("code"), None);
    }
}
