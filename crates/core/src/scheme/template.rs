//! The signed content as a template: `{timestamp}.{body}`.

use super::{Pointer, SchemeError};
use crate::why::Told;

/// A part of the signed content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// This text.
    Literal(String),
    /// `{body}`: the request's body.
    Body,
    /// `{timestamp}`: the time of signing, in the very characters that were sent.
    Timestamp,
    /// `{id}`: the provider's id of the event.
    Id,
    /// `{url}`: the URL that the provider was given, with the request's query; `{url:decoded}` and others
    /// in another form.
    Url(UrlForm),
    /// `{method}`: the request's method.
    Method,
    /// `{secret}`: the secret itself, for hashes that have no key.
    Secret,
    /// `{header:NAME}`: a header's value.
    Header(String),
    /// `{field:NAME}`: an item of the signature header, in lower case; nothing where it is absent.
    Field(String),
    /// `{headers:NAME}`: the values of the headers that the item `NAME` of the signature header lists, with
    /// full stops between. All of them must be there.
    Listed(String),
    /// `{form}`: the form's fields sorted by name, each name followed by its values. A field that is
    /// repeated gives each of its values once, sorted.
    Form,
    /// `{form:NAME}`: the form field `NAME`; with `{form:NAME|body}`, the body where it is no form. The form
    /// must have no field but those that the scheme reads, each once, if its body is to count as signed.
    FormField {
        /// The field's name.
        name: String,
        /// Whether a body that is no form is signed as a whole.
        or_body: bool,
    },
    /// `{json:/POINTER}`: a string, whole number or boolean of the body, nothing where it is absent or null.
    Json(Pointer),
    /// `{lines:NAME,NAME}`: of these members of a JSON body those that are there, each as a line with its name
    /// and a line with its value. Only the first value may have several lines: else nothing would say where
    /// one ends.
    Lines(Vec<Pointer>),
    /// `{crc32}`: the CRC-32 of the body, in decimal. It is no digest: a body of any meaning can have any.
    Crc32,
    /// `{jwt}`: the JWT's header and payload, as they were sent.
    Jwt,
}

/// How a URL is written where it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlForm {
    /// As it was given.
    Given,
    /// `decoded`: with these escapes undone and no others: `%3A` `%2F` `%3F` `%40` `%21` `%24` `%27` `%28`
    /// `%29` `%2A` `%2C` `%3B`.
    Decoded,
    /// `port`: with its port, which is the scheme's own where none was given.
    Port,
    /// `bare`: without its port.
    Bare,
}

const URL_FORMS: &[(&str, UrlForm)] = &[
    ("decoded", UrlForm::Decoded),
    ("port", UrlForm::Port),
    ("bare", UrlForm::Bare),
];

const NAMED: &[(&str, Part)] = &[
    ("body", Part::Body),
    ("timestamp", Part::Timestamp),
    ("id", Part::Id),
    ("url", Part::Url(UrlForm::Given)),
    ("method", Part::Method),
    ("secret", Part::Secret),
    ("form", Part::Form),
    ("crc32", Part::Crc32),
    ("jwt", Part::Jwt),
];

/// What may follow a colon, for the error message.
const WITH_ARGUMENT: &str =
    "url:FORM, header:NAME, headers:FIELD, field:NAME, form:NAME, json:/POINTER, lines:NAME,NAME";

/// Reads a template into its parts.
pub(super) fn parse(template: &str) -> Result<Vec<Part>, SchemeError> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((literal, tail)) = rest.split_once('{') {
        let (name, after) = tail
            .split_once('}')
            .ok_or_else(|| SchemeError::new("signed", "a { is not closed"))?;
        push_literal(&mut parts, literal);
        parts.push(part(name).ok_or_else(|| unknown(name))?);
        rest = after;
    }
    push_literal(&mut parts, rest);
    Ok(parts)
}

fn push_literal(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Literal(text.to_owned()));
    }
}

fn part(name: &str) -> Option<Part> {
    let Some((kind, argument)) = name.split_once(':') else {
        let found = NAMED.iter().find(|(key, _)| *key == name);
        return found.map(|(_, part)| part.clone());
    };
    if argument.is_empty() {
        return None;
    }
    match kind {
        "url" => {
            let found = URL_FORMS.iter().find(|(key, _)| *key == argument);
            found.map(|(_, form)| Part::Url(*form))
        }
        "header" => Some(Part::Header(argument.to_ascii_lowercase())),
        "headers" => Some(Part::Listed(argument.to_owned())),
        "field" => Some(Part::Field(argument.to_owned())),
        "form" => {
            let bare = argument.strip_suffix("|body");
            Some(Part::FormField {
                name: bare.unwrap_or(argument).to_owned(),
                or_body: bare.is_some(),
            })
        }
        "json" => Pointer::parse(argument).map(Part::Json),
        "lines" => {
            let names = argument.split(',');
            let pointers = names.map(|name| Pointer::parse(&format!("/{name}")));
            pointers.collect::<Option<_>>().map(Part::Lines)
        }
        _ => None,
    }
}

fn unknown(name: &str) -> SchemeError {
    let reason = Told(|| {
        let known: Vec<&str> = NAMED.iter().map(|(key, _)| *key).collect();
        let known = known.join(", ");
        format!("knows no {{{name}}}, only {known}, {WITH_ARGUMENT}")
    });
    SchemeError::new("signed", reason)
}
