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
        let mut keys = Vec::new();
        let mut notes = Vec::new();
        for secret_name in &self.secrets {
            match secret(secret_name).map(|text| Secret::decode(&text, &self.scheme.key)) {
                Some(Ok(key)) => keys.push(key),
                Some(Err(error)) => notes.push(format!("secret {secret_name} {error}")),
                None => notes.push(format!("secret {secret_name} is not set")),
            }
        }
        if keys.is_empty() {
            let reason = format!("source {name} has no key: {}", notes.join("; "));
            return SourceState::Misconfigured { reason };
        }
        let scheme = Arc::clone(&self.scheme);
        let settings = self.settings.clone();
        let source = Source {
            name: name.to_owned(),
            scheme,
            keys,
            settings,
        };
        SourceState::Ready {
            source: Box::new(source),
            notes,
        }
    }
}
