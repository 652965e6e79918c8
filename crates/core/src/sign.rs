//! The other side: signing as a provider does, for whoever tests a source or sends to one.

use serde_json::{Map, Value};

use crate::{
    fields::Pointer,
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
        let stamp = self.stamp(out.at);
        let first = match &family.timestamp {
            Some(Stamp::Field(field)) => Some((field.as_str(), stamp.as_str())),
            _ => None,
        };
        let mut headers = Vec::new();
        let mut header = |place: &Place, text: &str| match place {
            Place::Header(name) => {
                headers.push((name.clone(), text.to_owned()));
                true
            }
            _ => false,
        };
        if let Some(Stamp::At(place)) = &family.timestamp {
            header(place, &stamp);
        }
        for required in &self.requires {
            if let (place, Expected::Text(text)) = required {
                header(place, text);
            }
        }
        for (places, text) in [(&family.id, out.id), (&family.event_type, out.event_type)] {
            // The first of several.
            let _ = !text.is_empty() && places.iter().any(|place| header(place, text));
        }
        // What is sent beside the signature may be signed by name.
        let mut known = out.headers.flat().to_owned();
        for (name, text) in &headers {
            known.extend([name, "\n", text, "\n"]);
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

        let mut in_body = None;
        match &family.signature {
            Place::Header(name) => headers.push((name.clone(), text)),
            place => in_body = Some((place.clone(), text)),
        }
        Signed { headers, in_body }
    }

    /// A time as the scheme writes it; nothing where it signs none.
    pub(crate) fn stamp(&self, at: u64) -> String {
        self.unit.map(|unit| unit.write(at)).unwrap_or_default()
    }

    fn signature(&self, key: &Secret, content: &[Piece], body: &[u8]) -> String {
        match self.algorithm {
            Algorithm::Token => self.encoding.encode(key.expose()),
            algorithm => self.encoding.encode(&algorithm.over(content, key, body)),
        }
    }
}

/// The body with `text` at its place in it, where it is a body of that kind.
pub fn placed(body: &[u8], place: &Place, text: &str, is_form: bool) -> Option<Vec<u8>> {
    match place {
        Place::Form(name) if is_form => {
            let before = String::from_utf8(body.to_vec()).ok()?;
            let mut form = form_urlencoded::Serializer::new(before);
            Some(form.append_pair(name, text).finish().into_bytes())
        }
        Place::Json(pointer) if !is_form => {
            let mut json: Value = serde_json::from_slice(body).ok()?;
            put(&mut json, pointer, text, true);
            Some(json.to_string().into_bytes())
        }
        Place::Form(_) | Place::Json(_) => None,
        Place::Header(_) | Place::Claim(_) | Place::Query(_) => Some(body.to_vec()),
    }
}

/// Puts `text` where `pointer` points, and makes what is not there on the way; what is there already is left unless
/// `over` it. Of a list it is the first item.
#[inline(never)]
pub(crate) fn put(json: &mut Value, pointer: &Pointer, text: &str, over: bool) {
    let mut at = json;
    for token in pointer.tokens() {
        let is_list = token.starts_with('*');
        match (is_list, &*at) {
            (true, Value::Array(items)) if !items.is_empty() => {}
            (true, _) => *at = Value::Array(vec![Value::Null]),
            (false, Value::Object(_)) => {}
            (false, _) => *at = Value::Object(Map::new()),
        }
        let next = match at {
            Value::Array(items) => items.first_mut(),
            Value::Object(members) => Some(members.entry(token.as_str()).or_insert(Value::Null)),
            _ => None,
        };
        let Some(next) = next else {
            return;
        };
        at = next;
    }
    if over || at.is_null() {
        *at = text.into();
    }
}
