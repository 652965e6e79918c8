//! MACs, digests and public keys' signatures by the host, over bytes that stay on the host's side.

use js_sys::{ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::hash::Piece;
use waypost_core::rejection::Rejection;
use waypost_core::scheme::Algorithm;
use waypost_core::secret::Secret;
use waypost_core::source::Source;
use waypost_core::verify::{Digest, Hashed, Screened, Verified};

use crate::body::HostReader;
use crate::edge::Edge;
use crate::ffi::{self, SUBTLE};
use crate::host::settled;
use crate::keys::{self, OwnKey};
use crate::log;

/// Verifies a body that is too large to be copied into wasm, or what only the host can verify.
pub(crate) async fn verify<'s>(
    edge: &Edge,
    source: &'static Source,
    screened: Screened<'s>,
    body: &ArrayBuffer,
    now: u64,
) -> Result<Verified<'s>, Rejection> {
    let needs = screened.needs();
    // One copy of a large body for each content, whatever is computed over it.
    let join = |pieces: &Vec<Piece>| joined(pieces, body, b"");
    let contents: Vec<JsValue> = screened.contents().iter().map(join).collect();
    let fetched = match screened.wanted_key() {
        Some(wanted) => Some(
            edge.keys
                .fetched(&source.name, wanted, needs.tag, now)
                .await?,
        ),
        None => None,
    };
    let mut hashed = Hashed {
        length: u64::from(body.byte_length()),
        ..Hashed::default()
    };
    for (pieces, content) in screened.contents().iter().zip(&contents) {
        for (place, secret) in secrets(&screened).iter().enumerate() {
            // What is hashed without a key, and what is signed where the keys are fetched, may hold the secret.
            let content = match pieces.contains(&Piece::Secret) {
                true => &joined(pieces, body, secret),
                false => content,
            };
            let key = match (needs.tag, &fetched) {
                (Algorithm::Token, _) => break,
                (Algorithm::Plain(hash), _) => {
                    let started = SUBTLE.with(|subtle| subtle.digest(hash.web_name(), content));
                    hashed.tags.push(bytes(started).await?);
                    continue;
                }
                (_, Some(key)) => key.clone(),
                (tag, None) => {
                    let slot = OwnKey {
                        source: &source.name,
                        way: screened.way(),
                        place,
                    };
                    let slot = (!source.is_handed()).then_some(slot);
                    edge.keys.own(slot, tag, secret).await?
                }
            };
            // A MAC is compared by the host where there is one signature; for several it is made once.
            if !needs.tag.is_public() && screened.signatures().len() > 1 {
                let started = SUBTLE.with(|subtle| subtle.sign("HMAC", &key, content));
                hashed.tags.push(bytes(started).await?);
                continue;
            }
            let (name, hash) = keys::host_names(needs.tag);
            let mut matched = false;
            for signature in screened.signatures() {
                let checked = ffi::verify(name, hash, &key, signature, content);
                matched |= settled(checked).await.map_err(failed)?.is_truthy();
            }
            hashed.matches.push(matched);
        }
    }
    // What is refused is hashed no further.
    if screened.is_signed(&hashed) {
        match needs.digest {
            Digest::None => {}
            Digest::Body => hashed.digests.push(digest(body).await?),
            Digest::Content => {
                for content in &contents {
                    hashed.digests.push(digest(content).await?);
                }
            }
        }
        if needs.body_hash {
            hashed.body_hash = Some(digest(body).await?);
        }
    }
    screened.verify_with(&hashed, HostReader::new(body))
}

/// The secrets that content may be signed with, or hold; an empty one where there is none.
fn secrets<'s>(screened: &'s Screened<'_>) -> Vec<&'s [u8]> {
    let secrets: Vec<&[u8]> = screened.keys().iter().map(Secret::expose).collect();
    match secrets.is_empty() {
        true => vec![&[]],
        false => secrets,
    }
}

/// A signed content as one buffer. Where it is the body alone, it is the body's own.
fn joined(pieces: &[Piece], body: &ArrayBuffer, secret: &[u8]) -> JsValue {
    let (mut head, mut tail, mut bodies) = (Vec::new(), Vec::new(), 0);
    for piece in pieces {
        match piece {
            Piece::Body => bodies += 1,
            piece if bodies == 0 => head.extend_from_slice(piece.bytes(&[], secret)),
            piece => tail.extend_from_slice(piece.bytes(&[], secret)),
        }
    }
    match (bodies, head.is_empty() && tail.is_empty()) {
        (0, _) => Uint8Array::from(head.as_slice()).into(),
        (_, true) => body.clone().into(),
        (_, false) => ffi::join(&head, body, &tail).into(),
    }
}

/// What a promise of bytes brings.
async fn bytes(promise: Result<Promise, JsValue>) -> Result<Vec<u8>, Rejection> {
    let bytes = settled(promise).await.map_err(failed)?;
    Ok(ffi::bytes(bytes.unchecked_ref()))
}

async fn digest(data: &JsValue) -> Result<[u8; 32], Rejection> {
    let started = SUBTLE.with(|subtle| subtle.digest("SHA-256", data));
    let digest = bytes(started).await?;
    digest.try_into().map_err(|_| Rejection::Internal)
}

pub(crate) fn failed(error: JsValue) -> Rejection {
    log::error("crypto", &log::reason(&error));
    Rejection::Internal
}
