//! MACs and digests by the host, over bytes that stay on the host's side.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::JsValue;
use waypost_core::hash::Piece;
use waypost_core::rejection::Rejection;
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
    let content = content(&screened, body);
    let digest = match screened.needs().digest {
        Digest::None => None,
        Digest::Body => Some(digest(body)),
        Digest::Content => Some(digest(&content)),
    };
    let mut macs = Vec::with_capacity(screened.keys().len());
    if let Some(hash) = screened.needs().mac {
        for (place, key) in screened.keys().iter().enumerate() {
            let slot = (source.name.clone(), place);
            let key = host_key(edge, slot, key.expose(), hash.web_name())
                .await
                .map_err(failed)?;
            macs.push(mac(&key, &content).await.map_err(failed)?);
        }
    }
    let digest = match digest {
        None => None,
        Some(promise) => Some(promise.await.map_err(failed)?),
    };
    let hashed = Hashed {
        length: u64::from(body.byte_length()),
        macs,
        digest,
    };
    screened.verify_with(&hashed, HostReader::new(body))
}

/// The signed content as one buffer. Where it is the body alone, it is the body's own.
fn content(screened: &Screened<'_>, body: &ArrayBuffer) -> JsValue {
    let (mut head, mut tail, mut bodies) = (Vec::new(), Vec::new(), 0);
    for piece in screened.content() {
        match piece {
            Piece::Body => bodies += 1,
            Piece::Bytes(bytes) if bodies == 0 => head.extend_from_slice(bytes),
            Piece::Bytes(bytes) => tail.extend_from_slice(bytes),
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
    slot: (String, usize),
    bytes: &[u8],
    hash: &str,
) -> Result<JsValue, JsValue> {
    if let Some(key) = edge.host_keys.borrow().get(&slot) {
        return Ok(key.clone());
    }
    let algorithm = js_sys::Object::new();
    js_sys::Reflect::set(&algorithm, &"name".into(), &"HMAC".into())?;
    js_sys::Reflect::set(&algorithm, &"hash".into(), &hash.into())?;
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
