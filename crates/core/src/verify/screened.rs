//! The second phase: the body, and the one decision.

use std::{borrow::Cow, io::Read};

use super::{
    Digest, Hashed, Needs, Verified, WantedKey,
    lookup::{self, Lookup},
    opening::Kept,
};
use crate::{
    handshake::{self, Candidate},
    hash::{Piece, Tag, sha256},
    rejection::Rejection,
    scheme::{Algorithm, Family, Scheme},
    secret::Secret,
    source::Source,
};

/// The largest body that is taken apart before its signature is checked, in bytes.
pub const MAX_OPENED: u64 = 1024 * 1024;

/// A request whose headers are in order. Only its body can still be wrong.
#[derive(Clone, Debug)]
#[must_use = "nothing is verified yet"]
pub struct Screened<'s> {
    pub(super) source: &'s Source,
    /// The way it was signed in, and its place among the scheme's ways.
    pub(super) scheme: &'s Scheme,
    pub(super) way: usize,
    /// Any of them may have signed.
    pub(super) keys: Cow<'s, [Secret]>,
    /// The key to be fetched, once it is known which.
    pub(super) wanted: Option<Box<WantedKey>>,
    /// What it may be beside a webhook.
    pub(super) candidates: Vec<Candidate<'s>>,
    /// What an opened body says of id, type and time.
    pub(super) found: Option<[Option<String>; 3]>,
    pub(super) family: &'s Family,
    pub(super) signatures: Vec<Vec<u8>>,
    /// Empty until the body is here, where it has to be taken apart.
    pub(super) contents: Vec<Vec<Piece>>,
    pub(super) kept: Option<Box<Kept>>,
    /// For each content of a form that has to be signed as a whole, whether it is.
    pub(super) closed: Vec<bool>,
    pub(super) body_hash: Option<Vec<u8>>,
    pub(super) declared: Option<u64>,
    pub(super) form: bool,
    /// Whether only the form of a JSON body says where the query ends. In a query without braces and
    /// brackets and a body that begins with one nothing can be moved from one to the other.
    pub(super) blurred: bool,
    pub(super) now: u64,
    /// Where in the body the time of signing is.
    pub(super) stamp: Lookup<'s>,
    pub(super) id: Lookup<'s>,
    /// Whether the signature covers the header that the id may be in.
    pub(super) id_signed: bool,
    pub(super) event_type: Lookup<'s>,
}

impl<'s> Screened<'s> {
    /// The signed contents, a signature over any of which will do, each in order.
    pub fn contents(&self) -> &[Vec<Piece>] {
        &self.contents
    }

    /// The source's secrets, any of which may have signed; where the key is fetched, what else the content
    /// may hold.
    pub fn keys(&self) -> &[Secret] {
        &self.keys
    }

    /// The signatures, decoded.
    pub fn signatures(&self) -> &[Vec<u8>] {
        &self.signatures
    }

    /// The place of the way it was signed in among its scheme's.
    pub fn way(&self) -> usize {
        self.way
    }

    /// The key that has to be fetched. Where the body says which, it has to be opened first.
    pub fn wanted_key(&self) -> Option<&WantedKey> {
        self.wanted.as_deref()
    }

    /// With these keys in the place of the source's.
    pub fn with_keys(self, keys: Vec<Secret>) -> Self {
        Self {
            keys: Cow::Owned(keys),
            ..self
        }
    }

    /// Whether `text` is a key in the way that it was signed in.
    pub fn takes_key(&self, text: &str) -> bool {
        Secret::decode(text, &self.scheme.key).is_ok()
    }

    /// Whether the body has to be [opened](Screened::open) before anything can be computed.
    pub fn opens_body(&self) -> bool {
        self.kept.is_some()
    }

    /// Whether only the host can verify.
    pub fn needs_host(&self) -> bool {
        self.scheme.algorithm.is_public()
    }

    /// What has to be computed.
    pub fn needs(&self) -> Needs {
        Needs {
            tag: self.scheme.algorithm,
            digest: self.digest_needed(),
            body_hash: self.body_hash.is_some(),
        }
    }

    /// Checks how many bytes came: against the source's limit, and against what was declared.
    ///
    /// The edge may ask earlier, while it counts: a body that has passed the limit will not shrink.
    ///
    /// # Errors
    ///
    /// [`Rejection::BodyTooLarge`] or [`Rejection::BodyIncomplete`].
    pub fn check_length(&self, received: u64) -> Result<(), Rejection> {
        let most = self.source.settings.max_body_bytes;
        if received > most || (self.opens_body() && received > MAX_OPENED) {
            return Err(Rejection::BodyTooLarge);
        }
        match self.declared {
            Some(declared) if declared != received => Err(Rejection::BodyIncomplete),
            _ => Ok(()),
        }
    }

