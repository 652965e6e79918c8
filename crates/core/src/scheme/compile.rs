//! From a row to a scheme that can run, with every mistake in it named.

use std::fmt;

use super::{
    Algorithm, Ask, Encoding, Expected, Family, Greeting, Identity, Integrity, KeysFrom, Layout,
    Part, Place, Reply, Row, Stamp, Unit,
    asks::{self, asks},
    family::{self, families},
    rules, template,
};
use crate::{secret::KeyRule, why::Why};

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
    /// Where the keys come from.
    pub keys_from: KeysFrom,
    /// How the signature header is read.
    pub layout: Layout,
    /// The headers to look for; the first family whose signature is there is taken. Never empty.
    pub families: Vec<Family>,
    /// How the time of signing is written, for a scheme that signs one.
    pub unit: Option<Unit>,
    /// What must stand where.
    pub requires: Vec<(Place, Expected)>,
    /// What is signed; any of several. Never empty.
    pub signed: Vec<Vec<Part>>,
    /// The query parameter or the claim that holds the SHA-256 of the body.
    pub body_hash: Option<Place>,
    /// Whether a webhook without an id is refused.
    pub id_required: bool,
    /// What makes two webhooks the same one.
    pub identity: Identity,
    /// How far the time of signing may be from the time of receipt, either way.
    pub tolerance_seconds: u64,
    /// Whether the signature covers the body.
    pub integrity: Integrity,
    /// What the provider asks of an endpoint beside taking its webhooks.
    pub greetings: Vec<Greeting>,
    /// What an accepted webhook is answered, where the provider wants something of its own.
    pub accepted: Option<Reply>,
    /// Whether refusals have no body.
    pub terse: bool,
    /// The keys that a source's config must or may have for all of this, in this way or another.
    pub asks: Vec<Ask>,
    /// Whether it makes a difference that a body is a form, in this way or another.
    pub minds_forms: bool,
    /// Another way in which the provider signs.
    pub or: Option<Box<Self>>,
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
    #[inline(always)]
    pub(super) fn new(key: &'static str, why: impl Why) -> Self {
        Self {
            key,
            reason: why.why(),
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
        let greetings = row.handshakes.iter().map(Greeting::compile);
        let greetings = greetings.collect::<Result<_, _>>()?;
        Self::build(row, greetings, row.accepted.map(Reply::from))
    }

    /// As [`Scheme::compile`], with what the row's handshakes and answer became.
    pub(crate) fn build(
        row: &Row<'_>,
        greetings: Vec<Greeting>,
        accepted: Option<Reply>,
    ) -> Result<Self, SchemeError> {
        let scheme = Self {
            name: row.name.to_owned(),
            algorithm: row.algorithm,
            encoding: row.encoding,
            key: KeyRule::from(row.key),
            keys_from: KeysFrom::of(row.keys)?,
            layout: Layout::from(row.signature.grammar),
            families: families(row)?,
            unit: row.timestamp.map(|timestamp| timestamp.unit),
            requires: row
                .requires
                .iter()
                .map(|&(at, is)| Ok((family::place(at, "requires")?, is.into())))
                .collect::<Result<_, _>>()?,
            signed: signed(row.signed)
                .iter()
                .map(|signed| template::parse(signed))
                .collect::<Result<_, _>>()?,
            body_hash: match row.body_hash {
                None => None,
                Some(at) => Some(family::place(at, "body_hash")?),
            },
            id_required: row.id_required,
            identity: row.identity,
            tolerance_seconds: row.tolerance_seconds,
            integrity: row.integrity,
            greetings,
            accepted,
            terse: row.terse,
            asks: Vec::new(),
            minds_forms: false,
            or: None,
        };
        rules::check(&scheme)?;
        let asks = asks(&scheme)?;
        let scheme = Self { asks, ..scheme };
        scheme.or(row.or.map(Self::compile).transpose()?)
    }

    /// This way, and where there is another, that one after it.
    ///
    /// # Errors
    ///
    /// Where the other one is weaker than what is said here.
    pub(crate) fn or(self, or: Option<Self>) -> Result<Self, SchemeError> {
        let or = or.map(Box::new);
        let open = or
            .as_ref()
            .is_some_and(|way| way.integrity == Integrity::None);
        if self.integrity == Integrity::Body && open {
            return Err(SchemeError::new(
                "or",
                "does not sign the body, and this scheme does",
            ));
        }
        let minds_forms = self.opens_body(true) || or.as_ref().is_some_and(|way| way.minds_forms);
        let mut asks = self.asks;
        for ask in or.iter().flat_map(|way| &way.asks) {
            asks::add(&mut asks, ask.clone());
        }
        let joined = Self {
            or,
            minds_forms,
            asks,
            ..self
        };
        joined.allows(joined.identity)?;
        Ok(joined)
    }

    /// This way of signing, and the others after it.
    pub fn ways(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |way| way.or.as_deref())
    }

    /// Whether `part` is covered by the signature.
    pub fn signs(&self, part: &Part) -> bool {
        self.signed.iter().all(|signed| signed.contains(part))
    }

    /// Whether `wanted` is true of any part that is signed.
    pub fn any_part(&self, wanted: impl Fn(&Part) -> bool) -> bool {
        self.signed.iter().flatten().any(wanted)
    }

    /// Whether the signature covers the body: as a whole, as all the fields of a form, or by its hash in
    /// the URL.
    pub fn covers_body(&self) -> bool {
        let whole = |part: &Part| matches!(part, Part::Body | Part::Form | Part::FormField { .. });
        let hashed = |part: &Part| matches!(part, Part::Url(_) | Part::Jwt);
        self.signed.iter().all(|signed| {
            signed.iter().any(whole) || (self.body_hash.is_some() && signed.iter().any(hashed))
        })
    }

    /// Whether what is checked is a credential, and says nothing of the webhook that comes with it. Whoever has
    /// it may say anything, and so may name the webhook too.
    pub fn is_credential(&self) -> bool {
        let jwt = |signed: &Vec<Part>| matches!(signed.as_slice(), [Part::Jwt]);
        self.algorithm == Algorithm::Token
            || (self.body_hash.is_none() && self.signed.iter().all(jwt))
    }

    /// Whether a body, which is a `form` or not, has to be taken apart: for what is signed, for the
    /// signature, or because a form is small and cannot be read in part.
    pub fn opens_body(&self, form: bool) -> bool {
        let opens = |part: &Part| match part {
            Part::FormField { or_body: true, .. } => form,
            Part::Form | Part::FormField { .. } | Part::Json(_) | Part::Lines(_) | Part::Crc32 => {
                true
            }
            _ => false,
        };
        let in_form = |place: &Place| form && matches!(place, Place::Form(_));
        let in_body = |family: &Family| {
            family.signature.is_in_body() || family.id.iter().chain(&family.event_type).any(in_form)
        };
        let required =
            |(place, _): &(Place, Expected)| matches!(place, Place::Json(_)) || in_form(place);
        self.families.iter().any(in_body)
            || self.any_part(opens)
            || self.requires.iter().any(required)
    }

    /// Whether nothing that is signed says where the URL ends and the body begins, or the other way round.
    pub fn blurs_url(&self) -> bool {
        let blurred = |parts: &[Part]| {
            matches!(
                parts,
                [Part::Url(_), Part::Body] | [Part::Body, Part::Url(_)]
            )
        };
        let mut twos = self.signed.iter().flat_map(|signed| signed.windows(2));
        twos.any(blurred)
    }

    /// Whether what is found at `place` is covered by the signature.
    pub fn signs_place(&self, place: &Place) -> bool {
        let covers = |part: &Part| match (place, part) {
            (Place::Header(_), Part::Id) => true,
            (Place::Header(name), Part::Header(part)) => name == part,
            (Place::Json(pointer), Part::Json(part)) => pointer == part,
            (Place::Json(pointer), Part::Lines(lines)) => lines.contains(pointer),
            (Place::Claim(_), Part::Jwt) => true,
            (Place::Form(name), Part::FormField { name: part, .. }) => name == part,
            _ => false,
        };
        let in_body = place.is_in_body();
        self.is_credential()
            || (in_body && self.covers_body())
            || self.signed.iter().all(|signed| signed.iter().any(covers))
    }

    /// Whether the time of signing is covered by the signature.
    pub fn signs_time(&self) -> bool {
        let signed = |stamp: &Stamp| match stamp {
            Stamp::At(Place::Header(_)) | Stamp::Field(_) => self.signs(&Part::Timestamp),
            Stamp::At(place) => self.signs_place(place),
        };
        let mut families = self.families.iter();
        families.all(|family| family.timestamp.as_ref().is_some_and(signed))
    }

    /// Whether webhooks may go by `identity`.
    ///
    /// # Errors
    ///
    /// Where there is no id, or where anyone could change it.
    pub fn allows(&self, identity: Identity) -> Result<(), SchemeError> {
        let ways = || {
            self.ways()
                .flat_map(|way| way.families.iter().map(move |family| (way, family)))
        };
        let ids =
            || ways().flat_map(|(way, family)| family.id.iter().map(move |place| (way, place)));
        let refuse = |reason: &str| Err(SchemeError::new("identity", reason));
        match identity {
            Identity::Id | Identity::IdAndContent if ids().next().is_none() => {
                refuse("needs an id, and the scheme has none")
            }
            Identity::Id if !ids().all(|(way, place)| way.signs_place(place)) => refuse(
                "\"id\" needs a signed id, and anyone can change this one: use \"id+content\"",
            ),
            _ => Ok(()),
        }
    }
}

/// What is signed; nothing, where there is no template.
fn signed<'r>(templates: &'r [&'r str]) -> &'r [&'r str] {
    if templates.is_empty() {
        &[""]
    } else {
        templates
    }
}
