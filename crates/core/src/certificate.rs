//! What is needed of X.509 and of ECDSA's signatures, out of their DER.

use der::{
    Reader, SliceReader, Tag,
    asn1::{AnyRef, UintRef},
};

use crate::{encoding::Encoding, verify::KeyError, window::Unit};

/// The public key of the first certificate in a PEM file, as a SubjectPublicKeyInfo
/// ([RFC 5280](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)). `now` is in milliseconds since 1970.
///
/// That the certificate is the provider's is known from where it was fetched; nobody's signature on it is
/// checked.
///
/// # Errors
///
/// [`KeyError::Expired`] outside the certificate's own time, [`KeyError::Unreadable`] where it is none.
pub fn public_key(pem: &str, now: u64) -> Result<Vec<u8>, KeyError> {
    let der = first(pem).ok_or(KeyError::Unreadable)?;
    let Certificate { from, until, key } = read(&der).ok_or(KeyError::Unreadable)?;
    match from <= now && now <= until {
        true => Ok(key),
        false => Err(KeyError::Expired),
    }
}

/// The first certificate's DER ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468#section-5)).
fn first(pem: &str) -> Option<Vec<u8>> {
    let (_, after) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (lines, _) = after.split_once("-----END CERTIFICATE-----")?;
    Encoding::Base64.decode(&lines.split_whitespace().collect::<String>())
}

struct Certificate {
    from: u64,
    until: u64,
    key: Vec<u8>,
}

fn read(der: &[u8]) -> Option<Certificate> {
    let mut certificate = inside(&mut reader(der)?)?;
    let mut signed = inside(&mut certificate)?;
    // The version stands in brackets of its own, and may be absent.
    if Tag::peek(&signed).ok()?.is_context_specific() {
        signed.tlv_bytes().ok()?;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        signed.tlv_bytes().ok()?;
    }
    let mut validity = inside(&mut signed)?;
    let (from, until) = (time(&mut validity)?, time(&mut validity)?);
    // Subject.
    signed.tlv_bytes().ok()?;
    let key = signed.tlv_bytes().ok()?.to_vec();
    Some(Certificate { from, until, key })
}

fn reader(der: &[u8]) -> Option<SliceReader<'_>> {
    SliceReader::new(der).ok()
}

/// What a sequence holds.
fn inside<'d>(around: &mut SliceReader<'d>) -> Option<SliceReader<'d>> {
    let any: AnyRef<'d> = around.decode().ok()?;
    (any.header().tag() == Tag::Sequence)
        .then(|| reader(any.value()))
        .flatten()
}

/// `YYMMDDhhmmssZ` or, from 2050 on, `YYYYMMDDhhmmssZ`, as RFC 5280 restricts both (section 4.1.2.5); in
/// milliseconds since 1970.
fn time(around: &mut SliceReader<'_>) -> Option<u64> {
    let any: AnyRef<'_> = around.decode().ok()?;
    let text = std::str::from_utf8(any.value()).ok()?;
    let century = match text.len() {
        15 => "",
        13 if text < "5" => "20",
        _ => "19",
    };
    let digits = format!("{century}{text}");
    let part = |from: usize, to: usize| digits.get(from..to);
    let [year, month, day] = [part(0, 4)?, part(4, 6)?, part(6, 8)?];
    let [hour, minute, second] = [part(8, 10)?, part(10, 12)?, part(12, 14)?];
    Unit::Rfc3339.parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

/// An ECDSA signature for P-256 as two numbers of 32 bytes, from its DER; none where it is none.
pub(crate) fn p256(der: &[u8]) -> Option<Vec<u8>> {
    let mut around = reader(der)?;
    let mut numbers = inside(&mut around)?;
    let mut both = Vec::with_capacity(64);
    for _ in 0..2 {
        let number: UintRef<'_> = numbers.decode().ok()?;
        let bytes = number.as_bytes();
        both.resize(both.len() + 32_usize.checked_sub(bytes.len())?, 0);
        both.extend_from_slice(bytes);
    }
    (numbers.is_finished() && around.is_finished()).then_some(both)
}
