//! The host's part in tests: signatures with public keys, by another implementation than any host's.

use der::{
    Decode, Reader, SliceReader,
    asn1::{AnyRef, BitStringRef},
};
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use waypost_core::{
    encoding::Encoding,
    hash::{Hash, Piece},
    rejection::Rejection,
    scheme::Algorithm,
    verify::{Imported, KeyError, Screened, WantedKey},
};

/// Whether any of the signatures is one over a content, for each content and key.
pub(super) fn matches(
    screened: &Screened<'_>,
    body: &[u8],
    now: u64,
    fetch: &dyn Fn(&WantedKey) -> Option<String>,
) -> Result<Vec<bool>, Rejection> {
    let algorithm = screened.needs().tag;
    let fetched = match screened.wanted_key() {
        None => None,
        Some(wanted) => {
            let text = fetch(wanted).ok_or(Rejection::KeyUnavailable)?;
            let key = wanted.read(&text, now).map_err(|error| match error {
                KeyError::Unreadable => Rejection::KeyUnavailable,
                KeyError::Unknown | KeyError::Expired => Rejection::BadSignature,
            })?;
            Some(key)
        }
    };
    let mut secrets: Vec<&[u8]> = screened.keys().iter().map(|key| key.expose()).collect();
    if secrets.is_empty() {
        secrets.push(&[]);
    }
    let mut matches = Vec::new();
    for pieces in screened.contents() {
        for secret in &secrets {
            let content: Vec<u8> = pieces
                .iter()
                .flat_map(|piece: &Piece| piece.bytes(body, secret))
                .copied()
                .collect();
            let own = match algorithm {
                Algorithm::Ed25519 => None,
                _ => Some(Imported::Spki(secret.to_vec())),
            };
            let key = fetched.clone().or(own);
            let genuine =
                |signature: &Vec<u8>| verify(algorithm, key.as_ref(), secret, &content, signature);
            matches.push(screened.signatures().iter().any(genuine));
        }
    }
    Ok(matches)
}

fn verify(
    algorithm: Algorithm,
    key: Option<&Imported>,
    raw: &[u8],
    content: &[u8],
    signature: &[u8],
) -> bool {
    let by: &'static dyn VerificationAlgorithm = match algorithm {
        Algorithm::Ed25519 => &ED25519,
        Algorithm::EcdsaP256 | Algorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
        Algorithm::Rsa(Hash::Sha1) => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        _ => &RSA_PKCS1_2048_8192_SHA256,
    };
    let checked = match key {
        None => UnparsedPublicKey::new(by, raw).verify(content, signature),
        Some(Imported::Spki(der)) => {
            UnparsedPublicKey::new(by, inner(der)).verify(content, signature)
        }
        Some(Imported::Jwk(text)) => {
            let jwk: serde_json::Value = serde_json::from_str(text).expect("a key");
            let part = |name: &str| {
                Encoding::Base64Url
                    .decode(jwk[name].as_str().unwrap_or_default())
                    .expect("a number")
            };
            match jwk["kty"].as_str() {
                Some("EC") => {
                    let point = [vec![4], part("x"), part("y")].concat();
                    UnparsedPublicKey::new(by, point).verify(content, signature)
                }
                _ => RsaPublicKeyComponents {
                    n: part("n"),
                    e: part("e"),
                }
                .verify(&RSA_PKCS1_2048_8192_SHA256, content, signature),
            }
        }
    };
    checked.is_ok()
}

/// The key inside a SubjectPublicKeyInfo.
fn inner(der: &[u8]) -> Vec<u8> {
    let whole = AnyRef::from_der(der).expect("DER");
    let mut reader = SliceReader::new(whole.value()).expect("a sequence");
    reader.tlv_bytes().expect("an algorithm");
    let bits: BitStringRef<'_> = reader.decode().expect("bits");
    bits.as_bytes().expect("whole bytes").to_vec()
}