    /// Decides over a body that is here.
    ///
    /// # Errors
    ///
    /// Those of [`Screened::check_length`], [`Rejection::BadSignature`], and whatever only the body could
    /// have told: [`Rejection::MissingEventId`], those of a time that it holds, and where it holds the
    /// signature also those of a header.
    pub fn verify(mut self, body: &[u8]) -> Result<Verified<'s>, Rejection> {
        self.open(body)?;
        let matched = self.matched_here(body).ok_or(Rejection::BadSignature)?;
        let content =
            |pieces: &Vec<Piece>| sha256(pieces.iter().map(|piece| piece.bytes(body, b"")));
        // What was signed is the same in every replay; what another template makes of it need not be.
        let digest = match self.digest_needed() {
            Digest::None => None,
            Digest::Body => Some(sha256([body])),
            Digest::Content => self.contents.get(matched.0).map(content),
        };
        let body_hash = self.body_hash.is_some().then(|| sha256([body]));
        let small = match body.len() as u64 > handshake::MAX_BODY {
            true => &[],
            false => body,
        };
        self.decide(matched, digest, body_hash, small, |wanted| {
            lookup::in_slice(body, None, wanted)
        })
    }

    /// Whether the host has found a signature that is one, as far as it has come: what has none needs no digest.
    pub fn is_signed(&self, hashed: &Hashed) -> bool {
        self.matched(hashed).is_some()
    }

    /// Decides over a body that stays with the host, by what the host computed. `body` is read in
    /// chunks from its start, and only as far as the id and the type need.
    ///
    /// # Errors
    ///
    /// As [`Screened::verify`]; [`Rejection::Internal`] where `hashed` lacks what was needed, or the body
    /// has to be opened and was not.
    pub fn verify_with(
        mut self,
        hashed: &Hashed,
        mut body: impl Read,
    ) -> Result<Verified<'s>, Rejection> {
        self.check_length(hashed.length)?;
        let mut first = [0];
        let read = if self.blurred {
            body.read(&mut first)
        } else {
            Ok(0)
        };
        let first = first.get(..read.unwrap_or(0)).unwrap_or_default();
        self.check_border(first.first())?;
        let body = first.chain(body);
        let needs = self.needs();
        let pairs = self.contents.len() * self.keys().len().max(1);
        let tags_lack = match needs.tag {
            Algorithm::Token => false,
            tag if tag.is_public() => hashed.matches.len() != pairs,
            Algorithm::Hmac(_) if hashed.tags.is_empty() => hashed.matches.len() != pairs,
            _ => hashed.tags.len() != pairs,
        };
        let unopened = self.opens_body() && self.contents.is_empty();
        let digests = match needs.digest {
            Digest::None => 0,
            Digest::Body => 1,
            Digest::Content => self.contents.len(),
        };
        let digests_lack = hashed.digests.len() < digests;
        let hash_lacks = needs.body_hash && hashed.body_hash.is_none();
        if tags_lack || unopened {
            return Err(Rejection::Internal);
        }
        let matched = self.matched(hashed).ok_or(Rejection::BadSignature)?;
        if digests_lack || hash_lacks {
            return Err(Rejection::Internal);
        }
        let digest = match needs.digest {
            Digest::None => None,
            Digest::Body => hashed.digests.first().copied(),
            Digest::Content => hashed.digests.get(matched.0).copied(),
        };
        if !self.candidates.is_empty() && hashed.length <= handshake::MAX_BODY {
            let mut small = vec![0; usize::try_from(hashed.length).unwrap_or_default()];
            let mut body = body;
            // What cannot be read holds no handshake.
            let _ = body.read_exact(&mut small);
            return self.decide(matched, digest, hashed.body_hash, &small, |wanted| {
                lookup::in_slice(&small, None, wanted)
            });
        }
        self.decide(matched, digest, hashed.body_hash, &[], |wanted| {
            lookup::in_reader(body, wanted)
        })
    }

    /// See [`Screened::blurred`].
    pub(super) fn check_border(&self, first: Option<&u8>) -> Result<(), Rejection> {
        match first {
            Some(b'{' | b'[') | None => Ok(()),
            Some(_) if self.blurred => Err(Rejection::BadSignature),
            Some(_) => Ok(()),
        }
    }
}

impl Algorithm {
    /// What this makes of `content`, whose body is `body`.
    pub(crate) fn over(self, content: &[Piece], key: &Secret, body: &[u8]) -> Tag {
        match self {
            Self::Hmac(hash) => key.mac(hash, content, body),
            Self::Plain(hash) => {
                let pieces = content.iter();
                Tag::of(&hash.digest(pieces.map(|piece| piece.bytes(body, key.expose()))))
            }
            _ => Tag::of(&[]),
        }
    }
}
