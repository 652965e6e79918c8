//! The one decision.

use subtle::{Choice, ConstantTimeEq};

use super::{Digest, EventId, Hashed, Screened, Verified, lookup::Lookup};
use crate::{
    handshake,
    hash::{Piece, sha256},
    rejection::Rejection,
    scheme::{Algorithm, Identity, Part, Place},
    window,
};

impl<'s> Screened<'s> {
    /// The one decision, once it is known which content was signed, and with which key: genuine or not, and what it
    /// then is.
    pub(super) fn decide(
        &mut self,
        (content, key): (usize, usize),
        digest: Option<[u8; 32]>,
        body_hash: Option<[u8; 32]>,
        small: &[u8],
        find: impl FnOnce(&[&Lookup<'_>; 3]) -> [Option<String>; 3],
    ) -> Result<Verified<'s>, Rejection> {
        // A field that the template which matched does not sign would ride along.
        let open = self.closed.get(content) == Some(&false);
        if open || !self.covers(body_hash) {
            return Err(Rejection::BadSignature);
        }
        let found = self.found.take();
        let [id, event_type, stamp] =
            found.unwrap_or_else(|| find(&[&self.id, &self.event_type, &self.stamp]));
        self.check_stamp(stamp)?;
        let event_id = self.event_id(id);
        let answered = handshake::signed(self.source, &self.candidates, small);
        if event_id.is_none() && self.source.scheme.id_required && answered.is_none() {
            return Err(Rejection::MissingEventId);
        }
        Ok(Verified {
            answered,
            source: &self.source.name,
            identity: self.source.settings.identity,
            event_id,
            event_type: self.event_type.resolve(event_type).unwrap_or_default(),
            digest,
            key,
        })
    }

    /// Which of the contents was signed, and with which of the keys, by what the host computed.
    pub(super) fn matched(&self, hashed: &Hashed) -> Option<(usize, usize)> {
        match self.scheme.algorithm {
            Algorithm::Token => self.tokens(),
            tag if tag.is_public() => self.first(hashed.matches.iter().copied()),
            Algorithm::Hmac(_) if hashed.tags.is_empty() => {
                self.first(hashed.matches.iter().copied())
            }
            _ => self.first(hashed.tags.iter().map(|tag| self.is_sent(tag))),
        }
    }

    /// As [`Screened::matched`], for a body that is here.
    pub(super) fn matched_here(&self, body: &[u8]) -> Option<(usize, usize)> {
        let algorithm = self.scheme.algorithm;
        match algorithm {
            Algorithm::Token => self.tokens(),
            _ if algorithm.is_public() => None,
            _ => {
                let contents = self.contents.iter();
                let pairs =
                    contents.flat_map(|content| self.keys().iter().map(move |key| (content, key)));
                let tags = pairs.map(|(content, key)| algorithm.over(content, key, body));
                self.first(tags.map(|tag| self.is_sent(&tag)))
            }
        }
    }

    fn tokens(&self) -> Option<(usize, usize)> {
        let tokens = self.keys().iter().map(|key| sha256([key.expose()]));
        self.first(tokens.map(|token| self.is_sent(&token)))
    }

    /// Whether `tag` is one of the signatures. Each is compared, in a time that does not depend on where it differs.
    fn is_sent(&self, tag: &[u8]) -> bool {
        let sent = self.signatures.iter();
        sent.fold(Choice::from(0), |any, sent| any | sent.ct_eq(tag))
            .into()
    }

    /// The content and the key of the first that is genuine; all of them are looked at.
    fn first(&self, genuine: impl Iterator<Item = bool>) -> Option<(usize, usize)> {
        let keys = self.keys().len().max(1);
        let genuine = genuine.enumerate().filter(|(_, genuine)| *genuine);
        let first = genuine.fold(None, |first, (at, _)| first.or(Some(at)));
        first.map(|at| (at / keys, at % keys))
    }

    /// Whether the body is the one whose hash was signed, where the hash is what was signed.
    fn covers(&self, digest: Option<[u8; 32]>) -> bool {
        match (&self.body_hash, digest) {
            (None, _) => true,
            (Some(claimed), Some(digest)) => claimed.ct_eq(&digest[..]).into(),
            (Some(_), None) => false,
        }
    }

    /// The window, where the body says when it was signed. It may leave that out only where it is signed as
    /// a whole: nobody else could have taken it out.
    fn check_stamp(&self, found: Option<String>) -> Result<(), Rejection> {
        let Some(unit) = self.scheme.unit.filter(|_| self.stamp.in_body()) else {
            return Ok(());
        };
        match found {
            None if self.scheme.signs(&Part::Body) => Ok(()),
            None => Err(Rejection::MissingTimestamp),
            Some(text) => {
                let sent = unit.parse(&text).ok_or(Rejection::MalformedTimestamp)?;
                window::check(sent, self.now, self.source.settings.tolerance_seconds)
            }
        }
    }

    fn event_id(&mut self, found: Option<String>) -> Option<EventId> {
        let signed = if found.is_some() {
            self.body_id_signed()
        } else {
            self.id_signed
        };
        let value = self.id.resolve(found)?;
        Some(EventId { value, signed })
    }

    /// Whether an id in the body would be signed.
    fn body_id_signed(&self) -> bool {
        let mut places = self.family.id.iter();
        places.all(|place| matches!(place, Place::Header(_)) || self.scheme.signs_place(place))
    }

    /// No digest is taken where the id is certain to be there and to be signed.
    pub(super) fn digest_needed(&self) -> Digest {
        let body_only = |content: &Vec<Piece>| matches!(content.as_slice(), [] | [Piece::Body]);
        let body_only = !self.opens_body() && self.contents.iter().all(body_only);
        let certain = self.source.scheme.id_required || self.id.header.is_some();
        let signed = (!self.id.in_body() || self.body_id_signed())
            && (self.id.header.is_none() || self.id_signed);
        match self.source.settings.identity {
            Identity::None => Digest::None,
            Identity::Id | Identity::IdAndContent if certain && signed => Digest::None,
            // It says nothing of what is sent with it.
            _ if self.scheme.is_credential() => Digest::Body,
            // What is not signed of a body could be changed for ever; where its hash is signed, the same
            // content may also be sent as a form.
            _ if self.opens_body() || self.body_hash.is_some() => Digest::Content,
            // Without an id a retry is known by its body alone, since it may be signed anew.
            Identity::IdAndContent if !body_only && self.id.is_possible() => Digest::Content,
            Identity::Id | Identity::IdAndContent | Identity::Content => Digest::Body,
        }
    }
}
