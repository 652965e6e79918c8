//! Flags, environment, file: what stands first wins.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, de::DeserializeOwned};
use waypost_client::Client;

use crate::{
    args::{OrderBy, Shared},
    exit::Failure,
};

/// The file. Each key is the flag of its name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    from: Option<String>,
    feed: Option<String>,
    token_file: Option<PathBuf>,
    admin_token_file: Option<PathBuf>,
    pub(crate) to: Option<String>,
    #[serde(default)]
    pub(crate) routes: BTreeMap<String, String>,
    pub(crate) consumer: Option<String>,
    pub(crate) concurrency: Option<usize>,
    pub(crate) order_by: Option<OrderBy>,
    pub(crate) timeout: Option<u64>,
    pub(crate) max_attempts: Option<u32>,
}

/// What every command works with.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    shared: Shared,
    pub(crate) file: File,
}

impl Settings {
    pub(crate) fn read(shared: Shared) -> Result<Self, Failure> {
        let file = match &shared.settings {
            Some(path) => Some(read_toml(path)?),
            None => match usual_file().filter(|path| path.is_file()) {
                Some(path) => Some(read_toml(&path)?),
                None => None,
            },
        };
        let file = file.unwrap_or_default();
        Ok(Self { shared, file })
    }

    /// Waypost's address without the feed.
    pub(crate) fn from(&self) -> Result<String, Failure> {
        let from = self.shared.from.clone().or(self.file.from.clone());
        from.filter(|from| !from.is_empty()).ok_or_else(|| {
            Failure::usage("say where Waypost is: --from https://host, or WAYPOST_URL")
        })
    }

    pub(crate) fn feed(&self) -> Option<String> {
        let feed = self.shared.feed.clone().or(self.file.feed.clone());
        feed.filter(|feed| !feed.is_empty())
    }

    /// The feed as its reader sees it.
    pub(crate) fn reader(&self) -> Result<Client, Failure> {
        let file = self
            .shared
            .token_file
            .as_ref()
            .or(self.file.token_file.as_ref());
        let admin = self.admin_token()?;
        // The admin token is good wherever a feed's is.
        self.client(secret("WAYPOST_TOKEN", file)?.or(admin))
    }

    /// The feed as its administrator sees it.
    pub(crate) fn admin(&self) -> Result<Client, Failure> {
        let token = self.admin_token()?;
        if token.is_none() {
            return Err(Failure::usage(
                "this needs the admin token: WAYPOST_ADMIN_TOKEN, or --admin-token-file",
            ));
        }
        self.client(token)
    }

    pub(crate) fn admin_token(&self) -> Result<Option<String>, Failure> {
        let file = self.shared.admin_token_file.as_ref();
        let file = file.or(self.file.admin_token_file.as_ref());
        secret("WAYPOST_ADMIN_TOKEN", file)
    }

    fn client(&self, token: Option<String>) -> Result<Client, Failure> {
        let from = self.from()?;
        let from = from.trim_end_matches('/');
        let url = match self.feed() {
            Some(feed) => format!("{from}/feeds/{feed}"),
            None => from.to_owned(),
        };
        Ok(Client::new(&url, token.as_deref())?)
    }
}

/// A secret from its variable or else its file.
pub(crate) fn secret(variable: &str, file: Option<&PathBuf>) -> Result<Option<String>, Failure> {
    if let Some(text) = env::var(variable).ok().filter(|text| !text.is_empty()) {
        return Ok(Some(text));
    }
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        Ok::<String, anyhow::Error>(text.trim_end_matches(['\r', '\n']).to_owned())
    };
    Ok(file.map(read).transpose()?)
}

/// A file in TOML.
pub(crate) fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {shown}: {error}")))?;
    toml::from_str(&text).map_err(|error| Failure::usage(format!("{shown}: {}", error.message())))
}

fn usual_file() -> Option<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(folder.join("waypost/agent.toml"))
}
