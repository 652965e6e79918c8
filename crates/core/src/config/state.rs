//! From a source's config to a source, once its secrets are looked up.

use std::sync::Arc;

use super::SourceConfig;
use crate::{rejection::Rejection, secret::Secret, source::Source};

/// What became of a source when its secrets were looked up.
#[derive(Clone, Debug)]
pub enum SourceState {
    /// It can receive.
    Ready {
        /// The source.
        source: Box<Source>,
        /// What is wrong with secrets that it can do without, for the log.
        notes: Vec<String>,
    },
    /// It refuses everything.
    Misconfigured {
        /// Why, for the log.
        reason: String,
    },
    /// There is none of this name.
    Unknown,
}

impl SourceState {
    /// The source.
    ///
    /// # Errors
    ///
    /// [`Rejection::Misconfigured`] or [`Rejection::UnknownSource`].
    pub fn ready(&self) -> Result<&Source, Rejection> {
        match self {
            Self::Ready { source, .. } => Ok(source),
            Self::Misconfigured { .. } => Err(Rejection::Misconfigured),
            Self::Unknown => Err(Rejection::UnknownSource),
        }
    }
}

impl SourceConfig {
    /// Any secret that is there will do, so that rotation never needs two to change at once.
    pub(super) fn resolve(
        &self,
        name: &str,
        secret: impl Fn(&str) -> Option<String>,
    ) -> SourceState {
        let mut keys: Vec<Vec<Secret>> = self.scheme.ways().map(|_| Vec::new()).collect();
        let mut notes = Vec::new();
        let mut found = false;
        for secret_name in &self.secrets {
            let Some(text) = secret(secret_name) else {
                notes.push(format!("secret {secret_name} is not set"));
                continue;
            };
            let mut error = None;
            let mut taken = false;
            for (way, keys) in self.scheme.ways().zip(&mut keys) {
                match Secret::decode(&text, &way.key) {
                    Ok(key) => {
                        keys.push(key.keyed(way.algorithm));
                        taken = true;
                    }
                    Err(why) => error = error.or(Some(why)),
                }
            }
            found |= taken;
            if let Some(error) = error.filter(|_| !taken) {
                notes.push(format!("secret {secret_name} {error}"));
            }
        }
        let mut values = Vec::new();
        for (ask, given) in &self.values {
            let mut texts = given.clone();
            if ask.secret {
                texts = given.iter().filter_map(|name| secret(name)).collect();
                texts.retain(|text| !text.is_empty());
                if texts.is_empty() {
                    notes.push(format!("{} has no secret that is set", ask.key));
                    found &= !ask.required;
                }
            }
            values.push((ask.key.clone(), texts));
        }
        if !found && !self.secrets.is_empty() {
            let reason = format!("source {name} has no key: {}", notes.join("; "));
            return SourceState::Misconfigured { reason };
        }
        let scheme = Arc::clone(&self.scheme);
        let settings = self.settings.clone();
        let source = Source {
            name: name.to_owned(),
            scheme,
            keys,
            values,
            settings,
        };
        SourceState::Ready {
            source: Box::new(source),
            notes,
        }
    }
}
