//! The other side: signing as a provider does, for whoever tests a source or sends to one.

use crate::{
    form::is_form,
    hash::Piece,
    headers::Headers,
    scheme::{Algorithm, Expected, Facts, Opened, Place, Scheme, Stamp},
    secret::Secret,
};

/// A webhook to be signed. What the scheme has no place for is not sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The body. Where the scheme signs what stands in it, it stands there already.
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
    /// The headers that are sent in any case.
    pub headers: Headers<'a>,
}

/// What has to be sent with a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The text of the signatures where it belongs into the body.
    pub in_body: Option<(Place, String)>,
}

impl Scheme {
    /// What the provider would send; nothing can be signed here that has a public key.
    ///
    /// It goes out under its first family of headers, in this way and no other, and with
    /// a signature for each key where the place takes several.
    pub fn sign(&self, keys: &[Secret], out: &Outgoing<'_>) -> Signed {
        let Some(family) = self.families.first() else {
            return Signed::default();
        };
        let stamp = self.unit.map(|unit| unit.write(out.at)).unwrap_or_default();
        let first = match &family.timestamp {
            Some(Stamp::Field(field)) => Some((field.as_str(), stamp.as_str())),
            _ => None,
        };
        // What is sent beside the signature may be signed by name.
        let mut known = out.headers.flat().to_owned();
        for place in &family.id {
            if let Place::Header(name) = place {
                known.extend([name, "\n", out.id, "\n"]);
            }
        }
        let facts = Facts {
            timestamp: &stamp,
            id: out.id,
            url: out.url,
            method: out.method,
            headers: Headers::new(&known),
            signature: "",
            jwt: "",
        };
        let kind = out.headers.get("content-type").unwrap_or_default();
        let opened = Opened::new(self, out.body, is_form(kind));
        let contents = self.contents(&facts, Some(&opened)).unwrap_or_default();
        let content = contents.first().map(Vec::as_slice).unwrap_or_default();
        let signature = |key: &Secret| self.signature(key, content, out.body);
        let signatures: Vec<String> = keys.iter().map(signature).collect();
        let text = self.layout.write(first, &signatures);

        let mut signed = Signed::default();
        let headers = &mut signed.headers;
        if let Some(Stamp::At(Place::Header(name))) = &family.timestamp {
            headers.push((name.clone(), stamp.clone()));
        }
        for required in &self.requires {
            if let (Place::Header(name), Expected::Text(text)) = required {
                headers.push((name.clone(), text.clone()));
            }
        }
        match &family.signature {
            Place::Header(name) => headers.push((name.clone(), text)),
            place => signed.in_body = Some((place.clone(), text)),
        }
        for (places, text) in [(&family.id, out.id), (&family.event_type, out.event_type)] {
            let name = places.iter().find_map(|place| match place {
                Place::Header(name) => Some(name),
                _ => None,
            });
            if let Some(name) = name.filter(|_| !text.is_empty()) {
                headers.push((name.clone(), text.to_owned()));
            }
        }
        signed
    }

    fn signature(&self, key: &Secret, content: &[Piece], body: &[u8]) -> String {
        match self.algorithm {
            Algorithm::Token => self.encoding.encode(key.expose()),
            algorithm => self
                .encoding
                .encode(&algorithm.over(content, key.expose(), body)),
        }
    }
}
