//! A sample for a source: what its provider could have sent, signed with the source's own secret.

use serde_json::{Map, Value};

use crate::{
    fields::acceptable,
    form::Form,
    hash,
    headers::Headers,
    members::{Members, wrong},
    problem::Problem,
    rejection::Rejection,
    scheme::{Expected, Family, Layout, Part, Place, Scheme, Stamp},
    secret::Secret,
    sign::{Outgoing, put},
    source::Source,
};

/// What a sample is an event of, where nobody says.
pub const DEFAULT_TYPE: &str = "sample";

const MESSAGE: &str = "A sample that Waypost signed with this source's secret, and sent to itself.";

/// A request to a source.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The query, without its question mark.
    pub query: String,
    /// The headers: names in lower case and values in turn, a line each.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it carries the id that it was made with where the provider has its own.
    pub has_id: bool,
}

impl Scheme {
    /// Whether this way can be signed by whoever has the secret. A JSON Web Token says more than the scheme knows.
    pub fn is_signable(&self) -> bool {
        !self.algorithm.is_public() && !matches!(self.layout, Layout::Jwt(_))
    }
}

/// The type that the body of a request for a sample asks for.
///
/// # Errors
///
/// [`Rejection::InvalidBody`].
pub fn wanted_type(body: &[u8]) -> Result<String, Problem> {
    let members = Members::read(body)?;
    let kind = members.text("type")?.unwrap_or(DEFAULT_TYPE);
    // It may have to stand in a header.
    match kind.is_ascii() && acceptable(kind) && kind.trim() == kind {
        true => Ok(kind.to_owned()),
        false => Err(wrong("type", "1 to 256 printable characters of ASCII")),
    }
}

/// A sample for `source`, named `id` and signed `at` this time, in milliseconds since 1970. `handed` are the secrets
/// that a source was handed which has none of its own.
///
/// # Errors
///
/// [`Rejection::NotSignable`] where only the provider can sign.
pub fn sample(
    source: &Source,
    handed: &[Secret],
    at: u64,
    id: &str,
    kind: &str,
) -> Result<Sample, Rejection> {
    let mut ways = source.scheme.ways().zip(&source.keys);
    let signing = ways.find_map(|(way, own)| {
        let keys = if own.is_empty() { handed } else { own };
        let key = keys.get(..1).filter(|_| way.is_signable())?;
        Some((way, way.families.first()?, key))
    });
    let (scheme, family, key) = signing.ok_or(Rejection::NotSignable)?;
    let form = is_form(scheme, family);
    let mut draft = Draft::default();
    draft.fill(source, scheme, family, [id, kind, &scheme.stamp(at)]);
    let mut body = draft.body(form);
    if let Some(Place::Query(name)) = &scheme.body_hash {
        add(&mut draft.query, name, &hash::hex(&body));
    }
    let mut url = source.settings.public_url.clone().unwrap_or_default();
    if !draft.query.is_empty() {
        url.push('?');
        url.push_str(&draft.query);
    }
    let kind_of_body = match form {
        true => "application/x-www-form-urlencoded",
        false => "application/json",
    };
    for (name, value) in [("content-type", kind_of_body), ("user-agent", "waypost")] {
        draft.header(name, value);
    }
    let signed = scheme.sign(
        key,
        &Outgoing {
            body: &body,
            at,
            id,
            event_type: kind,
            method: "POST",
            url: &url,
            headers: Headers::new(&draft.headers),
        },
    );
    if let Some((place, text)) = &signed.in_body {
        draft.set(place, text);
        body = draft.body(form);
    }
    for (name, value) in &signed.headers {
        // A secret may hold what no header can.
        if value.contains('\n') {
            return Err(Rejection::NotSignable);
        }
        draft.header(name, value);
    }
    draft.header("content-length", &body.len().to_string());
    let read = |place: &Place| match place {
        Place::Json(_) => !form,
        Place::Form(_) => form,
        _ => true,
    };
    Ok(Sample {
        query: draft.query,
        headers: draft.headers,
        body,
        has_id: family.id.iter().any(read),
    })
}

