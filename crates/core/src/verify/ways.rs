//! Which of a scheme's ways a request was signed in, and with which signatures.

use std::borrow::Cow;

use super::{Head, jwt::Jwt};
use crate::{
    certificate,
    encoding::Encoding,
    form::Form,
    hash::sha256,
    rejection::Rejection,
    scheme::{Algorithm, Expected, Family, KeysFrom, Layout, Place, Scheme},
    source::Source,
};

/// The way that a request was signed in, as far as its headers say.
#[derive(Debug)]
pub(super) struct Way<'s, 'h> {
    pub(super) scheme: &'s Scheme,
    /// Its place among the scheme's ways.
    pub(super) number: usize,
    pub(super) family: &'s Family,
    /// The text that signatures were read from; empty where it stands in the body.
    pub(super) text: Cow<'h, str>,
    /// Those that could match at all; none yet where they stand in the body.
    pub(super) signatures: Vec<Vec<u8>>,
    /// The digest of the body that the query claims, where that is what was signed.
    pub(super) body_hash: Option<Vec<u8>>,
    /// The token, where the signature is one.
    pub(super) jwt: Option<Jwt>,
}

/// The first way whose signatures are there.
///
/// Which signatures a request carries is for its sender to say, so a weaker way is never more than the
/// provider offers. Where a way's signatures are there and cannot be decoded, only those that differ in
/// nothing but the algorithm and the encoding are looked at after it: a wrong signature is not saved by
/// another beside it.
pub(super) fn choose<'s, 'h>(
    source: &'s Source,
    head: &Head<'h>,
    is_form: bool,
) -> Result<Way<'s, 'h>, Rejection> {
    let mut refused = Rejection::MissingSignature;
    let mut undecodable: Option<&Scheme> = None;
    let ways = source.scheme.ways().zip(&source.keys).enumerate();
    for (number, (way, keys)) in ways {
        // Nobody can have signed in a way that the source has no key for.
        if way.keys_from == KeysFrom::Secrets && keys.is_empty() {
            continue;
        }
        if undecodable.is_some_and(|before| before.layout != way.layout) {
            continue;
        }
        match read(way, source, head, is_form) {
            Ok(Some(way)) => return Ok(Way { number, ..way }),
            Ok(None) => {}
            Err(error) => {
                if error == Rejection::UndecodableSignature {
                    undecodable = Some(way);
                }
                // A later way, of another form, must not hide that this one's header is broken.
                if refused != Rejection::MalformedHeader {
                    refused = error;
                }
            }
        }
    }
    Err(refused)
}

/// The way with its signatures; none where the request carries nothing of it.
fn read<'s, 'h>(
    scheme: &'s Scheme,
    source: &Source,
    head: &Head<'h>,
    is_form: bool,
) -> Result<Option<Way<'s, 'h>>, Rejection> {
    let mut body_hash = None;
    if let Some(Place::Query(name)) = &scheme.body_hash {
        let query = Form::parse(head.query.as_bytes());
        let Some(hash) = query.last(name) else {
            return Ok(None);
        };
        body_hash = Some(claimed(hash));
    }
    let found = scheme.families.iter().find_map(|family| {
        let texts = texts(family, head, is_form);
        texts.map(|texts| (family, texts))
    });
    let Some((family, (text, more))) = found else {
        return Ok(None);
    };
    let signatures = match text.is_empty() {
        true => Vec::new(),
        false => of_all(scheme, &text, &more)?,
    };
    let jwt = match &scheme.layout {
        Layout::Jwt(prefix) => Some(Jwt::read(scheme, &text, prefix)?),
        _ => None,
    };
    if let (Some(Place::Claim(pointer)), Some(jwt)) = (&scheme.body_hash, &jwt) {
        body_hash = Some(claimed(&jwt.claim(pointer).unwrap_or_default()));
    }
    meets(scheme, source, |place| match place {
        Place::Header(name) => Some(head.headers.get(name).map(str::to_owned)),
        Place::Claim(pointer) => Some(jwt.as_ref().and_then(|jwt| jwt.claim(pointer))),
        Place::Query(name) => {
            let query = Form::parse(head.query.as_bytes());
            Some(query.last(name).map(str::to_owned))
        }
        Place::Json(_) | Place::Form(_) => None,
    })?;
    Ok(Some(Way {
        scheme,
        number: 0,
        family,
        text,
        signatures,
        body_hash,
        jwt,
    }))
}

