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
        Self::of(&table(path)?)
    }

    /// The configuration as it is and as each of wrangler's environments has it, under the names
    /// `vars` and `env.NAME.vars`.
    pub(crate) fn each(path: &Path) -> Result<Vec<(String, Self)>> {
        let table = table(path)?;
        let mut all = vec![("vars".to_owned(), Self::of(&table)?)];
        let environments = table.get("env").and_then(toml::Value::as_table);
        for (name, environment) in environments.into_iter().flatten() {
            if let Some(environment) = environment.as_table() {
                all.push((format!("env.{name}.vars"), Self::of(environment)?));
            }
        }
        Ok(all)
    }

    fn of(table: &toml::Table) -> Result<Self> {
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
        // A feed that is not configured is there all the same, for admins.
        let feed = self
            .family("FEEDS")
            .find(|(name, _)| *name == feed)
            .map(|(_, feed)| feed);
        let says = |key| feed.and_then(|feed| feed.get(key));
        let public = says("public").and_then(Value::as_bool).unwrap_or(false);
        (!public).then(|| texts(says("tokens")))
    }

    /// Every secret that the configuration names and does not hold as a plain variable, with the
    /// source whose form it must have.
    pub(crate) fn secrets(&self) -> Vec<(String, Option<String>)> {
        let mut secrets: Vec<(String, Option<String>)> = Vec::new();
        let sources = self.sources().into_iter().flat_map(|source| {
            let names = source.secrets.into_iter();
            names.map(move |name| (name, Some(source.name.clone())))
        });
        let feeds = self
            .family("FEEDS")
            .flat_map(|(_, feed)| texts(feed.get("tokens")));
        let verify = self
            .family("SOURCES")
            .flat_map(|(_, source)| texts(source.get("verify_token")));
        let admin = std::iter::once("ADMIN_TOKEN".to_owned());
        for secret in sources.chain(feeds.chain(verify).chain(admin).map(|name| (name, None))) {
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

fn table(path: &Path) -> Result<toml::Table> {
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
    text.parse()
        .with_context(|| format!("{} does not parse", path.display()))
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
        let sources = Config::of(&SAMPLE.parse().unwrap()).unwrap().sources();
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
        let secrets = Config::of(&SAMPLE.parse().unwrap()).unwrap().secrets();
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
        let config = Config::of(&SAMPLE.parse().unwrap()).unwrap();
        assert_eq!(
            config.tokens("default"),
            Some(vec!["POLL_TOKEN".to_owned()])
        );
        assert_eq!(config.tokens("code"), None);
        assert_eq!(config.tokens("unheard-of"), Some(Vec::new()));
    }
}
