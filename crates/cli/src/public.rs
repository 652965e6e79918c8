//! Signatures that are checked with public keys, which the core leaves to its host.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};
use waypost_core::{
    hash::{Hash, Piece, sha256},
    rejection::Rejection,
    scheme::Algorithm,
    verify::{Digest, Hashed, Screened, Verified},
};

/// The length of an uncompressed point of P-256, which a SubjectPublicKeyInfo ends with.
const POINT: usize = 65;
/// What stands before the key in the SubjectPublicKeyInfo of RSA: its name, and a bit string's head.
const RSA: &[u8] = &[
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82,
];

/// Decides over a body with public keys that the config holds.
///
/// # Errors
///
/// As [`Screened::verify`].
pub(crate) fn verify<'s>(
    mut screened: Screened<'s>,
    body: &[u8],
) -> Result<Verified<'s>, Rejection> {
    screened.check_length(body.len() as u64)?;
    screened.open(body)?;
    let needs = screened.needs();
    let contents: Vec<Vec<u8>> = screened
        .contents()
        .iter()
        .map(|pieces| joined(pieces, body))
        .collect();
    let matches = contents.iter().flat_map(|content| {
        let keys = screened.keys().iter();
        keys.map(|key| {
            let mut signatures = screened.signatures().iter();
            signatures.any(|signature| is_by(needs.tag, key.expose(), content, signature))
        })
    });
    let hashed = Hashed {
        length: body.len() as u64,
        tags: Vec::new(),
        matches: matches.collect(),
        digests: match needs.digest {
            Digest::None => Vec::new(),
            Digest::Body => vec![sha256([body])],
            Digest::Content => contents
                .iter()
                .map(|content| sha256([content.as_slice()]))
                .collect(),
        },
        body_hash: needs.body_hash.then(|| sha256([body])),
    };
    screened.verify_with(&hashed, body)
}

fn joined(pieces: &[Piece], body: &[u8]) -> Vec<u8> {
    let bytes = pieces.iter().map(|piece| piece.bytes(body, b""));
    bytes.collect::<Vec<_>>().concat()
}

fn is_by(algorithm: Algorithm, key: &[u8], content: &[u8], signature: &[u8]) -> bool {
    let point = || key.last_chunk::<POINT>().map(|point| point.as_slice());
    let (algorithm, key): (&dyn VerificationAlgorithm, Option<&[u8]>) = match algorithm {
        Algorithm::Ed25519 => (&ED25519, Some(key)),
        Algorithm::EcdsaP256 => (&ECDSA_P256_SHA256_ASN1, point()),
        Algorithm::Es256 => (&ECDSA_P256_SHA256_FIXED, point()),
        Algorithm::Rsa(Hash::Sha384) => (&RSA_PKCS1_2048_8192_SHA384, pkcs1(key)),
        Algorithm::Rsa(Hash::Sha512) => (&RSA_PKCS1_2048_8192_SHA512, pkcs1(key)),
        Algorithm::Rsa(_) => (&RSA_PKCS1_2048_8192_SHA256, pkcs1(key)),
        _ => return false,
    };
    key.is_some_and(|key| {
        UnparsedPublicKey::new(algorithm, key)
            .verify(content, signature)
            .is_ok()
    })
}

/// The key itself: behind the bit string's length, two bytes, and its count of unused bits, one.
fn pkcs1(info: &[u8]) -> Option<&[u8]> {
    let at = info.windows(RSA.len()).position(|window| window == RSA)?;
    info.get(at.checked_add(RSA.len())?.checked_add(3)?..)
}
