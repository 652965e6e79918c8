//! The signed content as a template: `{timestamp}.{body}`.

use super::SchemeError;

/// A part of the signed content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// This text.
    Literal(String),
    /// The request's body.
    Body,
    /// The time of signing, in the very characters that were sent.
    Timestamp,
    /// The provider's id of the event.
    Id,
    /// The URL that the provider was given, with the request's query.
    Url,
    /// The request's method.
    Method,
}

const NAMED: &[(&str, Part)] = &[
    ("body", Part::Body),
    ("timestamp", Part::Timestamp),
    ("id", Part::Id),
    ("url", Part::Url),
    ("method", Part::Method),
];

/// Reads a template into its parts.
pub(super) fn parse(template: &str) -> Result<Vec<Part>, SchemeError> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((literal, tail)) = rest.split_once('{') {
        let (name, after) = tail
            .split_once('}')
            .ok_or_else(|| SchemeError::new("signed", "a { is not closed".to_owned()))?;
        push_literal(&mut parts, literal);
        parts.push(named(name)?);
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

fn named(name: &str) -> Result<Part, SchemeError> {
    let found = NAMED.iter().find(|(key, _)| *key == name);
    found.map(|(_, part)| part.clone()).ok_or_else(|| {
        let known: Vec<&str> = NAMED.iter().map(|(key, _)| *key).collect();
        SchemeError::new(
            "signed",
            format!("knows no {{{name}}}, only {}", known.join(", ")),
        )
    })
}
