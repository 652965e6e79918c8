//! The first phase: what the headers alone decide.

use super::screened::{Lookup, Screened};
use crate::{
    fields::MAX_TEXT,
    hash::{Piece, sha256},
    headers::{Headers, MAX_VALUE},
    rejection::Rejection,
    scheme::{Algorithm, Facts, Family, Part, Place, Scheme, Stamp, Unit},
    source::Source,
    window,
};

/// A request without its body.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The URL's query without its question mark; empty where there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: Headers<'a>,
}

/// Refuses what headers alone can refuse. `now` is in milliseconds since 1970.
///
/// # Errors
///
/// Every [`Rejection`] of receiving but those that need the body.
pub fn screen<'s>(
    source: &'s Source,
    head: &Head<'_>,
    now: u64,
) -> Result<Screened<'s>, Rejection> {
    let declared = head.headers.content_length();
    if declared.is_some_and(|length| length > source.settings.max_body_bytes) {
        return Err(Rejection::BodyTooLarge);
    }
    let scheme = &source.scheme;
    let (family, signature) = family(scheme, &head.headers).ok_or(Rejection::MissingSignature)?;
    let signatures = decode(scheme, &scheme.layout.signatures(signature)?)?;

    let (stamp, sent) = match (&family.timestamp, scheme.unit) {
        (Some(stamp), Some(unit)) => timestamp(scheme, stamp, unit, signature, &head.headers)?,
        _ => ("", now),
    };
    window::check(sent, now, source.settings.tolerance_seconds)?;

    let id = lookup(&family.id, &head.headers)?;
    if scheme.id_required && id.pointers.is_empty() && id.header.is_none() {
        return Err(Rejection::MissingEventId);
    }
    let signed_id = id.header.as_deref().unwrap_or_default();
    if ambiguous(scheme, signed_id) {
        return Err(Rejection::MalformedHeader);
    }
    let url = url(source, head.query);
    let facts = Facts {
        timestamp: stamp,
        id: signed_id,
        url: &url,
        method: head.method,
    };
    Ok(Screened {
        source,
        signatures,
        content: scheme.content(&facts),
        declared,
        id,
        event_type: lookup(&family.event_type, &head.headers).unwrap_or_default(),
    })
}

/// The first family whose signature is there, with its value.
fn family<'s, 'h>(scheme: &'s Scheme, headers: &Headers<'h>) -> Option<(&'s Family, &'h str)> {
    let with_value = |family: &'s Family| Some((family, filled(headers, &family.signature)?));
    scheme.families.iter().find_map(with_value)
}

/// A header's value; an empty one is as good as none.
fn filled<'h>(headers: &Headers<'h>, name: &str) -> Option<&'h str> {
    headers.get(name).filter(|value| !value.is_empty())
}

/// Those signatures that could match at all. One that cannot does not spoil the others: a provider
/// may send one in a form that is newer than ours.
fn decode(scheme: &Scheme, texts: &[&str]) -> Result<Vec<Vec<u8>>, Rejection> {
    let decoded = texts.iter().filter_map(|text| scheme.encoding.decode(text));
    let decoded: Vec<Vec<u8>> = match scheme.algorithm {
        Algorithm::Hmac(hash) => decoded
            .filter(|bytes| bytes.len() == hash.length())
            .collect(),
        // Tokens are compared by their digests, since a comparison cannot hide a difference in length.
        Algorithm::Token => {
            let tokens = decoded.filter(|token| !token.is_empty());
            tokens
                .map(|token| sha256([token.as_slice()]).to_vec())
                .collect()
        }
    };
    if decoded.is_empty() {
        Err(Rejection::UndecodableSignature)
    } else {
        Ok(decoded)
    }
}

/// The time of signing: its text as it was sent, and in milliseconds since 1970.
fn timestamp<'h>(
    scheme: &Scheme,
    stamp: &Stamp,
    unit: Unit,
    signature: &'h str,
    headers: &Headers<'h>,
) -> Result<(&'h str, u64), Rejection> {
    let text = match stamp {
        Stamp::Header(name) => filled(headers, name).ok_or(Rejection::MissingTimestamp)?,
        Stamp::Field(field) => scheme.layout.single(signature, field)?,
    };
    if text.len() > MAX_VALUE {
        return Err(Rejection::MalformedHeader);
    }
    let sent = unit.parse(text).ok_or(Rejection::MalformedTimestamp)?;
    Ok((text, sent))
}

/// The places in the body that come before the first header that has a value, and that value.
fn lookup<'s>(places: &'s [Place], headers: &Headers<'_>) -> Result<Lookup<'s>, Rejection> {
    let mut lookup = Lookup::default();
    for place in places {
        match place {
            Place::Json(pointer) => lookup.pointers.push(pointer),
            Place::Header(name) => {
                let Some(value) = filled(headers, name) else {
                    continue;
                };
                if value.len() > MAX_TEXT || value.chars().any(char::is_control) {
                    return Err(Rejection::MalformedHeader);
                }
                lookup.header = Some(value.to_owned());
                break;
            }
        }
    }
    Ok(lookup)
}

/// Whether the signed content could be read as another id with another timestamp: in
/// `{id}.{timestamp}.{body}`, an id such as `msg.1700000000`.
///
/// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme)
/// warns of ids that hold a full stop; those that hold no time are harmless, and are taken.
fn ambiguous(scheme: &Scheme, id: &str) -> bool {
    /// The ninth of September 2001: no count of seconds or milliseconds before it is a time of signing.
    const EARLIEST: u64 = 1_000_000_000_000;
    let Some(unit) = scheme.unit else {
        return false;
    };
    let time = |text: &str| unit.parse(text).is_some_and(|millis| millis >= EARLIEST);
    scheme.signed.windows(3).any(|parts| match parts {
        [Part::Id, Part::Literal(between), Part::Timestamp] => id.split(between).skip(1).any(time),
        _ => false,
    })
}

/// The URL as the provider knows it: behind a proxy neither the request's host nor its path need be.
fn url(source: &Source, query: &str) -> String {
    let base = source.settings.public_url.as_deref().unwrap_or_default();
    if query.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{query}")
    }
}

impl Scheme {
    /// The signed content, the body left open. Adjacent parts that are known become one piece.
    pub fn content(&self, facts: &Facts<'_>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for part in &self.signed {
            let text = match part {
                Part::Literal(text) => text,
                Part::Timestamp => facts.timestamp,
                Part::Id => facts.id,
                Part::Url => facts.url,
                Part::Method => facts.method,
                Part::Body => {
                    pieces.push(Piece::Body);
                    continue;
                }
            };
            match pieces.last_mut() {
                Some(Piece::Bytes(bytes)) => bytes.extend_from_slice(text.as_bytes()),
                _ => pieces.push(Piece::Bytes(text.as_bytes().to_vec())),
            }
        }
        pieces
    }
}
