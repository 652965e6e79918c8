//! From a row to a scheme that can run, with every mistake in it named.

use std::fmt;

use super::{
    Algorithm, Encoding, Family, Identity, Integrity, Layout, Part, Place, Row, Unit,
    family::families, template,
};
use crate::secret::KeyRule;

/// A row that has been checked and taken apart.
#[derive(Clone, Debug)]
pub struct Scheme {
    /// The provider's name.
    pub name: String,
    /// What is computed over the signed content.
    pub algorithm: Algorithm,
    /// How the result stands in the header.
    pub encoding: Encoding,
    /// How a secret's text becomes the key.
    pub key: KeyRule,
    /// How the signature header is read.
    pub layout: Layout,
    /// The headers to look for; the first family whose signature is there is taken. Never empty.
    pub families: Vec<Family>,
    /// How the time of signing is written, for a scheme that signs one.
    pub unit: Option<Unit>,
    /// What is signed.
    pub signed: Vec<Part>,
    /// Whether a webhook without an id is refused.
    pub id_required: bool,
    /// What makes two webhooks the same one.
    pub identity: Identity,
    /// How far the time of signing may be from the time of receipt, either way.
    pub tolerance_seconds: u64,
    /// Whether the signature covers the body.
    pub integrity: Integrity,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeError {
    /// The key, as the config writes it: `signature.header`.
    pub key: &'static str,
    /// What is wrong with its value.
    pub reason: String,
}

impl SchemeError {
    pub(super) fn new(key: &'static str, reason: impl Into<String>) -> Self {
        Self {
            key,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for SchemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.reason)
    }
}

impl std::error::Error for SchemeError {}

impl Scheme {
    /// Checks a row and takes it apart.
    ///
    /// # Errors
    ///
    /// The first thing in the row that is malformed, contradicts another or would not be safe.
    pub fn compile(row: &Row<'_>) -> Result<Self, SchemeError> {
        let scheme = Self {
            name: row.name.to_owned(),
            algorithm: row.algorithm,
            encoding: row.encoding,
            key: KeyRule {
                form: row.key.form,
                strip: row
                    .key
                    .strip
                    .iter()
                    .map(|&prefix| prefix.to_owned())
                    .collect(),
            },
            layout: Layout::from(row.signature.grammar),
            families: families(row)?,
            unit: row.timestamp.map(|timestamp| timestamp.unit),
            signed: template::parse(row.signed)?,
            id_required: row.id_required,
            identity: row.identity,
            tolerance_seconds: row.tolerance_seconds,
            integrity: row.integrity,
        };
        scheme.check(row)?;
        Ok(scheme)
    }

    /// Whether `part` is covered by the signature.
    pub fn signs(&self, part: &Part) -> bool {
        self.signed.contains(part)
    }

    /// Whether an id found at `place` is covered by the signature.
    pub fn signs_place(&self, place: &Place) -> bool {
        match place {
            Place::Header(_) => self.signs(&Part::Id),
            Place::Json(_) => self.signs(&Part::Body),
        }
    }

    /// Whether webhooks may go by `identity`.
    ///
    /// # Errors
    ///
    /// Where there is no id, or where anyone could change it.
    pub fn allows(&self, identity: Identity) -> Result<(), SchemeError> {
        let ids = || self.families.iter().flat_map(|family| &family.id);
        let refuse = |reason: &str| Err(SchemeError::new("identity", reason));
        match identity {
            Identity::Id | Identity::IdAndContent if ids().next().is_none() => {
                refuse("needs an id, and the scheme has none")
            }
            Identity::Id if !ids().all(|place| self.signs_place(place)) => refuse(
                "\"id\" needs a signed id, and anyone can change this one: use \"id+content\"",
            ),
            _ => Ok(()),
        }
    }

    /// Every rule that joins two keys, one a line.
    fn check(&self, row: &Row<'_>) -> Result<(), SchemeError> {
        let token = self.algorithm == Algorithm::Token;
        let in_body = |place: &Place| matches!(place, Place::Json(_));
        let id_in_body = self
            .families
            .iter()
            .any(|family| family.id.iter().any(in_body));
        let bodies = self
            .signed
            .iter()
            .filter(|part| **part == Part::Body)
            .count();
        #[rustfmt::skip]
        let rules: &[(bool, &'static str, &str)] = &[
            (token != (self.encoding == Encoding::Text), "encoding", "is \"text\" for \"token\" and for nothing else"),
            (token && !self.signed.is_empty(), "signed", "has no place in a scheme that signs nothing"),
            (!token && self.signed.is_empty(), "signed", "is empty"),
            (bodies > 1, "signed", "holds {body} more than once"),
            (self.signs(&Part::Timestamp) && self.unit.is_none(), "timestamp", "is missing, and {timestamp} is signed"),
            (!self.signs(&Part::Timestamp) && self.unit.is_some(), "timestamp", "is not signed, so it proves nothing: leave it out or sign {timestamp}"),
            (self.signs(&Part::Id) && row.id.is_empty(), "id", "is missing, and {id} is signed"),
            (self.signs(&Part::Id) && id_in_body, "id", "is signed by itself, so it must be in a header"),
            (self.signs(&Part::Id) && !self.id_required, "id_required", "must be true, since {id} is signed"),
            (self.id_required && row.id.is_empty(), "id", "is missing, and required"),
            (!self.signs(&Part::Body) && self.integrity == Integrity::Body, "integrity", "the body is not signed; say \"none\" if that is meant"),
            (self.signs(&Part::Body) && self.integrity == Integrity::None, "integrity", "is \"none\", but the body is signed"),
        ];
        match rules.iter().find(|(broken, ..)| *broken) {
            Some((_, key, reason)) => Err(SchemeError::new(key, *reason)),
            None => self.allows(self.identity),
        }
    }
}
