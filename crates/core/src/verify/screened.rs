//! The second phase: the body, and the one decision.

use std::io::Read;

use subtle::{Choice, ConstantTimeEq};

use super::{
    Digest, EventId, Hashed, Needs, Verified,
    lookup::{self, Lookup},
    ways,
};
use crate::{
    form::Form,
    hash::{Piece, sha256},
    headers::Headers,
    rejection::Rejection,
    scheme::{Algorithm, Facts, Family, Identity, Integrity, Opened, Part, Place, Scheme},
    secret::Secret,
    source::Source,
    window,
};

/// The largest body that is taken apart before its signature is checked, in bytes.
pub const MAX_OPENED: u64 = 1024 * 1024;

/// A request whose headers are in order. Only its body can still be wrong.
#[derive(Debug)]
#[must_use = "nothing is verified yet"]
pub struct Screened<'s> {
    pub(super) source: &'s Source,
    /// The way it was signed in.
    pub(super) scheme: &'s Scheme,
    pub(super) family: &'s Family,
    pub(super) signatures: Vec<Vec<u8>>,
    /// Empty until the body is here, where it has to be taken apart.
    pub(super) contents: Vec<Vec<Piece>>,
    pub(super) kept: Option<Kept>,
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

/// What the headers say, for a content that cannot be put together yet.
#[derive(Debug)]
pub(super) struct Kept {
    timestamp: String,
    id: String,
    url: String,
    method: String,
    signature: String,
    headers: String,
}

impl Kept {
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        Self {
            timestamp: facts.timestamp.to_owned(),
            id: facts.id.to_owned(),
            url: facts.url.to_owned(),
            method: facts.method.to_owned(),
            signature: facts.signature.to_owned(),
            headers: facts.headers.flat().to_owned(),
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            timestamp: &self.timestamp,
            id: &self.id,
            url: &self.url,
            method: &self.method,
            headers: Headers::new(&self.headers),
            signature: &self.signature,
        }
    }
}

