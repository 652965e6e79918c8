//! The other side: signing as a provider does, for whoever tests a source or sends to one.

use crate::{
    encoding::Encoding,
    hash::Piece,
    scheme::{Algorithm, Facts, Place, Scheme, Stamp},
    secret::Secret,
};

/// A webhook to be signed. What the scheme has no place for is not sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The body.
    pub body: &'a [u8],
    /// The time of signing, in milliseconds since 1970.
    pub at: u64,
    /// The event's id; empty for none.
    pub id: &'a str,
    /// The event's type; empty for none.
    pub event_type: &'a str,
    /// The method, in upper case.
    pub method: &'a str,
    /// The URL as the receiver's source knows it, with its query.
    pub url: &'a str,
}

impl Scheme {
    /// The headers that the provider would send, names in lower case: under its first family of
    /// headers, and with a signature for each key where the header takes several.
    pub fn sign(&self, keys: &[Secret], out: &Outgoing<'_>) -> Vec<(String, String)> {
        let Some(family) = self.families.first() else {
            return Vec::new();
        };
        let stamp = self.unit.map(|unit| unit.write(out.at)).unwrap_or_default();
        let facts = Facts {
            timestamp: &stamp,
            id: out.id,
            url: out.url,
            method: out.method,
        };
        let content = self.content(&facts);
        let signatures: Vec<String> = keys
            .iter()
            .map(|key| self.signature(key, &content, out.body))
            .collect();

        let mut headers = Vec::new();
        let mut first = None;
        match &family.timestamp {
            Some(Stamp::Header(name)) => headers.push((name.clone(), stamp.clone())),
            Some(Stamp::Field(field)) => first = Some((field.as_str(), stamp.as_str())),
            None => {}
        }
        headers.push((
            family.signature.clone(),
            self.layout.write(first, &signatures),
        ));
        for (places, text) in [(&family.id, out.id), (&family.event_type, out.event_type)] {
            let name = places.iter().find_map(|place| match place {
                Place::Header(name) => Some(name),
                Place::Json(_) => None,
            });
            if let Some(name) = name.filter(|_| !text.is_empty()) {
                headers.push((name.clone(), text.to_owned()));
            }
        }
        headers
    }

    fn signature(&self, key: &Secret, content: &[Piece], body: &[u8]) -> String {
        match self.algorithm {
            Algorithm::Hmac(hash) => self.encoding.encode(&hash.mac(key.expose(), content, body)),
            Algorithm::Token => Encoding::Text.encode(key.expose()),
        }
    }
}
