//! A genuine request, and what a forger can do to it.

use waypost_core::{
    fields,
    form::Form,
    rejection::Rejection,
    scheme::{Algorithm, At, Grammar, Hash, Part, Place, Row, Scheme, Stamp},
    source::Source,
    verify::Verified,
};

use crate::receive::support::{NOW, Request, body, secret, source, with_signature};

/// A genuine request of a row, to be forged.
pub(super) struct Case {
    pub(super) row: Row<'static>,
    pub(super) source: Source,
    pub(super) request: Request,
}

impl Case {
    pub(super) fn new(row: Row<'static>) -> Self {
        let source = source(&row, &[secret(&row, "0123456789abcdef01234567")]);
        let request = Request::signed(
            &source,
            &body(&row, "evt_1", "thing.done"),
            NOW,
            "evt_1",
            "thing.done",
        );
        Self {
            row,
            source,
            request,
        }
    }

    pub(super) fn verify(&self) -> Result<Verified<'_>, Rejection> {
        self.request.verify(&self.source, NOW)
    }

    /// Signs again, at another time or with another id.
    pub(super) fn sign_again(&mut self, at: u64, id: &str) {
        let body = self.request.body.clone();
        self.request = Request::signed(&self.source, &body, at, id, "thing.done");
    }

    pub(super) fn scheme(&self) -> &Scheme {
        &self.source.scheme
    }

    pub(super) fn place(&self) -> Place {
        self.scheme().families[0].signature.clone()
    }

    pub(super) fn in_header(&self) -> bool {
        matches!(self.place(), Place::Header(_))
    }

    pub(super) fn signature(&self) -> String {
        let body = &self.request.body;
        match self.place() {
            Place::Header(name) => self.request.get(&name).to_owned(),
            Place::Json(pointer) => fields::values(body, &[&pointer])
                .remove(0)
                .expect("a signature"),
            Place::Form(name) => Form::parse(body)
                .last(&name)
                .expect("a signature")
                .to_owned(),
            Place::Claim(_) | Place::Query(_) => String::new(),
        }
    }

    pub(super) fn set_signature(&mut self, value: impl Into<String>) {
        let value = value.into();
        match self.place() {
            Place::Header(name) => self.request.set(&name, value),
            place => {
                self.request.body = with_signature(&self.request.body, Some((place, value)));
            }
        }
    }

    /// Writes the header with these encoded signatures in place of the genuine one.
    pub(super) fn set_signatures(&mut self, signatures: &[String]) {
        let stamp = self.stamp_text();
        let first = match &self.scheme().families[0].timestamp {
            Some(Stamp::Field(field)) => Some((field.as_str(), stamp.as_str())),
            _ => None,
        };
        let value = self.scheme().layout.write(first, signatures);
        self.set_signature(value);
    }

    /// The genuine signature, decoded.
    pub(super) fn decoded(&self) -> Vec<u8> {
        let texts = self
            .scheme()
            .layout
            .signatures(&self.signature())
            .expect("a signature")
            .concat();
        self.scheme().encoding.decode(&texts).expect("decodable")
    }

    pub(super) fn encode(&self, bytes: &[u8]) -> String {
        self.scheme().encoding.encode(bytes)
    }

    pub(super) fn stamp_text(&self) -> String {
        self.scheme()
            .unit
            .map(|unit| unit.write(NOW))
            .unwrap_or_default()
    }

    pub(super) fn signs_body(&self) -> bool {
        self.scheme().signs(&Part::Body)
            || self.scheme().signs(&Part::Form)
            || self.scheme().body_hash.is_some()
    }

    pub(super) fn signs_time(&self) -> bool {
        self.scheme().signs(&Part::Timestamp)
    }

    pub(super) fn hmac(&self) -> Option<Hash> {
        match self.scheme().algorithm {
            Algorithm::Hmac(hash) | Algorithm::Plain(hash) => Some(hash),
            _ => None,
        }
    }

    /// Puts another text in the place of the timestamp, and leaves the signature.
    pub(super) fn set_stamp(&mut self, text: &str) -> bool {
        match self.scheme().families[0].timestamp.clone() {
            Some(Stamp::At(Place::Header(name))) => self.request.set(&name, text),
            Some(Stamp::Field(_)) => {
                let value = self.signature().replacen(&self.stamp_text(), text, 1);
                self.set_signature(value);
            }
            Some(Stamp::At(_)) | None => return false,
        }
        true
    }

    pub(super) fn id_header(&self) -> Option<&'static str> {
        self.row.id.iter().find_map(|place| match place {
            At::Header(name) => Some(*name),
            _ => None,
        })
    }

    pub(super) fn id_header_name(&self) -> Option<String> {
        let family = self.row.families.first().copied().unwrap_or_default();
        self.id_header()
            .map(|name| name.replace("{family}", family))
    }

    pub(super) fn items(&self) -> bool {
        matches!(self.row.signature.grammar, Grammar::Items { .. })
    }

    pub(super) fn prefix(&self) -> &'static str {
        match self.row.signature.grammar {
            Grammar::Whole { prefix } => prefix,
            _ => "",
        }
    }
}
