//! Where the keys come from.

use super::{At, Place, SchemeError, family};

/// Where the keys come from.
#[derive(Clone, Copy, Debug)]
pub enum KeySource<'a> {
    /// They are the source's secrets.
    Secrets,
    /// The provider hands a secret over itself, which is taken while an administrator has armed the source
    /// (see [`Proof::Armed`](super::Proof::Armed)). Where the config names secrets, they are the keys.
    Handed,
    /// An X.509 certificate at a URL that the request names.
    Certificate {
        /// Where the URL is.
        at: At<'a>,
        /// What it must be like: see [`is_like`].
        urls: &'a [&'a str],
    },
    /// A JSON Web Key ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)) that the JWT names by its `kid`:
    /// the answer is a set of keys, or holds it as `key`. `${KEY}` is what the source's config has under
    /// that key.
    Fetched {
        /// The URL.
        url: &'a str,
        /// The JSON that is posted there, with `${secret}` for the source's secret and `${kid}` for the
        /// name of the key; empty where the URL is only read.
        post: &'a str,
    },
}

/// A [`KeySource`] that owns its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysFrom {
    /// See [`KeySource::Secrets`].
    Secrets,
    /// See [`KeySource::Handed`].
    Handed,
    /// See [`KeySource::Certificate`].
    Certificate(Place, Vec<String>),
    /// See [`KeySource::Fetched`]: the URL, and what is posted.
    Fetched(String, String),
}

impl KeysFrom {
    pub(super) fn of(source: KeySource<'_>) -> Result<Self, SchemeError> {
        Ok(match source {
            KeySource::Secrets => Self::Secrets,
            KeySource::Handed => Self::Handed,
            KeySource::Certificate { at, urls } => {
                let urls = urls.iter().map(|&url| url.to_owned()).collect();
                Self::Certificate(family::place(at, "keys.certificate")?, urls)
            }
            KeySource::Fetched { url, post } => Self::Fetched(url.to_owned(), post.to_owned()),
        })
    }

    /// Whether the keys are fetched.
    pub fn are_fetched(&self) -> bool {
        matches!(self, Self::Certificate(..) | Self::Fetched(..))
    }
}

/// Whether `url` is like `pattern`: the same text, where `*` stands for one or more of `A-Z a-z 0-9 -`,
/// `{region}` for a region of AWS such as `us-gov-west-1`, and at the pattern's end `**` for any printable ASCII.
/// So no pattern lets a host, a port or a path through that it does not write out. A region is no `*`, since
/// `sns.s3.amazonaws.com` and `sns.s3-us-west-2.amazonaws.com` are somebody's buckets.
pub fn is_like(pattern: &str, url: &str) -> bool {
    let (mut pattern, mut rest) = (pattern, url);
    loop {
        let Some((literal, wild)) = pattern
            .find(['*', '{'])
            .and_then(|at| pattern.split_at_checked(at))
        else {
            return pattern == rest;
        };
        let Some(after) = rest.strip_prefix(literal) else {
            return false;
        };
        if wild == "**" {
            return after.bytes().all(|byte| byte.is_ascii_graphic());
        }
        let name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let run = after.bytes().take_while(name).count();
        let Some((name, after)) = after.split_at_checked(run).filter(|_| run > 0) else {
            return false;
        };
        let next = match wild.strip_prefix("{region}") {
            Some(next) if is_region(name) => Some(next),
            Some(_) => None,
            None => wild.strip_prefix('*'),
        };
        let Some(next) = next else {
            return false;
        };
        (pattern, rest) = (next, after);
    }
}

/// Words of lower-case letters, and a number last.
fn is_region(name: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    name.rsplit_once('-').is_some_and(|(words, number)| {
        words.contains('-')
            && words.split('-').all(word)
            && (1..=2).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}
