//! Where the parts of a signature are, one family of headers at a time.

use super::{At, Grammar, Pointer, Row, SchemeError};
use crate::why::Told;

/// The places that belong together.
#[derive(Clone, Debug)]
pub struct Family {
    /// Where the signatures are.
    pub signature: Place,
    /// Further headers with signatures; `{number}` in a name stands for any of 1 to 100.
    pub more: Vec<String>,
    /// Where the time of signing is.
    pub timestamp: Option<Stamp>,
    /// Where the id is.
    pub id: Vec<Place>,
    /// Where the type is.
    pub event_type: Vec<Place>,
}

/// Where the time of signing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// At this place.
    At(Place),
    /// In this item of the signature header.
    Field(String),
}

/// Where something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this header.
    Header(String),
    /// At this place in a body that is JSON.
    Json(Pointer),
    /// In this field of a body that is a form.
    Form(String),
    /// At this place in the payload of the JWT.
    Claim(Pointer),
    /// In this parameter of the query.
    Query(String),
}

impl Place {
    /// Whether it is in the body.
    pub fn is_in_body(&self) -> bool {
        matches!(self, Self::Json(_) | Self::Form(_))
    }

    /// The pointer, where this is a place in a body that is JSON.
    pub fn pointer(&self) -> Option<&Pointer> {
        match self {
            Self::Json(pointer) => Some(pointer),
            _ => None,
        }
    }
}

impl Family {
    /// Whether the header `name` carries signatures.
    pub fn is_signature(&self, name: &str) -> bool {
        let first = matches!(&self.signature, Place::Header(header) if header == name);
        first || self.more.iter().any(|pattern| matches(pattern, name))
    }
}

/// Whether `name` is `pattern`, with a number from 1 to 100 in the place of `{number}`.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once(NUMBER) else {
        return pattern == name;
    };
    let number = name
        .strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after));
    number.is_some_and(|number| {
        let digits = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
        digits
            && number
                .parse()
                .is_ok_and(|number: u8| (1..=100).contains(&number))
    })
}

const NUMBER: &str = "{number}";

/// The families of a row, its header names completed.
pub(super) fn families(row: &Row<'_>) -> Result<Vec<Family>, SchemeError> {
    if let Grammar::List { separator: "", .. } = row.signature.grammar {
        return Err(SchemeError::new("signature.separator", "is empty"));
    }
    if let Grammar::Items {
        field,
        separator,
        equals,
    } = row.signature.grammar
    {
        let parts = [
            (field, "signature.field"),
            (separator, "signature.separator"),
            (equals, "signature.equals"),
        ];
        if let Some((_, key)) = parts.into_iter().find(|(text, _)| text.is_empty()) {
            return Err(SchemeError::new(key, "is empty"));
        }
    }
    let by_family = matches!(row.signature.at, At::Header(name) if name.contains("{family}"));
    if !row.families.is_empty() && !by_family {
        let reason = "holds no {family}, so that only the first would ever be taken";
        return Err(SchemeError::new("signature.header", reason));
    }
    let one = [""];
    let names = if row.families.is_empty() {
        &one[..]
    } else {
        row.families
    };
    names
        .iter()
        .map(|family| Names { row, family }.places())
        .collect()
}

/// Puts one family into a row's header names.
struct Names<'r> {
    row: &'r Row<'r>,
    family: &'r str,
}

impl Names<'_> {
    fn places(&self) -> Result<Family, SchemeError> {
        let row = self.row;
        Ok(Family {
            signature: self.place(row.signature.at, "signature.header")?,
            more: row
                .signature
                .more
                .iter()
                .map(|name| self.numbered(name))
                .collect::<Result<_, _>>()?,
            timestamp: row
                .timestamp
                .map(|timestamp| self.stamp(timestamp.at))
                .transpose()?,
            id: self.list(row.id, "id")?,
            event_type: self.list(row.event_type, "type")?,
        })
    }

    fn header(&self, name: &str, key: &'static str) -> Result<String, SchemeError> {
        if name.contains("{family}") && self.row.families.is_empty() {
            return Err(SchemeError::new(
                "families",
                "is missing, and a header is named by {family}",
            ));
        }
        header(&name.replace("{family}", self.family), key)
    }

    fn numbered(&self, name: &str) -> Result<String, SchemeError> {
        self.header(&name.replace(NUMBER, "1"), "signature.more")?;
        Ok(name.replace("{family}", self.family).to_ascii_lowercase())
    }

    fn stamp(&self, at: At<'_>) -> Result<Stamp, SchemeError> {
        match at {
            At::Field(_)
                if !matches!(
                    self.row.signature.grammar,
                    Grammar::Items { .. } | Grammar::List { .. }
                ) =>
            {
                Err(SchemeError::new(
                    "timestamp.field",
                    "needs a signature header with fields",
                ))
            }
            At::Query(_) => Err(SchemeError::new("timestamp", "cannot be in the query")),
            At::Field(field) => Ok(Stamp::Field(field.to_owned())),
            _ => self.place(at, "timestamp.header").map(Stamp::At),
        }
    }

    fn list(&self, places: &[At<'_>], key: &'static str) -> Result<Vec<Place>, SchemeError> {
        let place = |&at| match at {
            At::Json(pointer) if key == "id" && pointer.contains("/*") => {
                Err(SchemeError::new(key, "cannot stand in a list"))
            }
            At::Claim(_) | At::Query(_) => {
                Err(SchemeError::new(key, "can only be in a header or the body"))
            }
            _ => self.place(at, key),
        };
        places.iter().map(place).collect()
    }

    fn place(&self, at: At<'_>, key: &'static str) -> Result<Place, SchemeError> {
        match at {
            At::Header(name) => self.header(name, key).map(Place::Header),
            _ => place(at, key),
        }
    }
}

/// A header's name in lower case.
fn header(name: &str, key: &'static str) -> Result<String, SchemeError> {
    let name = name.to_ascii_lowercase();
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(SchemeError::new(
            key,
            Told(|| format!("{name:?} is no header name")),
        ));
    }
    Ok(name)
}

/// A place of a request, where no families of headers matter.
pub(super) fn place(at: At<'_>, key: &'static str) -> Result<Place, SchemeError> {
    let pointer = |text: &str| {
        Pointer::parse(text).ok_or_else(|| {
            SchemeError::new(
                key,
                Told(|| format!("{text:?} is no JSON pointer such as \"/event/id\"")),
            )
        })
    };
    match at {
        At::Header(name) => header(name, key).map(Place::Header),
        At::Json(text) => pointer(text).map(Place::Json),
        At::Claim(text) => pointer(text).map(Place::Claim),
        At::Form(name) => Ok(Place::Form(name.to_owned())),
        At::Query(name) => Ok(Place::Query(name.to_owned())),
        At::Field(_) => Err(SchemeError::new(
            key,
            "cannot be a field of the signature header",
        )),
    }
}
