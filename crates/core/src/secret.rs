//! Keys, which nothing prints.

use std::{fmt, sync::Arc};

use crate::{
    encoding::Encoding,
    hash::{Hash, Keyed, Piece, Tag},
    scheme::{Algorithm, Key},
};

/// A key, decoded. Its `Debug` says nothing about it.
#[derive(Clone)]
pub struct Secret {
    key: Vec<u8>,
    /// The HMAC that has taken it in, where it is known which it is for.
    keyed: Option<(Hash, Arc<dyn Keyed>)>,
}

/// How a secret's text becomes a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRule {
    /// What the text is once a prefix is off.
    pub form: Encoding,
    /// Prefixes that may stand before it; the first that matches is taken off.
    pub strip: Vec<String>,
    /// What the text is where no prefix stands before it; none where there must be one.
    pub bare: Option<Encoding>,
    /// What the bytes are hashed with before they are the key.
    pub hash: Option<Hash>,
}

impl From<Key<'_>> for KeyRule {
    fn from(key: Key<'_>) -> Self {
        Self {
            form: key.form,
            strip: key.strip.iter().map(|&prefix| prefix.to_owned()).collect(),
            bare: key.bare,
            hash: key.hash,
        }
    }
}

/// Why a secret's text is no key. It tells nothing of the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretError {
    /// There is no key in it.
    Empty,
    /// It is not in the form that the scheme's keys have.
    Undecodable,
}

impl Secret {
    /// Decodes `text` as `rule` says.
    ///
    /// # Errors
    ///
    /// [`SecretError::Empty`] where no byte of key is left, since an empty key signs what anyone can sign;
    /// [`SecretError::Undecodable`] where the text is not in the rule's form.
    pub fn decode(text: &str, rule: &KeyRule) -> Result<Self, SecretError> {
        let bare = rule
            .strip
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix.as_str()));
        let key = match bare {
            Some(bare) => rule.form.decode(bare),
            None => rule.bare.and_then(|form| form.decode(text)),
        };
        let key = key.ok_or(SecretError::Undecodable)?;
        if key.is_empty() {
            return Err(SecretError::Empty);
        }
        Ok(Self {
            key: match rule.hash {
                Some(hash) => hash.digest([key.as_slice()]),
                None => key,
            },
            keyed: None,
        })
    }

    /// With what `algorithm` makes of it once and for all.
    pub(crate) fn keyed(self, algorithm: Algorithm) -> Self {
        let keyed = match algorithm {
            Algorithm::Hmac(hash) => hash.keyed(&self.key).map(|keyed| (hash, keyed)),
            _ => None,
        };
        Self { keyed, ..self }
    }

    /// The HMAC of `pieces` under this key.
    pub(crate) fn mac(&self, hash: Hash, pieces: &[Piece], body: &[u8]) -> Tag {
        match &self.keyed {
            Some((of, keyed)) if *of == hash => keyed.mac(&self.key, pieces, body),
            _ => hash.tag(&self.key, pieces, body),
        }
    }

    /// The key's bytes, for whoever computes with them.
    pub fn expose(&self) -> &[u8] {
        &self.key
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::Undecodable => "is not in the form that the scheme's keys have",
        })
    }
}

impl std::error::Error for SecretError {}