/// What stands where.
#[derive(Default)]
struct Draft {
    json: Value,
    fields: String,
    query: String,
    headers: String,
}

impl Draft {
    fn fill(&mut self, source: &Source, scheme: &Scheme, family: &Family, own: [&str; 3]) {
        let [id, kind, stamp] = own;
        // Where the fields of a form are signed one by one, there may be no other.
        let open = scheme.any_part(|part| *part == Part::Form);
        let mut plain = Map::new();
        for (name, text) in [("id", id), ("type", kind), ("message", MESSAGE)] {
            plain.insert(name.to_owned(), text.into());
            if open {
                add(&mut self.fields, name, text);
            }
        }
        self.json = Value::Object(plain);
        for place in &family.id {
            self.set(place, id);
        }
        for place in &family.event_type {
            self.set(place, kind);
        }
        if let Some(Stamp::At(place)) = &family.timestamp {
            self.set(place, stamp);
        }
        for (place, expected) in &scheme.requires {
            let value = match expected {
                Expected::OneOf(key) | Expected::Secret(key) => source.values(key).first(),
                Expected::Text(text) => Some(text),
                _ => None,
            };
            let text = value.map_or(DEFAULT_TYPE, String::as_str);
            self.set(place, text);
            if let Place::Header(name) = place {
                self.header(name, text);
            }
        }
        // What is signed by name is there.
        for part in scheme.signed.iter().flatten() {
            match part {
                Part::Json(pointer) => put(&mut self.json, pointer, id, false),
                Part::Lines(pointers) => {
                    for pointer in pointers {
                        put(&mut self.json, pointer, id, false);
                    }
                }
                Part::FormField { name, .. } if !is_field(&self.fields, name) => {
                    let text = String::from_utf8(self.body(false)).unwrap_or_default();
                    add(&mut self.fields, name, &text);
                }
                Part::Header(name) if !is_sent(family, name) => self.header(name, id),
                _ => {}
            }
        }
    }

    #[inline(never)]
    fn set(&mut self, place: &Place, text: &str) {
        match place {
            Place::Json(pointer) => put(&mut self.json, pointer, text, true),
            Place::Form(name) => add(&mut self.fields, name, text),
            Place::Query(name) => add(&mut self.query, name, text),
            Place::Header(_) | Place::Claim(_) => {}
        }
    }

    #[inline(never)]
    fn header(&mut self, name: &str, value: &str) {
        for text in [name, "\n", value, "\n"] {
            self.headers.push_str(text);
        }
    }

    #[inline(never)]
    fn body(&self, form: bool) -> Vec<u8> {
        match form {
            true => self.fields.clone().into_bytes(),
            false => serde_json::to_vec(&self.json).unwrap_or_default(),
        }
    }
}

/// Whether a header is sent in any case, by every sample or by whoever signs.
fn is_sent(family: &Family, name: &str) -> bool {
    let stamp = match &family.timestamp {
        Some(Stamp::At(place)) => Some(place),
        _ => None,
    };
    let places = family.id.iter().chain(&family.event_type).chain(stamp);
    let mut names = places.filter_map(|place| match place {
        Place::Header(name) => Some(name.as_str()),
        _ => None,
    });
    SENT.contains(&name) || names.any(|sent| sent == name)
}

/// Headers that every sample has.
const SENT: &[&str] = &["content-type", "content-length", "user-agent"];

/// Whether a scheme's own webhooks are forms.
fn is_form(scheme: &Scheme, family: &Family) -> bool {
    let signed = |part: &Part| matches!(part, Part::Form | Part::FormField { or_body: false, .. });
    scheme.any_part(signed) || matches!(family.signature, Place::Form(_))
}

/// Whether a form has a field.
fn is_field(form: &str, name: &str) -> bool {
    Form::parse(form.as_bytes()).last(name).is_some()
}

/// Adds a field to a form.
#[inline(never)]
fn add(form: &mut String, name: &str, value: &str) {
    let mut added = form_urlencoded::Serializer::new(std::mem::take(form));
    *form = added.append_pair(name, value).finish();
}
