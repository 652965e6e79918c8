//! The signed content of one request, from its template.

use super::{Facts, KeysFrom, Part, Place, Pointer, Scheme, UrlForm};
use crate::{fields, form::Form, hash::Piece, headers::Headers, rejection::Rejection};

/// The most headers that a signature may list: each is looked for before anyone knows who signed.
pub const MAX_LISTED: usize = 32;

/// A body that has been taken apart, for the parts that stand for something in it.
#[derive(Debug)]
pub struct Opened<'b> {
    /// Its fields, where it is a form; a body without a byte is one.
    pub form: Option<Form<'b>>,
    /// What stands at the places that the scheme looks for in JSON.
    pub values: Vec<(&'b Pointer, String)>,
    /// The body itself.
    pub body: &'b [u8],
}

impl<'b> Opened<'b> {
    /// Takes `body` apart for `scheme`.
    pub fn new(scheme: &'b Scheme, body: &'b [u8], is_form: bool) -> Self {
        let form = (is_form || body.is_empty()).then(|| Form::parse(body));
        let mut pointers: Vec<&Pointer> = Vec::new();
        if form.is_none() {
            let places = scheme.families.iter().map(|family| &family.signature);
            pointers.extend(places.filter_map(Place::pointer));
            for part in scheme.signed.iter().flatten() {
                match part {
                    Part::Json(pointer) => pointers.push(pointer),
                    Part::Lines(lines) => pointers.extend(lines),
                    _ => {}
                }
            }
            let required = scheme.requires.iter().map(|(place, _)| place);
            let certificate = match &scheme.keys_from {
                KeysFrom::Certificate(place, _) => Some(place),
                _ => None,
            };
            pointers.extend(required.chain(certificate).filter_map(Place::pointer));
        }
        let values = match pointers.is_empty() {
            true => Vec::new(),
            false => fields::values(body, &pointers),
        };
        let values = pointers.into_iter().zip(values);
        let values = values.filter_map(|(pointer, value)| Some((pointer, value?)));
        Self {
            form,
            values: values.collect(),
            body,
        }
    }

    /// What stands at `pointer`; nothing where the scheme does not look for it.
    pub fn value(&self, pointer: &Pointer) -> Option<&str> {
        let mut values = self.values.iter();
        let found = values.find(|(known, _)| *known == pointer);
        found.map(|(_, value)| value.as_str())
    }

    /// What stands at a place in the body.
    pub fn at(&self, place: &Place) -> Option<&str> {
        match place {
            Place::Json(pointer) => self.value(pointer),
            Place::Form(name) => self.form.as_ref()?.last(name),
            Place::Header(_) | Place::Claim(_) | Place::Query(_) => None,
        }
    }
}

impl Scheme {
    /// The contents, a signature over any of which will do. The body is left open, and so is the secret;
    /// adjacent parts that are known become one piece. Parts that are taken from the body need `opened`.
    ///
    /// # Errors
    ///
    /// [`Rejection::BadSignature`] where a part stands for nothing in this request, so that nothing could
    /// have been signed.
    pub fn contents(
        &self,
        facts: &Facts<'_>,
        opened: Option<&Opened<'_>>,
    ) -> Result<Vec<Vec<Piece>>, Rejection> {
        let mut contents = Vec::with_capacity(self.signed.len());
        for signed in &self.signed {
            let mut pieces = Pieces(Vec::with_capacity(signed.len()));
            for part in signed {
                let pushed = self.push(&mut pieces, part, facts, opened);
                pushed.ok_or(Rejection::BadSignature)?;
            }
            contents.push(pieces.0);
        }
        Ok(contents)
    }

