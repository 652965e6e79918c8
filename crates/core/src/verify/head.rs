//! The first phase: what the headers alone decide.

use std::borrow::Cow;

use super::{
    keys,
    lookup::Lookup,
    opening::Kept,
    screened::{MAX_OPENED, Screened},
    ways::{self, Way},
};
use crate::{
    fields::{MAX_TEXT, has_control},
    form::is_form,
    handshake,
    headers::{Headers, MAX_VALUE},
    rejection::Rejection,
    scheme::{Facts, Family, Part, Place, Scheme, Stamp},
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

/// As many headers as a webhook seldom has more of.
const USUAL_HEADERS: usize = 32;

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
    let mut lines = Vec::with_capacity(USUAL_HEADERS);
    lines.extend(head.headers.iter());
    let headers = head.headers.with_lines(&lines);
    let head = &Head { headers, ..*head };
    let declared = head.headers.content_length();
    if declared.is_some_and(|length| length > source.settings.max_body_bytes) {
        return Err(Rejection::BodyTooLarge);
    }
    let form = source.scheme.minds_forms && head.headers.get("content-type").is_some_and(is_form);
    let way = ways::choose(source, head, form)?;
    let scheme = way.scheme;

    if let Some(jwt) = &way.jwt {
        jwt.check(now)?;
    }
    let (stamp, sent) = timestamp(&way, &head.headers)?;
    if let Some(sent) = sent {
        window::check(sent, now, source.settings.tolerance_seconds)?;
    }

    let id = lookup(&way.family.id, &head.headers)?;
    if source.scheme.id_required && !id.is_possible() {
        return Err(Rejection::MissingEventId);
    }
    let signed_id = id.header.as_ref().map_or("", |(_, text)| text);
    if ambiguous(scheme, signed_id) {
        return Err(Rejection::MalformedHeader);
    }
    let url = url(source, head.query);
    let facts = Facts {
        timestamp: &stamp,
        id: signed_id,
        url: &url,
        method: head.method,
        headers: head.headers,
        signature: &way.text,
        jwt: way.jwt.as_ref().map_or("", |jwt| &jwt.signed),
    };
    let blurred = !head.query.is_empty() && scheme.blurs_url();
    if blurred && head.query.contains(['{', '[', '}', ']']) {
        return Err(Rejection::BadSignature);
    }
    let (contents, kept) = if scheme.opens_body(form) {
        (Vec::new(), Some(Box::new(Kept::of(&facts))))
    } else {
        (scheme.contents(&facts, None)?, None)
    };
    let keys = source.keys.get(way.number).map_or(&[][..], Vec::as_slice);
    // What is to be taken apart may be less than what the source takes.
    if kept.is_some() && declared.is_some_and(|length| length > MAX_OPENED) {
        return Err(Rejection::BodyTooLarge);
    }
    Ok(Screened {
        source,
        scheme,
        way: way.number,
        keys: Cow::Borrowed(keys),
        wanted: keys::wanted(source, scheme, head, way.jwt.as_ref())?.map(Box::new),
        candidates: handshake::candidates(source, head),
        found: None,
        family: way.family,
        id_signed: id_signed(scheme, &id),
        stamp: stamp_in_body(way.family),
        now,
        form,
        blurred,
        body_hash: way.body_hash,
        signatures: way.signatures,
        contents,
        kept,
        closed: Vec::new(),
        declared,
        id,
        event_type: lookup(&way.family.event_type, &head.headers).unwrap_or_default(),
    })
}

/// A header's value; an empty one is as good as none.
fn filled<'h>(headers: &Headers<'h>, name: &str) -> Option<&'h str> {
    headers.get(name).filter(|value| !value.is_empty())
}

/// Whether the header that the id would be taken from is covered by the signature. One of those that a
/// signature lists does not count: their values are joined, and nothing signed says where one ends.
fn id_signed(scheme: &Scheme, id: &Lookup<'_>) -> bool {
    let place = id.header.as_ref().map(|(place, _)| *place);
    place.is_some_and(|place| scheme.signs_place(place))
}

/// Where the body says when it was signed.
fn stamp_in_body(family: &Family) -> Lookup<'_> {
    let places = match &family.timestamp {
        Some(Stamp::At(place)) => std::slice::from_ref(place),
        _ => &[],
    };
    Lookup {
        places,
        header: None,
    }
}

/// The time of signing where the headers say it: its text as it was sent, and in milliseconds since 1970.
pub(super) fn timestamp<'h>(
    way: &Way<'_, 'h>,
    headers: &Headers<'h>,
) -> Result<(Cow<'h, str>, Option<u64>), Rejection> {
    let (Some(stamp), Some(unit)) = (&way.family.timestamp, way.scheme.unit) else {
        return Ok((Cow::Borrowed(""), None));
    };
    let text: Cow<'h, str> = match stamp {
        Stamp::At(Place::Header(name)) => filled(headers, name)
            .ok_or(Rejection::MissingTimestamp)?
            .into(),
        Stamp::At(Place::Claim(pointer)) => {
            let claim = way.jwt.as_ref().and_then(|jwt| jwt.claim(pointer));
            claim.ok_or(Rejection::MissingTimestamp)?.into()
        }
        Stamp::At(_) => return Ok((Cow::Borrowed(""), None)),
        Stamp::Field(field) => way
            .scheme
            .layout
            .single(&way.text, field)?
            .to_owned()
            .into(),
    };
    if text.len() > MAX_VALUE {
        return Err(Rejection::MalformedHeader);
    }
    let sent = unit.parse(&text).ok_or(Rejection::MalformedTimestamp)?;
    Ok((text, Some(sent)))
}

/// The places that come before the first header that has a value, and that value.
fn lookup<'s>(places: &'s [Place], headers: &Headers<'_>) -> Result<Lookup<'s>, Rejection> {
    for (at, place) in places.iter().enumerate() {
        let Place::Header(name) = place else {
            continue;
        };
        let Some(value) = filled(headers, name) else {
            continue;
        };
        if value.len() > MAX_TEXT || has_control(value) {
            return Err(Rejection::MalformedHeader);
        }
        return Ok(Lookup {
            places: places.get(..at).unwrap_or_default(),
            header: Some((place, value.to_owned())),
        });
    }
    Ok(Lookup {
        places,
        header: None,
    })
}

/// Whether the signed content could be read as another id with another timestamp: in
/// `{id}.{timestamp}.{body}`, an id such as `msg.1700000000`.
///
/// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme)
/// warns of ids that hold a full stop; those that hold no time are harmless, and are taken.
fn ambiguous(scheme: &Scheme, id: &str) -> bool {
    /// The ninth of September 2001: no count of seconds or milliseconds before it is a time of signing.
    const EARLIEST: u64 = 1_000_000_000_000;
    let time = |text: &str| {
        let time = scheme.unit.and_then(|unit| unit.parse(text));
        time.is_some_and(|millis| millis >= EARLIEST)
    };
    let mut threes = scheme.signed.iter().flat_map(|signed| signed.windows(3));
    threes.any(|parts| match parts {
        [
            Part::Id | Part::Header(_),
            Part::Literal(between),
            Part::Timestamp,
        ] => id.contains(between) && id.split(between).skip(1).any(time),
        [
            Part::Id | Part::Header(_),
            Part::Literal(between),
            Part::Body,
        ] => id.contains(between),
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