impl Screened<'_> {
    /// The signed contents, a signature over any of which will do, each in order.
    pub fn contents(&self) -> &[Vec<Piece>] {
        &self.contents
    }

    /// The keys, any of which may have signed.
    pub fn keys(&self) -> &[Secret] {
        &self.source.keys
    }

    /// Whether the body must be here as a whole: only [`Screened::verify`] can decide then.
    pub fn opens_body(&self) -> bool {
        self.kept.is_some()
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
    pub fn verify(mut self, body: &[u8]) -> Result<Verified, Rejection> {
        self.check_length(body.len() as u64)?;
        self.check_border(body.first())?;
        let opened = self
            .opens_body()
            .then(|| Opened::new(self.scheme, body, self.form));
        if let Some(opened) = &opened {
            self.open(opened)?;
        }
        let needs = self.needs();
        let tags: Vec<_> = self.pairs(|content, key| needs.tag.over(content, key.expose(), body));
        let content =
            |pieces: &Vec<Piece>| sha256(pieces.iter().map(|piece| piece.bytes(body, b"")));
        let hashed = Hashed {
            length: body.len() as u64,
            tags,
            digests: match needs.digest {
                Digest::None => Vec::new(),
                Digest::Body => vec![sha256([body])],
                Digest::Content => self.contents.iter().map(content).collect(),
            },
            body_hash: needs.body_hash.then(|| sha256([body])),
        };
        let form = opened.as_ref().and_then(|opened| opened.form.as_ref());
        self.decide(needs.digest, &hashed, |wanted| {
            lookup::in_slice(body, form, wanted)
        })
    }

    /// Decides over a body that stays with the host, by what the host computed. `body` is read in
    /// chunks from its start, and only as far as the id and the type need.
    ///
    /// # Errors
    ///
    /// As [`Screened::verify`]; [`Rejection::Internal`] where `hashed` lacks what was needed, or the body
    /// must be here.
    pub fn verify_with(self, hashed: &Hashed, mut body: impl Read) -> Result<Verified, Rejection> {
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
        let tags_lack = hashed.tags.len() != self.pairs(|_, _| ()).len();
        let digests = match needs.digest {
            Digest::None => 0,
            Digest::Body => 1,
            Digest::Content => self.contents.len(),
        };
        let digests_lack = hashed.digests.len() < digests;
        let hash_lacks = needs.body_hash && hashed.body_hash.is_none();
        if tags_lack || digests_lack || hash_lacks || self.opens_body() {
            return Err(Rejection::Internal);
        }
        self.decide(needs.digest, hashed, |wanted| {
            lookup::in_reader(body, wanted)
        })
    }

    /// See [`Screened::blurred`].
    fn check_border(&self, first: Option<&u8>) -> Result<(), Rejection> {
        match first {
            Some(b'{' | b'[') | None => Ok(()),
            Some(_) if self.blurred => Err(Rejection::BadSignature),
            Some(_) => Ok(()),
        }
    }

    /// Something for each content and key, the keys of one content beside each other; nothing where the
    /// header carries the secret itself.
    fn pairs<T>(&self, each: impl Fn(&[Piece], &Secret) -> T) -> Vec<T> {
        if self.scheme.algorithm == Algorithm::Token {
            return Vec::new();
        }
        let keys = self.keys();
        let contents = self.contents.iter();
        let pairs = contents.flat_map(|content| keys.iter().map(move |key| (content, key)));
        pairs.map(|(content, key)| each(content, key)).collect()
    }

    /// Takes out of the body what was signed, or the signature, where it stands in it.
    fn open(&mut self, opened: &Opened<'_>) -> Result<(), Rejection> {
        let Some(kept) = &self.kept else {
            return Ok(());
        };
        let form = opened.form.as_ref();
        let text = match &self.family.signature {
            Place::Header(_) => None,
            Place::Json(pointer) => Some(opened.value(pointer)),
            Place::Form(name) => Some(form.and_then(|form| form.last(name))),
        };
        if let Some(text) = text {
            let text = text.filter(|text| !text.is_empty());
            let text = text.ok_or(Rejection::MissingSignature)?;
            self.signatures = ways::decode(self.scheme, text)?;
        }
        if form.is_some_and(|form| !form.is_whole()) {
            return Err(Rejection::BadSignature);
        }
        let all = self.source.scheme.integrity == Integrity::Body;
        if let Some(form) = form.filter(|_| all && self.form) {
            let templates = self.scheme.signed.iter();
            let closed = templates.map(|signed| closed(signed, self.family, form));
            self.closed = closed.collect();
        }
        self.contents = self.scheme.contents(&kept.facts(), Some(opened))?;
        Ok(())
    }

    /// The one decision: genuine or not, and what it then is.
    fn decide(
        &self,
        digest: Digest,
        hashed: &Hashed,
        find: impl FnOnce(&[&Lookup<'_>; 3]) -> [Option<String>; 3],
    ) -> Result<Verified, Rejection> {
        let Some(matched) = self.matched(&hashed.tags) else {
            return Err(Rejection::BadSignature);
        };
        // A field that the template which matched does not sign would ride along.
        let open = self.closed.get(matched) == Some(&false);
        if open || !self.covers(hashed.body_hash) {
            return Err(Rejection::BadSignature);
        }
        // What was signed is the same in every replay; what another template makes of it need not be.
        let digest = match digest {
            Digest::None => None,
            Digest::Body => hashed.digests.first().copied(),
            Digest::Content => hashed.digests.get(matched).copied(),
        };
        let [id, event_type, stamp] = find(&[&self.id, &self.event_type, &self.stamp]);
        self.check_stamp(stamp)?;
        let event_id = self.event_id(id);
        if event_id.is_none() && self.source.scheme.id_required {
            return Err(Rejection::MissingEventId);
        }
        Ok(Verified {
            source: self.source.name.clone(),
            identity: self.source.settings.identity,
            event_id,
            event_type: self.event_type.resolve(event_type).unwrap_or_default(),
            digest,
        })
    }

    /// Which of the contents any of the keys signed. Every pair of a signature and a tag is compared, each
    /// in a time that does not depend on where it differs.
    fn matched(&self, tags: &[Vec<u8>]) -> Option<usize> {
        let tokens: Vec<Vec<u8>>;
        let expected = match self.scheme.algorithm {
            Algorithm::Hmac(_) | Algorithm::Plain(_) => tags,
            Algorithm::Token => {
                tokens = self
                    .keys()
                    .iter()
                    .map(|key| sha256([key.expose()]).to_vec())
                    .collect();
                &tokens
            }
        };
        let genuine = |tags: &[Vec<u8>]| -> bool {
            let pairs = self
                .signatures
                .iter()
                .flat_map(|sent| tags.iter().map(move |tag| (sent, tag)));
            pairs
                .fold(Choice::from(0), |any, (sent, tag)| any | sent.ct_eq(tag))
                .into()
        };
        let contents = expected.chunks(self.keys().len().max(1));
        let matches: Vec<bool> = contents.map(genuine).collect();
        matches.iter().position(|genuine| *genuine)
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

    fn event_id(&self, found: Option<String>) -> Option<EventId> {
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
    fn digest_needed(&self) -> Digest {
        let body_only = |content: &Vec<Piece>| matches!(content.as_slice(), [] | [Piece::Body]);
        let body_only = !self.opens_body() && self.contents.iter().all(body_only);
        let certain = self.source.scheme.id_required || self.id.header.is_some();
        let signed = (!self.id.in_body() || self.body_id_signed())
            && (self.id.header.is_none() || self.id_signed);
        match self.source.settings.identity {
            Identity::None => Digest::None,
            Identity::Id | Identity::IdAndContent if certain && signed => Digest::None,
            // What is not signed of a body could be changed for ever; where its hash is signed, the same
            // content may also be sent as a form.
            _ if self.opens_body() || self.body_hash.is_some() => Digest::Content,
            // Without an id a retry is known by its body alone, since it may be signed anew.
            Identity::IdAndContent if !body_only && self.id.is_possible() => Digest::Content,
            Identity::Id | Identity::IdAndContent | Identity::Content => Digest::Body,
        }
    }
}

/// Whether all that the form holds is signed by this template, or is the signature.
fn closed(signed: &[Part], family: &Family, form: &Form<'_>) -> bool {
    let mut names: Vec<&str> = Vec::new();
    if let Place::Form(name) = &family.signature {
        names.push(name);
    }
    for part in signed {
        match part {
            Part::Form | Part::Body => return true,
            Part::FormField { name, .. } if !names.contains(&name.as_str()) => names.push(name),
            _ => {}
        }
    }
    form.is_exactly(&names)
}

impl Algorithm {
    /// What this makes of `content`, whose body is `body`.
    pub(crate) fn over(self, content: &[Piece], key: &[u8], body: &[u8]) -> Vec<u8> {
        match self {
            Self::Hmac(hash) => hash.mac(key, content, body),
            Self::Plain(hash) => hash.digest(content.iter().map(|piece| piece.bytes(body, key))),
            Self::Token => Vec::new(),
        }
    }
}