    fn push(
        &self,
        pieces: &mut Pieces,
        part: &Part,
        facts: &Facts<'_>,
        opened: Option<&Opened<'_>>,
    ) -> Option<()> {
        match part {
            Part::Literal(text) => pieces.text(text),
            Part::Timestamp => pieces.text(facts.timestamp),
            Part::Id => pieces.text(facts.id),
            Part::Method => pieces.text(facts.method),
            Part::Url(form) => pieces.text(&form.write(facts.url)),
            Part::Header(name) => pieces.text(facts.headers.get(name)?),
            Part::Field(name) => pieces.text(&self.field(facts, name)),
            Part::Listed(name) => {
                pieces.text(&listed(&self.field(facts, name), facts.headers)?);
            }
            Part::Body => pieces.0.push(Piece::Body),
            Part::Secret => pieces.0.push(Piece::Secret),
            Part::Form => pieces.text(&opened?.form.as_ref()?.sorted()),
            Part::FormField { name, or_body } => {
                match opened.and_then(|opened| opened.form.as_ref()) {
                    Some(form) => pieces.text(form.last(name)?),
                    None if *or_body => pieces.0.push(Piece::Body),
                    None => return None,
                }
            }
            Part::Json(pointer) => {
                pieces.text(opened?.value(pointer).unwrap_or_default());
            }
            Part::Lines(pointers) => pieces.text(&lines(opened?, pointers)?),
            Part::Crc32 => pieces.text(&CRC32.checksum(opened?.body).to_string()),
            Part::Jwt => pieces.text(facts.jwt),
        }
        Some(())
    }

    /// An item of the signature header, in lower case; empty where it is absent.
    pub fn field(&self, facts: &Facts<'_>, name: &str) -> String {
        let item = self.layout.single(facts.signature, name);
        item.unwrap_or_default().to_ascii_lowercase()
    }
}

const CRC32: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

/// See [`Part::Lines`].
fn lines(opened: &Opened<'_>, pointers: &[Pointer]) -> Option<String> {
    let mut lines = String::new();
    for (at, pointer) in pointers.iter().enumerate() {
        let Some(value) = opened.value(pointer) else {
            continue;
        };
        if at > 0 && value.contains('\n') {
            return None;
        }
        for line in [pointer.name(), value] {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    Some(lines)
}

/// The values of the headers `names`, each named once, with full stops between.
fn listed(names: &str, headers: Headers<'_>) -> Option<String> {
    let names: Vec<&str> = names.split_whitespace().collect();
    if names.len() > MAX_LISTED {
        return None;
    }
    let mut values = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if names.get(..at)?.contains(name) {
            return None;
        }
        values.push(headers.get(name)?);
    }
    Some(values.join("."))
}

struct Pieces(Vec<Piece>);

impl Pieces {
    fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Bytes(bytes)) => bytes.extend_from_slice(text.as_bytes()),
            _ => {
                // Most have an id and a time before the body.
                let mut bytes = Vec::with_capacity(text.len() + 64);
                bytes.extend_from_slice(text.as_bytes());
                self.0.push(Piece::Bytes(bytes));
            }
        }
    }
}

/// What HubSpot's third version undoes, and nothing else.
const ESCAPES: &[(&str, &str)] = &[
    ("%3A", ":"),
    ("%2F", "/"),
    ("%3F", "?"),
    ("%40", "@"),
    ("%21", "!"),
    ("%24", "$"),
    ("%27", "'"),
    ("%28", "("),
    ("%29", ")"),
    ("%2A", "*"),
    ("%2C", ","),
    ("%3B", ";"),
];

impl UrlForm {
    /// `url` in this form.
    pub fn write(self, url: &str) -> String {
        match self {
            Self::Given => url.to_owned(),
            Self::Decoded => ESCAPES
                .iter()
                .fold(url.to_owned(), |url, (escape, character)| {
                    url.replace(escape, character)
                        .replace(&escape.to_ascii_lowercase(), character)
                }),
            Self::Port | Self::Bare => self.with_port(url).unwrap_or_else(|| url.to_owned()),
        }
    }

    /// By hand: the crate `url` would cost 60 KB of the bundle, and writes a URL in its own way, while what
    /// counts is the way it was given.
    fn with_port(self, url: &str) -> Option<String> {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let host_at = authority.rfind('@').map_or(0, |at| at + 1);
        let (user, host) = authority.split_at_checked(host_at)?;
        // A colon inside brackets belongs to an IPv6 address.
        let colon = host
            .rfind(':')
            .filter(|&at| host.rfind(']').is_none_or(|end| at > end));
        let bare = host.get(..colon.unwrap_or(host.len()))?;
        let own = if scheme == "https" { ":443" } else { ":80" };
        let port = match self {
            Self::Bare => "",
            _ => colon.and_then(|at| host.get(at..)).unwrap_or(own),
        };
        Some(format!("{scheme}://{user}{bare}{port}{path}"))
    }
}