/// Checks what must stand where, as far as `at` can say.
pub(super) fn meets(
    scheme: &Scheme,
    source: &Source,
    at: impl Fn(&Place) -> Option<Option<String>>,
) -> Result<(), Rejection> {
    for (place, expected) in &scheme.requires {
        let Some(text) = at(place) else {
            continue;
        };
        if !source.meets(expected, text.as_deref()) {
            return Err(match expected {
                Expected::Text(_) if !matches!(place, Place::Claim(_)) => {
                    Rejection::UnrecognisedSignature
                }
                _ => Rejection::Unexpected,
            });
        }
    }
    Ok(())
}

/// The first header with signatures and those after it, or an empty text where they stand in the body.
fn texts<'h>(
    family: &Family,
    head: &Head<'h>,
    is_form: bool,
) -> Option<(Cow<'h, str>, Vec<&'h str>)> {
    let in_body = (Cow::Borrowed(""), Vec::new());
    let name = match &family.signature {
        Place::Form(_) => return is_form.then_some(in_body),
        Place::Json(_) => return (!is_form).then_some(in_body),
        Place::Header(name) => name,
        Place::Query(name) => {
            let query = Form::parse(head.query.as_bytes());
            let value = query.last(name).filter(|value| !value.is_empty())?;
            return Some((Cow::Owned(value.to_owned()), Vec::new()));
        }
        Place::Claim(_) => return None,
    };
    let filled = |text: &&str| !text.is_empty();
    if family.more.is_empty() {
        let text = head.headers.get(name).filter(filled)?;
        return Some((Cow::Borrowed(text), Vec::new()));
    }
    let all = head.headers.iter();
    let all = all.filter(|(name, _)| family.is_signature(name));
    let mut texts = all.map(|(_, text)| text).filter(filled);
    Some((Cow::Borrowed(texts.next()?), texts.collect()))
}

/// The signatures of all these texts. One text that is not of this form does not spoil the others.
fn of_all(scheme: &Scheme, text: &str, more: &[&str]) -> Result<Vec<Vec<u8>>, Rejection> {
    let mut signatures = decode(scheme, text);
    for text in more {
        if signatures == Err(Rejection::MalformedHeader) {
            break;
        }
        match (&mut signatures, decode(scheme, text)) {
            (Ok(_), Err(error)) if error != Rejection::MalformedHeader => {}
            (Ok(all), Ok(found)) => all.extend(found),
            (all, found) => *all = found,
        }
    }
    signatures
}

/// Those signatures in `text` that could match at all. One that cannot does not spoil the others: a
/// provider may send one in a form that is newer than ours.
pub(super) fn decode(scheme: &Scheme, text: &str) -> Result<Vec<Vec<u8>>, Rejection> {
    let mut decoded = Vec::new();
    let layout = &scheme.layout;
    layout.each_signature(text, |text| decoded.extend(usable(scheme, text)))?;
    if decoded.is_empty() {
        Err(Rejection::UndecodableSignature)
    } else {
        Ok(decoded)
    }
}

/// A signature as it is compared, where it could match at all.
fn usable(scheme: &Scheme, text: &str) -> Option<Vec<u8>> {
    let bytes = scheme.encoding.decode(text)?;
    let fits = match scheme.algorithm {
        Algorithm::Hmac(hash) | Algorithm::Plain(hash) => bytes.len() == hash.length(),
        Algorithm::Ed25519 | Algorithm::Es256 => bytes.len() == 64,
        Algorithm::Rsa(_) => bytes.len() <= MAX_RSA,
        // The host takes the two numbers and not their DER.
        Algorithm::EcdsaP256 => return certificate::p256(&bytes),
        // Tokens are compared by their digests, since a comparison cannot hide a difference in length.
        Algorithm::Token if bytes.is_empty() => false,
        Algorithm::Token => return Some(sha256([bytes.as_slice()]).to_vec()),
    };
    fits.then_some(bytes)
}

/// The longest RSA signature, in bytes.
const MAX_RSA: usize = 1024;

/// The digest of the body that was signed; empty, and so no digest's equal, where it is not one.
fn claimed(hash: &str) -> Vec<u8> {
    // Read as strictly as it is written: in lower case.
    let bytes = Encoding::Hex.decode(hash);
    let bytes = bytes.filter(|bytes| Encoding::Hex.encode(bytes) == hash);
    bytes.unwrap_or_default()
}
