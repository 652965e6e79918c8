//! Keys that have to be fetched: from where, and what of an answer is the key.

use serde_json::Value;

use super::{Head, jwt::Jwt};
use crate::{
    certificate, handshake, json,
    rejection::Rejection,
    scheme::{KeysFrom, Opened, Place, Scheme, is_like},
    source::Source,
};

/// A key that has to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedKey {
    /// Where from.
    pub url: String,
    /// The JSON to post there; nothing where the URL is only read.
    pub post: Option<String>,
    /// The name of the key among those that are there; none where a certificate is.
    pub kid: Option<String>,
}

/// What is wrong with what was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It is not what it should be.
    Unreadable,
    /// It has no key of this name.
    Unknown,
    /// Its key is no longer good, or not yet.
    Expired,
}

/// A key that the host can import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// A SubjectPublicKeyInfo.
    Spki(Vec<u8>),
    /// A JSON Web Key.
    Jwk(String),
}

impl WantedKey {
    /// The key in what was fetched. `now` is in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// Where there is none that is good.
    pub fn read(&self, fetched: &str, now: u64) -> Result<Imported, KeyError> {
        let Some(kid) = &self.kid else {
            return certificate::public_key(fetched, now).map(Imported::Spki);
        };
        let answer: Value =
            serde_json::from_slice(fetched.as_bytes()).map_err(|_| KeyError::Unreadable)?;
        let known = match (answer.get("keys"), answer.get("key")) {
            (Some(Value::Array(keys)), _) => keys.as_slice(),
            (None, Some(key)) => std::slice::from_ref(key),
            _ => return Err(KeyError::Unreadable),
        };
        let named = |key: &&Value| key.get("kid").and_then(Value::as_str) == Some(kid);
        let key = known.iter().find(named).ok_or(KeyError::Unknown)?;
        // Where a key has an end, it has been taken out of use.
        if key.get("expired_at").is_some_and(|end| !end.is_null()) {
            return Err(KeyError::Expired);
        }
        Ok(Imported::Jwk(public(key)))
    }
}

/// The members of a public key, and no others: what else stands there may be more than the host understands.
fn public(key: &Value) -> String {
    let mut jwk = String::new();
    for name in ["kty", "crv", "x", "y", "n", "e"] {
        if let Some(value) = key.get(name).and_then(Value::as_str) {
            let before = if jwk.is_empty() { '{' } else { ',' };
            let value = json::text(value);
            jwk.push_str(&format!("{before}\"{name}\":{value}"));
        }
    }
    jwk.push('}');
    jwk
}

/// The key that a request wants, as far as its head says which.
pub(super) fn wanted(
    source: &Source,
    scheme: &Scheme,
    head: &Head<'_>,
    jwt: Option<&Jwt>,
) -> Result<Option<WantedKey>, Rejection> {
    match &scheme.keys_from {
        KeysFrom::Certificate(Place::Header(name), urls) => {
            at_url(head.headers.get(name), urls).map(Some)
        }
        KeysFrom::Fetched(url, post) => {
            let kid = jwt
                .and_then(|jwt| jwt.kid.clone())
                .filter(|kid| kid.len() <= MAX_KID);
            let kid = kid.ok_or(Rejection::UndecodableSignature)?;
            let known = |name: &str| match name {
                "kid" => Some(kid.clone()),
                "secret" => {
                    let key = source.keys.first()?.first()?;
                    String::from_utf8(key.expose().to_vec()).ok()
                }
                _ => source.values(name).first().cloned(),
            };
            let fill = |text: &str| handshake::fill(text, !text.starts_with("https"), &known);
            let url = fill(url).ok_or(Rejection::Misconfigured)?;
            let post = match post.as_str() {
                "" => None,
                post => Some(fill(post).ok_or(Rejection::Misconfigured)?),
            };
            Ok(Some(WantedKey {
                url,
                post,
                kid: Some(kid),
            }))
        }
        _ => Ok(None),
    }
}

/// The certificate that an opened body names.
pub(super) fn in_body(
    scheme: &Scheme,
    opened: &Opened<'_>,
) -> Result<Option<WantedKey>, Rejection> {
    match &scheme.keys_from {
        KeysFrom::Certificate(place @ (Place::Json(_) | Place::Form(_)), urls) => {
            at_url(opened.at(place), urls).map(Some)
        }
        _ => Ok(None),
    }
}

/// The longest name of a key, in bytes.
const MAX_KID: usize = 256;

/// A certificate where the provider keeps its own, and nowhere else.
fn at_url(url: Option<&str>, urls: &[String]) -> Result<WantedKey, Rejection> {
    let url = url.ok_or(Rejection::MissingSignature)?;
    if !urls.iter().any(|pattern| is_like(pattern, url)) {
        return Err(Rejection::Unexpected);
    }
    Ok(WantedKey {
        url: url.to_owned(),
        post: None,
        kid: None,
    })
}
