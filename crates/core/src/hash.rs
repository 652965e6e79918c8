//! Digests and MACs over content that is given in pieces.

use std::{ops::Deref, sync::Arc};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512, digest::Output};

/// One piece of the content that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The request's body, just as it came.
    Body,
    /// The secret.
    Secret,
}

impl Piece {
    /// The bytes of this piece.
    pub fn bytes<'a>(&'a self, body: &'a [u8], secret: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Body => body,
            Self::Secret => secret,
        }
    }
}

/// A hash function, as HMAC uses it ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1: broken for collisions, sound inside HMAC.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// The name that Web Cryptography gives it.
    pub fn web_name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The length of its output in bytes.
    pub fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The HMAC of `pieces` under `key`.
    pub fn mac(self, key: &[u8], pieces: &[Piece], body: &[u8]) -> Vec<u8> {
        self.tag(key, pieces, body).to_vec()
    }

    /// As [`Hash::mac`], where it is only compared.
    pub(crate) fn tag(self, key: &[u8], pieces: &[Piece], body: &[u8]) -> Tag {
        let keyed = self.keyed(key);
        keyed.map_or_else(|| Tag::of(&[]), |keyed| keyed.mac(key, pieces, body))
    }

    /// The HMAC that has taken `key` in. It takes a key of any length, so there always is one.
    pub(crate) fn keyed(self, key: &[u8]) -> Option<Arc<dyn Keyed>> {
        match self {
            Self::Sha1 => keyed::<Hmac<Sha1>>(key),
            Self::Sha256 => keyed::<Hmac<Sha256>>(key),
            Self::Sha384 => keyed::<Hmac<Sha384>>(key),
            Self::Sha512 => keyed::<Hmac<Sha512>>(key),
        }
    }

    /// The digest of the parts, one after the other.
    pub fn digest<'a>(self, parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        match self {
            Self::Sha1 => digest::<Sha1>(parts).to_vec(),
            Self::Sha256 => digest::<Sha256>(parts).to_vec(),
            Self::Sha384 => digest::<Sha384>(parts).to_vec(),
            Self::Sha512 => digest::<Sha512>(parts).to_vec(),
        }
    }
}

fn digest<'a, D: Digest>(parts: impl IntoIterator<Item = &'a [u8]>) -> Output<D> {
    let mut hash = D::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize()
}

/// What an HMAC or a hash gives, of whatever length.
pub(crate) struct Tag {
    bytes: [u8; 64],
    length: usize,
}

impl Tag {
    /// These bytes; no hash gives more than there is room for.
    pub(crate) fn of(output: &[u8]) -> Self {
        let mut bytes = [0; 64];
        if let Some(bytes) = bytes.get_mut(..output.len()) {
            bytes.copy_from_slice(output);
        }
        let length = output.len();
        Self { bytes, length }
    }
}

impl Deref for Tag {
    type Target = [u8];

    /// Nothing where it would be too long, which equals no signature.
    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// An HMAC that has taken its key in, so that a message costs no more than itself.
pub(crate) trait Keyed: Send + Sync {
    /// The HMAC of `pieces`; `key` is the key once more, should they hold it.
    fn mac(&self, key: &[u8], pieces: &[Piece], body: &[u8]) -> Tag;
}

impl<M: Mac + Clone + Send + Sync> Keyed for M {
    fn mac(&self, key: &[u8], pieces: &[Piece], body: &[u8]) -> Tag {
        let mut mac = self.clone();
        for piece in pieces {
            mac.update(piece.bytes(body, key));
        }
        Tag::of(&mac.finalize().into_bytes())
    }
}

fn keyed<M: Keyed + KeyInit + 'static>(key: &[u8]) -> Option<Arc<dyn Keyed>> {
    let mac = <M as KeyInit>::new_from_slice(key).ok()?;
    Some(Arc::new(mac))
}

/// The SHA-256 of some bytes, in hex.
pub fn hex(bytes: &[u8]) -> String {
    crate::encoding::Encoding::Hex.encode(&sha256([bytes]))
}

/// The SHA-256 of the parts, one after the other.
pub fn sha256<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    digest::<Sha256>(parts).into()
}
