//! A scheme that the config writes out, as a row and through the same compiler.
//!
//! docs/schemes.md says which keys there are, and what they mean.

use super::{
    exchange::{answer, condition, handshake, read_keys},
    reader::Reader,
};
use crate::scheme::{
    Algorithm, At, Encoding, Grammar, Identity, Integrity, Key, KeySource, Row, Scheme, Signature,
    Timestamp,
};

/// Reads the members of a row; the names are those of the config.
pub(super) fn read(scheme: &mut Reader<'_, '_>) -> Option<Scheme> {
    let algorithm = scheme.named::<Algorithm>("algorithm");
    let algorithm = scheme.required("algorithm", algorithm);
    let token = algorithm == Some(Algorithm::Token);
    let encoding = scheme.named("encoding").or(token.then_some(Encoding::Text));
    let encoding = scheme.required("encoding", encoding);
    let mut strip = Vec::new();
    let key = scheme.table("key", |key| read_key(key, &mut strip));
    let mut urls = Vec::new();
    let keys = scheme.table("keys", |keys| read_keys(keys, &mut urls));
    let families = scheme.texts("families").unwrap_or_default();
    let mut more = Vec::new();
    let signature = scheme.table("signature", |signature| {
        read_signature(signature, &mut more)
    });
    let signature = scheme.required("signature", signature);
    let requires = scheme.tables("requires", condition);
    let timestamp = scheme.table("timestamp", timestamp);
    let signed = scheme.texts("signed").or(token.then(Vec::new));
    let signed = scheme.required("signed", signed).unwrap_or_default();
    let id = scheme.tables("id", place);
    let event_type = scheme.tables("type", place);
    let signs_id = signed.iter().any(|signed| signed.contains("{id}"));
    let by_default = if id.is_empty() {
        Identity::Content
    } else {
        Identity::IdAndContent
    };
    let greetings = scheme.tables("handshakes", handshake);
    let accepted = scheme.table("accepted", |accepted| {
        answer(accepted).map(|(reply, _)| reply)
    });
    let body_hash = match scheme.is_text("body_hash") {
        true => scheme.text("body_hash").map(At::Query),
        false => scheme.table("body_hash", |hash| one_of(hash, &[QUERY, CLAIM])),
    };
    let or = scheme.table("or", read);
    let row = Row {
        key: Key {
            strip: &strip,
            ..key.unwrap_or(Key::TEXT)
        },
        keys: match keys {
            Some(KeySource::Certificate { at, .. }) => KeySource::Certificate { at, urls: &urls },
            other => other.unwrap_or(KeySource::Secrets),
        },
        families: &families,
        requires: &requires,
        timestamp,
        body_hash,
        terse: scheme.flag("terse").unwrap_or(false),
        id: &id,
        id_required: scheme.flag("id_required").unwrap_or(signs_id),
        event_type: &event_type,
        identity: scheme.named("identity").unwrap_or(by_default),
        tolerance_seconds: scheme
            .number("tolerance_seconds", super::source::TOLERANCE)
            .unwrap_or(Row::BODY_HMAC_SHA256_HEX.tolerance_seconds),
        integrity: scheme.named("integrity").unwrap_or(Integrity::Body),
        algorithm: algorithm?,
        encoding: encoding?,
        signature: Signature {
            more: &more,
            ..signature?
        },
        signed: &signed,
        ..Row::BODY_HMAC_SHA256_HEX
    };
    if !scheme.clean() {
        return None;
    }
    let compiled = Scheme::build(&row, greetings, accepted);
    let compiled = compiled.and_then(|compiled| compiled.or(or));
    compiled
        .map_err(|error| scheme.error(error.key, error.reason))
        .ok()
}

/// A key; its prefixes go into `strip`.
fn read_key<'v>(key: &mut Reader<'v, '_>, strip: &mut Vec<&'v str>) -> Option<Key<'v>> {
    *strip = key.texts("strip").unwrap_or_default();
    let form = key.named("form").unwrap_or(Encoding::Text);
    Some(Key {
        form,
        strip: &[],
        bare: match key.flag("prefixed") {
            Some(true) => None,
            _ => Some(key.named("bare").unwrap_or(form)),
        },
        hash: key.named("hash"),
    })
}

/// A signature; its further headers go into `more`.
fn read_signature<'v>(
    signature: &mut Reader<'v, '_>,
    more: &mut Vec<&'v str>,
) -> Option<Signature<'v>> {
    let at = one_of(signature, &[HEADER, JSON, FORM, QUERY]);
    *more = signature.texts("more").unwrap_or_default();
    let prefix = signature.text("prefix");
    let field = signature.text("field");
    let separator = signature.text("separator");
    let equals = signature.text("equals");
    let first = signature.number("first", 0..=99);
    let jwt = signature.flag("jwt").unwrap_or(false);
    let list = separator.unwrap_or(",");
    let grammar = match (field, first) {
        (Some(field), _) => Grammar::Items {
            field,
            separator: list,
            equals: equals.unwrap_or("="),
        },
        (None, Some(first)) => Grammar::List {
            separator: list,
            first: usize::try_from(first).unwrap_or_default(),
        },
        (None, None) if jwt => Grammar::Jwt {
            prefix: prefix.unwrap_or_default(),
        },
        (None, None) => Grammar::Whole {
            prefix: prefix.unwrap_or_default(),
        },
    };
    if prefix.is_some() && (field.is_some() || first.is_some()) {
        signature.error("prefix", "has no place beside field or first");
    }
    if field.is_some() && first.is_some() {
        signature.error("first", "has no place beside field");
    }
    let alone = separator.filter(|_| first.is_none()).or(equals);
    if field.is_none() && alone.is_some() {
        signature.error("field", "is missing, and the header has separators");
    }
    Some(Signature::at(at?, grammar))
}

fn timestamp<'v>(timestamp: &mut Reader<'v, '_>) -> Option<Timestamp<'v>> {
    let unit = timestamp.named("unit");
    let unit = timestamp.required("unit", unit);
    Some(Timestamp {
        at: one_of(timestamp, &[HEADER, FIELD, JSON, FORM, CLAIM])?,
        unit: unit?,
    })
}

/// A kind of place, and how a text becomes one.
pub(super) type Kind = (&'static str, for<'v> fn(&'v str) -> At<'v>);

pub(super) const HEADER: Kind = ("header", |text| At::Header(text));
const FIELD: Kind = ("field", |text| At::Field(text));
pub(super) const JSON: Kind = ("json", |text| At::Json(text));
pub(super) const FORM: Kind = ("form", |text| At::Form(text));
pub(super) const CLAIM: Kind = ("claim", |text| At::Claim(text));
pub(super) const QUERY: Kind = ("query", |text| At::Query(text));

pub(super) fn place<'v>(place: &mut Reader<'v, '_>) -> Option<At<'v>> {
    one_of(place, &[HEADER, FIELD, JSON, FORM])
}

/// Exactly one of these kinds of place.
pub(super) fn one_of<'v>(place: &mut Reader<'v, '_>, kinds: &[Kind]) -> Option<At<'v>> {
    let mut found = None;
    for (name, at) in kinds {
        let Some(text) = place.text(name) else {
            continue;
        };
        if found.replace(at(text)).is_some() {
            place.error(name, "cannot stand beside another place");
        }
    }
    if found.is_none() {
        place.error("header", "is missing; json and form serve too");
    }
    found
}
