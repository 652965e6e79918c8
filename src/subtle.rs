//! MACs and digests by the host, over bytes that stay on the host's side.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::JsValue;
use waypost_core::hash::Piece;
use waypost_core::rejection::Rejection;
use waypost_core::scheme::Algorithm;
use waypost_core::source::Source;
use waypost_core::verify::{Digest, Hashed, Screened, Verified};

use crate::body::HostReader;
use crate::edge::Edge;
use crate::ffi::{self, SUBTLE};
use crate::host::settled;
use crate::log;

/// Verifies a body that is too large to be copied into wasm.
pub(crate) async fn verify(
    edge: &Edge,
    source: &Source,
    screened: Screened<'_>,
    body: &ArrayBuffer,
) -> Result<Verified, Rejection> {
    let needs = screened.needs();
    // One copy of a large body for each content, whatever is computed over it.
    let join = |pieces: &Vec<Piece>| joined(pieces, body, b"");
    let contents: Vec<JsValue> = screened.contents().iter().map(join).collect();
    let started: Vec<_> = match needs.digest {
        Digest::None => Vec::new(),
        Digest::Body => vec![digest(body)],
        Digest::Content => contents.iter().map(digest).collect(),
    };
    let body_hash = needs.body_hash.then(|| digest(body));
    let mut tags = Vec::new();
    for (pieces, content) in screened.contents().iter().zip(&contents) {
        for (place, key) in screened.keys().iter().enumerate() {
            let tag = match needs.tag {
                Algorithm::Token => break,
                Algorithm::Plain(hash) => {
                    let content = joined(pieces, body, key.expose());
                    hashed(&content, hash.web_name()).await
                }
                Algorithm::Hmac(hash) => {
                    // Ways may differ in the hash.
                    let slot = (source.name.clone(), place, hash.web_name());
                    let key = host_key(edge, slot, key.expose()).await.map_err(failed)?;
                    mac(&key, content).await
                }
            };
            tags.push(tag.map_err(failed)?);
        }
    }
    let mut digests = Vec::with_capacity(started.len());
    for digest in started {
        digests.push(digest.await.map_err(failed)?);
    }
    let body_hash = match body_hash {
        None => None,
        Some(digest) => Some(digest.await.map_err(failed)?),
    };
    let hashed = Hashed {
        length: u64::from(body.byte_length()),
        tags,
        digests,
        body_hash,
    };
    screened.verify_with(&hashed, HostReader::new(body))
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

async fn host_key(
    edge: &Edge,
    slot: (String, usize, &'static str),
    bytes: &[u8],
) -> Result<JsValue, JsValue> {
    if let Some(key) = edge.host_keys.borrow().get(&slot) {
        return Ok(key.clone());
    }
    let algorithm = js_sys::Object::new();
    js_sys::Reflect::set(&algorithm, &"name".into(), &"HMAC".into())?;
    js_sys::Reflect::set(&algorithm, &"hash".into(), &slot.2.into())?;
    let usages = Array::of1(&"sign".into());
    let bytes = Uint8Array::from(bytes);
    let key = SUBTLE.with(|subtle| subtle.import_key("raw", &bytes, &algorithm, false, &usages));
    let key = settled(key).await?;
    edge.host_keys.borrow_mut().insert(slot, key.clone());
    Ok(key)
}

async fn mac(key: &JsValue, content: &JsValue) -> Result<Vec<u8>, JsValue> {
    let mac = SUBTLE.with(|subtle| subtle.sign("HMAC", key, content))?;
    Ok(Uint8Array::new(&settled(Ok(mac)).await?).to_vec())
}

async fn hashed(content: &JsValue, hash: &str) -> Result<Vec<u8>, JsValue> {
    let digest = SUBTLE.with(|subtle| subtle.digest(hash, content));
    Ok(Uint8Array::new(&settled(digest).await?).to_vec())
}

/// Starts hashing at once, so that it runs beside the MAC.
fn digest(data: &JsValue) -> impl Future<Output = Result<[u8; 32], JsValue>> + use<> {
    let started = SUBTLE.with(|subtle| subtle.digest("SHA-256", data));
    async {
        let digest = Uint8Array::new(&settled(started).await?).to_vec();
        digest
            .try_into()
            .map_err(|_| JsValue::from_str("a digest that is not 32 bytes long"))
    }
}

fn failed(error: JsValue) -> Rejection {
    log::error("crypto", &log::reason(&error));
    Rejection::Internal
}
