//! A scheme that the config writes out, as a row and through the same compiler.
//!
//! | key | value |
//! |---|---|
//! | `algorithm` | `hmac-sha1`, `hmac-sha256`, `hmac-sha384`, `hmac-sha512`, or `token`: the secret itself is sent |
//! | `encoding` | of the signature: `hex`, `base64`, `base64url` (not for `token`) |
//! | `key` | how a secret becomes the key: `form` (`text`, `hex`, `base64`, `base64url`; by default `text`), `strip` (prefixes) |
//! | `families` | what `{family}` in header names stands for, one after the other |
//! | `signature` | `header`, and `prefix` or else `field` with `separator` (`,`) and `equals` (`=`) |
//! | `timestamp` | `header` or `field` (of the signature header), and `unit`: `s`, `ms`, `rfc3339` |
//! | `signed` | text with `{body}`, `{timestamp}`, `{id}`, `{url}`, `{method}` |
//! | `id`, `type` | one place or a list of places, each `header` or `json` (a pointer) |
//! | `id_required` | by default false; true where `{id}` is signed |
//! | `identity` | `id`, `id+content`, `content`, `none`; by default `id+content`, or `content` without an `id` |
//! | `tolerance_seconds` | by default 300 |
//! | `integrity` | `none` says that the body is not signed, and that this is meant |

use super::reader::Reader;
use crate::scheme::{
    Algorithm, At, Encoding, Grammar, Identity, Integrity, Key, Row, Scheme, Signature, Timestamp,
};

/// Reads the members of a row; the names are those of the config.
pub(super) fn read(scheme: &mut Reader<'_, '_>) -> Option<Scheme> {
    let algorithm = scheme.named::<Algorithm>("algorithm");
    let algorithm = scheme.required("algorithm", algorithm);
    let token = algorithm == Some(Algorithm::Token);
    let encoding = scheme.named("encoding").or(token.then_some(Encoding::Text));
    let encoding = scheme.required("encoding", encoding);
    let (form, strip) = scheme
        .table("key", key)
        .unwrap_or((Encoding::Text, Vec::new()));
    let families = scheme.texts("families").unwrap_or_default();
    let signature = scheme.table("signature", signature);
    let signature = scheme.required("signature", signature);
    let timestamp = scheme.table("timestamp", timestamp);
    let signed = scheme.text("signed").or(token.then_some(""));
    let signed = scheme.required("signed", signed);
    let id = scheme.tables("id", place);
    let event_type = scheme.tables("type", place);
    let signs_id = signed.is_some_and(|signed| signed.contains("{id}"));
    let by_default = if id.is_empty() {
        Identity::Content
    } else {
        Identity::IdAndContent
    };
    let row = Row {
        key: Key {
            form,
            strip: &strip,
        },
        families: &families,
        timestamp,
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
        signature: signature?,
        signed: signed?,
        ..Row::BODY_HMAC_SHA256_HEX
    };
    if !scheme.clean() {
        return None;
    }
    Scheme::compile(&row)
        .map_err(|error| scheme.error(error.key, &error.reason))
        .ok()
}

fn key<'v>(key: &mut Reader<'v, '_>) -> Option<(Encoding, Vec<&'v str>)> {
    let form = key.named("form").unwrap_or(Encoding::Text);
    Some((form, key.texts("strip").unwrap_or_default()))
}

fn signature<'v>(signature: &mut Reader<'v, '_>) -> Option<Signature<'v>> {
    let header = signature.text("header");
    let header = signature.required("header", header);
    let prefix = signature.text("prefix");
    let field = signature.text("field");
    let separator = signature.text("separator");
    let equals = signature.text("equals");
    let grammar = match field {
        Some(field) => Grammar::Items {
            field,
            separator: separator.unwrap_or(","),
            equals: equals.unwrap_or("="),
        },
        None => Grammar::Whole {
            prefix: prefix.unwrap_or_default(),
        },
    };
    if prefix.is_some() && field.is_some() {
        signature.error("prefix", "has no place beside field");
    }
    if field.is_none() && (separator.is_some() || equals.is_some()) {
        signature.error("field", "is missing, and the header has separators");
    }
    Some(Signature {
        header: header?,
        grammar,
    })
}

fn timestamp<'v>(timestamp: &mut Reader<'v, '_>) -> Option<Timestamp<'v>> {
    let unit = timestamp.named("unit");
    let unit = timestamp.required("unit", unit);
    Some(Timestamp {
        at: place(timestamp)?,
        unit: unit?,
    })
}

/// Exactly one of the kinds of place.
fn place<'v>(place: &mut Reader<'v, '_>) -> Option<At<'v>> {
    let header = place.text("header").map(At::Header);
    let field = place.text("field").map(At::Field);
    let json = place.text("json").map(At::Json);
    let mut given = [header, field, json].into_iter().flatten();
    let at = given.next();
    match (at, given.next()) {
        (None, _) => place.error("header", "is missing; json serves too"),
        (Some(_), Some(_)) => place.error("header", "cannot stand beside another place"),
        (Some(_), None) => {}
    }
    at
}
