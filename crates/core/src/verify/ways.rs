//! Which of a scheme's ways a request was signed in, and with which signatures.

use super::Head;
use crate::{
    encoding::Encoding,
    form::Form,
    hash::sha256,
    rejection::Rejection,
    scheme::{Algorithm, Family, Place, Scheme},
};

/// The way that a request was signed in, as far as its headers say.
#[derive(Debug)]
pub(super) struct Way<'s, 'h> {
    pub(super) scheme: &'s Scheme,
    pub(super) family: &'s Family,
    /// The text that signatures were read from; empty where it stands in the body.
    pub(super) text: &'h str,
    /// Those that could match at all; none yet where they stand in the body.
    pub(super) signatures: Vec<Vec<u8>>,
    /// The digest of the body that the query claims, where that is what was signed.
    pub(super) body_hash: Option<Vec<u8>>,
}

/// The first way whose signatures are there.
///
/// Which signatures a request carries is for its sender to say, so a weaker way is never more than the
/// provider offers. Where a way's signatures are there and cannot be decoded, only those that differ in
/// nothing but the algorithm and the encoding are looked at after it: a wrong signature is not saved by
/// another beside it.
pub(super) fn choose<'s, 'h>(
    scheme: &'s Scheme,
    head: &Head<'h>,
    is_form: bool,
) -> Result<Way<'s, 'h>, Rejection> {
    let mut refused = Rejection::MissingSignature;
    let mut undecodable: Option<&Scheme> = None;
    for way in scheme.ways() {
        if undecodable.is_some_and(|before| before.layout != way.layout) {
            continue;
        }
        match read(way, head, is_form) {
            Ok(Some(way)) => return Ok(way),
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
    head: &Head<'h>,
    is_form: bool,
) -> Result<Option<Way<'s, 'h>>, Rejection> {
    let body_hash = body_hash(scheme, head.query);
    if scheme.body_hash.is_some() && body_hash.is_none() {
        return Ok(None);
    }
    let found = scheme.families.iter().find_map(|family| {
        let texts = texts(family, head, is_form);
        texts.map(|texts| (family, texts))
    });
    let Some((family, texts)) = found else {
        return Ok(None);
    };
    let signatures = match texts.as_slice() {
        [] => Vec::new(),
        texts => of_all(scheme, texts)?,
    };
    let mut required = scheme.requires.iter();
    if !required.all(|(name, value)| head.headers.get(name) == Some(value)) {
        return Err(Rejection::UnrecognisedSignature);
    }
    Ok(Some(Way {
        scheme,
        family,
        text: texts.first().copied().unwrap_or_default(),
        signatures,
        body_hash,
    }))
}

/// The headers with signatures, at least one, or nothing to read yet where they stand in the body.
fn texts<'h>(family: &Family, head: &Head<'h>, is_form: bool) -> Option<Vec<&'h str>> {
    let name = match &family.signature {
        Place::Form(_) => return is_form.then(Vec::new),
        Place::Json(_) => return (!is_form).then(Vec::new),
        Place::Header(name) => name,
    };
    let headers = head.headers;
    let mut texts: Vec<&str> = if family.more.is_empty() {
        headers.get(name).into_iter().collect()
    } else {
        let all = headers.iter().filter(|(name, _)| family.is_signature(name));
        all.map(|(_, value)| value).collect()
    };
    texts.retain(|text| !text.is_empty());
    (!texts.is_empty()).then_some(texts)
}

/// The signatures of all of `texts`. One text that is not of this form does not spoil the others.
fn of_all(scheme: &Scheme, texts: &[&str]) -> Result<Vec<Vec<u8>>, Rejection> {
    let mut signatures = Vec::new();
    let mut refused = Rejection::MissingSignature;
    for text in texts {
        match decode(scheme, text) {
            Ok(found) => signatures.extend(found),
            Err(Rejection::MalformedHeader) => return Err(Rejection::MalformedHeader),
            Err(error) => refused = error,
        }
    }
    match signatures.is_empty() {
        true => Err(refused),
        false => Ok(signatures),
    }
}

/// Those signatures in `text` that could match at all. One that cannot does not spoil the others: a
/// provider may send one in a form that is newer than ours.
pub(super) fn decode(scheme: &Scheme, text: &str) -> Result<Vec<Vec<u8>>, Rejection> {
    let texts = scheme.layout.signatures(text)?;
    let decoded = texts.iter().filter_map(|text| scheme.encoding.decode(text));
    let decoded: Vec<Vec<u8>> = match scheme.algorithm {
        Algorithm::Hmac(hash) | Algorithm::Plain(hash) => decoded
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

/// The digest of the body that the signed query claims; empty, and so no digest's equal, where it is not one.
fn body_hash(scheme: &Scheme, query: &str) -> Option<Vec<u8>> {
    let name = scheme.body_hash.as_deref()?;
    let query = Form::parse(query.as_bytes());
    let hash = query.last(name)?;
    // Read as strictly as it is written: in lower case.
    let hash = Encoding::Hex
        .decode(hash)
        .filter(|bytes| Encoding::Hex.encode(bytes) == hash);
    Some(hash.unwrap_or_default())
}
