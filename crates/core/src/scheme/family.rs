//! Where the parts of a signature are, one family of headers at a time.

use super::{At, Grammar, Pointer, Row, SchemeError};

/// The places that belong together.
#[derive(Clone, Debug)]
pub struct Family {
    /// The header with the signatures.
    pub signature: String,
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
    /// In this header.
    Header(String),
    /// In this item of the signature header.
    Field(String),
}

/// Where an id or a type is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this header.
    Header(String),
    /// At this place in the body.
    Json(Pointer),
}

/// The families of a row, its header names completed.
pub(super) fn families(row: &Row<'_>) -> Result<Vec<Family>, SchemeError> {
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
    if !row.families.is_empty() && !row.signature.header.contains("{family}") {
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
            signature: self.header(row.signature.header, "signature.header")?,
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
        let name = name.replace("{family}", self.family).to_ascii_lowercase();
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            return Err(SchemeError::new(key, format!("{name:?} is no header name")));
        }
        Ok(name)
    }

    fn stamp(&self, at: At<'_>) -> Result<Stamp, SchemeError> {
        match at {
            At::Header(name) => self.header(name, "timestamp.header").map(Stamp::Header),
            At::Field(_) if matches!(self.row.signature.grammar, Grammar::Whole { .. }) => Err(
                SchemeError::new("timestamp.field", "needs a signature header with fields"),
            ),
            At::Field(field) => Ok(Stamp::Field(field.to_owned())),
            At::Json(_) => Err(SchemeError::new("timestamp.json", "is not supported")),
        }
    }

    fn list(&self, places: &[At<'_>], key: &'static str) -> Result<Vec<Place>, SchemeError> {
        places.iter().map(|&at| self.place(at, key)).collect()
    }

    fn place(&self, at: At<'_>, key: &'static str) -> Result<Place, SchemeError> {
        match at {
            At::Header(name) => self.header(name, key).map(Place::Header),
            At::Json(pointer) => Pointer::parse(pointer).map(Place::Json).ok_or_else(|| {
                SchemeError::new(
                    key,
                    format!("{pointer:?} is no JSON pointer such as \"/event/id\""),
                )
            }),
            At::Field(_) => Err(SchemeError::new(
                key,
                "cannot be a field of the signature header",
            )),
        }
    }
}
