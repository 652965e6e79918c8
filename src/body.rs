//! Reading a body: any bytes, never more than the cap, never a large one into wasm.

use js_sys::{Array, ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::rejection::Rejection;
use web_sys::{ReadableStreamDefaultReader, Request};

use crate::ffi;
use crate::host::settled;
use crate::in_flight::{InFlight, Lease};

/// Up to this a MAC and a digest in wasm are cheaper than the host's, which cost one more promise; the
/// figure is in docs/performance.md.
const SMALL: u32 = 2 * 1024;

/// A sender that pauses for longer than this, or takes longer for a body of known length, gives its
/// place to another.
const DEADLINE_MS: u32 = 60_000;

/// A body below this takes up too little to be worth a timer.
const UNTIMED: u64 = 64 * 1024;

/// Whether a body of this length takes up so much that its request must see its own end.
pub(crate) fn is_large(declared: Option<u64>) -> bool {
    declared.is_none_or(|length| length >= UNTIMED)
}

/// A whole body. It counts as in flight while this lives.
pub(crate) struct Body<'e> {
    /// The bytes, on the host's side.
    pub(crate) buffer: ArrayBuffer,
    /// The same bytes in wasm, where they are few.
    pub(crate) small: Option<Vec<u8>>,
    length: u32,
    _lease: Lease<'e>,
}

impl<'e> Body<'e> {
    /// Reads the request's body, no more of it than the source takes, however it is framed.
    pub(crate) async fn read(
        request: &Request,
        declared: Option<u64>,
        fits: &dyn Fn(u64) -> Result<(), Rejection>,
        in_flight: &'e InFlight,
    ) -> Result<Self, Rejection> {
        let mut lease = in_flight.lease();
        let buffer = match declared {
            Some(length) => {
                // What is small is bounded by the number of requests.
                if is_large(declared) {
                    lease.grow(length)?;
                }
                whole(request, length).await?
            }
            None => counted(request, fits, &mut lease).await?,
        };
        let length = buffer.byte_length();
        fits(u64::from(length))?;
        let small = (length <= SMALL).then(|| ffi::bytes(&buffer));
        Ok(Self {
            buffer,
            small,
            length,
            _lease: lease,
        })
    }

    pub(crate) fn len(&self) -> u64 {
        u64::from(self.length)
    }

    /// Puts `bytes`, as many, in the place of the body, where there are any.
    pub(crate) fn replace(&mut self, bytes: Option<Vec<u8>>) {
        if let Some(bytes) = bytes {
            self.buffer = Uint8Array::from(bytes.as_slice()).buffer();
        }
    }
}

/// Reads a body of known length: the host ends it there.
async fn whole(request: &Request, length: u64) -> Result<ArrayBuffer, Rejection> {
    let body = request.array_buffer();
    let body = if is_large(Some(length)) {
        body.map(in_time)
    } else {
        body
    };
    let buffer = settled(body).await.map_err(|_| Rejection::BodyIncomplete)?;
    Ok(buffer.unchecked_into())
}

fn in_time(promise: Promise) -> Promise {
    ffi::within(&promise, DEADLINE_MS)
}

/// Reads a body of unknown length chunk by chunk, and stops where it passes the cap.
async fn counted(
    request: &Request,
    fits: &dyn Fn(u64) -> Result<(), Rejection>,
    lease: &mut Lease<'_>,
) -> Result<ArrayBuffer, Rejection> {
    let Some(stream) = request.body() else {
        return Ok(ArrayBuffer::new(0));
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let chunks = Array::new();
    let mut length: u64 = 0;
    loop {
        let step = settled(Ok(in_time(reader.read())))
            .await
            .map_err(|_| Rejection::BodyIncomplete)?;
        let field =
            |name: &str| js_sys::Reflect::get(&step, &name.into()).unwrap_or(JsValue::UNDEFINED);
        if field("done").is_truthy() {
            return Ok(ffi::concat(
                &chunks,
                u32::try_from(length).unwrap_or(u32::MAX),
            ));
        }
        let chunk: Uint8Array = field("value").unchecked_into();
        length = length.saturating_add(u64::from(chunk.byte_length()));
        let counted = fits(length);
        let counted = counted.and_then(|()| lease.grow(u64::from(chunk.byte_length())));
        if let Err(refused) = counted {
            // Nobody waits for the rest to be thrown away.
            let _ = reader.cancel();
            return Err(refused);
        }
        chunks.push(&chunk);
    }
}

/// The bytes of a host's buffer, copied into wasm only as far as they are read.
pub(crate) struct HostReader<'b> {
    buffer: &'b ArrayBuffer,
    /// Made at the first read: most are never read.
    bytes: Option<Uint8Array>,
    at: u32,
}

impl<'b> HostReader<'b> {
    pub(crate) fn new(buffer: &'b ArrayBuffer) -> Self {
        Self {
            buffer,
            bytes: None,
            at: 0,
        }
    }
}

impl std::io::Read for HostReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self
            .bytes
            .get_or_insert_with(|| Uint8Array::new(self.buffer));
        let left = bytes.length().saturating_sub(self.at);
        let count = left.min(u32::try_from(into.len()).unwrap_or(u32::MAX));
        let Some(slot) = into.get_mut(..count as usize) else {
            return Ok(0);
        };
        let end = self.at.saturating_add(count);
        bytes.subarray(self.at, end).copy_to(slot);
        self.at = end;
        Ok(slot.len())
    }
}
