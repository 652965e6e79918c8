//! The second phase: the body, and the one decision.

use std::io::Read;

use subtle::{Choice, ConstantTimeEq};

use super::{Digest, EventId, Hashed, Needs, Verified};
use crate::{
    fields::{self, Found, Pointer},
    hash::{Hash, Piece, sha256},
    rejection::Rejection,
    scheme::{Algorithm, Identity, Part},
    secret::Secret,
    source::Source,
};

/// A request whose headers are in order. Only its body can still be wrong.
#[derive(Debug)]
#[must_use = "nothing is verified yet"]
pub struct Screened<'s> {
    pub(super) source: &'s Source,
    pub(super) signatures: Vec<Vec<u8>>,
    pub(super) content: Vec<Piece>,
    pub(super) declared: Option<u64>,
    pub(super) id: Lookup<'s>,
    pub(super) event_type: Lookup<'s>,
}

/// Where in the body something may be, and what the headers say in case it is not there.
#[derive(Debug, Default)]
pub(super) struct Lookup<'s> {
    pub(super) pointers: Vec<&'s Pointer>,
    pub(super) header: Option<String>,
}

impl Screened<'_> {
    /// The signed content in order.
    pub fn content(&self) -> &[Piece] {
        &self.content
    }

    /// The keys, any of which may have signed.
    pub fn keys(&self) -> &[Secret] {
        &self.source.keys
    }

    /// What has to be computed.
    pub fn needs(&self) -> Needs {
        let mac = match self.source.scheme.algorithm {
            Algorithm::Hmac(hash) => Some(hash),
            Algorithm::Token => None,
        };
        Needs {
            mac,
            digest: self.digest_needed(),
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
        if received > self.source.settings.max_body_bytes {
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
    /// Those of [`Screened::check_length`], [`Rejection::BadSignature`], and
    /// [`Rejection::MissingEventId`] where only the body could have told.
    pub fn verify(self, body: &[u8]) -> Result<Verified, Rejection> {
        self.check_length(body.len() as u64)?;
        let needs = self.needs();
        let mac = |hash: Hash| {
            let keys = self.keys().iter();
            keys.map(|key| hash.mac(key.expose(), &self.content, body))
                .collect()
        };
        let macs: Vec<_> = needs.mac.map(mac).unwrap_or_default();
        let digest = || match needs.digest {
            Digest::None => None,
            Digest::Body => Some(sha256([body])),
            Digest::Content => Some(sha256(self.content.iter().map(|piece| piece.bytes(body)))),
        };
        self.decide(&macs, digest, |wanted| fields::in_slice(body, wanted))
    }

    /// Decides over a body that stays with the host, by what the host computed. `body` is read in
    /// chunks from its start, and only as far as the id and the type need.
    ///
    /// # Errors
    ///
    /// As [`Screened::verify`]; [`Rejection::Internal`] where `hashed` lacks what was needed.
    pub fn verify_with(self, hashed: &Hashed, body: impl Read) -> Result<Verified, Rejection> {
        self.check_length(hashed.length)?;
        let needs = self.needs();
        let macs_lack = needs.mac.is_some() && hashed.macs.len() != self.keys().len();
        let digest_lacks = needs.digest != Digest::None && hashed.digest.is_none();
        if macs_lack || digest_lacks {
            return Err(Rejection::Internal);
        }
        self.decide(
            &hashed.macs,
            || hashed.digest.filter(|_| needs.digest != Digest::None),
            |wanted| fields::in_reader(body, wanted),
        )
    }

    /// The one decision: genuine or not, and what it then is.
    fn decide(
        &self,
        macs: &[Vec<u8>],
        digest: impl FnOnce() -> Option<[u8; 32]>,
        find: impl FnOnce([&[&Pointer]; 2]) -> [Option<Found>; 2],
    ) -> Result<Verified, Rejection> {
        if !self.genuine(macs) {
            return Err(Rejection::BadSignature);
        }
        let [id, event_type] = find([&self.id.pointers, &self.event_type.pointers]);
        let event_id = self.event_id(id);
        if event_id.is_none() && self.source.scheme.id_required {
            return Err(Rejection::MissingEventId);
        }
        Ok(Verified {
            source: self.source.name.clone(),
            identity: self.source.settings.identity,
            event_id,
            event_type: self.event_type.resolve(event_type).unwrap_or_default(),
            digest: digest(),
        })
    }

    /// Whether any signature is one that any key makes. Every pair is compared, each in a time that
    /// does not depend on where it differs.
    fn genuine(&self, macs: &[Vec<u8>]) -> bool {
        let tokens: Vec<Vec<u8>>;
        let expected = match self.source.scheme.algorithm {
            Algorithm::Hmac(_) => macs,
            Algorithm::Token => {
                tokens = self
                    .keys()
                    .iter()
                    .map(|key| sha256([key.expose()]).to_vec())
                    .collect();
                &tokens
            }
        };
        let pairs = self
            .signatures
            .iter()
            .flat_map(|sent| expected.iter().map(move |mac| (sent, mac)));
        pairs
            .fold(Choice::from(0), |any, (sent, mac)| any | sent.ct_eq(mac))
            .into()
    }

    fn event_id(&self, found: Option<Found>) -> Option<EventId> {
        let signed = if found.is_some() {
            Part::Body
        } else {
            Part::Id
        };
        let value = self.id.resolve(found)?;
        Some(EventId {
            value,
            signed: self.source.scheme.signs(&signed),
        })
    }

    /// No digest is taken where the id is certain to be there and to be signed.
    fn digest_needed(&self) -> Digest {
        let scheme = &self.source.scheme;
        let body_only = matches!(self.content.as_slice(), [] | [Piece::Body]);
        let certain = scheme.id_required || self.id.header.is_some();
        let signed = (self.id.pointers.is_empty() || scheme.signs(&Part::Body))
            && (self.id.header.is_none() || scheme.signs(&Part::Id));
        match self.source.settings.identity {
            Identity::None => Digest::None,
            Identity::Id | Identity::IdAndContent if certain && signed => Digest::None,
            Identity::IdAndContent if !body_only => Digest::Content,
            Identity::Id | Identity::IdAndContent | Identity::Content => Digest::Body,
        }
    }
}

impl Lookup<'_> {
    /// What the body said, or else the header.
    fn resolve(&self, found: Option<Found>) -> Option<String> {
        found
            .map(|found| found.text)
            .or_else(|| self.header.clone())
    }
}
