//! Reading a body: any bytes, never more than the cap, never a large one into wasm.

use futures_util::future::{Either, select};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use std::pin::pin;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use waypost_core::rejection::Rejection;
use waypost_core::verify::Screened;
use web_sys::{ReadableStreamDefaultReader, Request};

use crate::ffi;
use crate::in_flight::{InFlight, Lease};

/// Below this a MAC in wasm is cheaper than a crossing to `crypto.subtle`; the figure is in
/// docs/performance.md.
const SMALL: u32 = 8 * 1024;

/// A sender that takes longer than this gives its place to another.
const DEADLINE_MS: u32 = 60_000;

/// A whole body. It counts as in flight while this lives.
pub(crate) struct Body<'e> {
    /// The bytes, on the host's side.
    pub(crate) buffer: ArrayBuffer,
    /// The same bytes in wasm, where they are few.
    pub(crate) small: Option<Vec<u8>>,
    _lease: Lease<'e>,
}

impl<'e> Body<'e> {
    /// Reads the request's body, no more of it than the source takes, however it is framed.
    pub(crate) async fn read(
        request: &Request,
        declared: Option<u64>,
        screened: &Screened<'_>,
        in_flight: &'e InFlight,
    ) -> Result<Self, Rejection> {
        let mut lease = in_flight.lease();
        let buffer = match declared {
            Some(length) => {
                lease.grow(length)?;
                let whole = request
                    .array_buffer()
                    .map_err(|_| Rejection::BodyIncomplete)?;
                in_time(length > u64::from(SMALL), whole_buffer(whole)).await?
            }
            None => in_time(true, counted(request, screened, &mut lease)).await?,
        };
        screened.check_length(u64::from(buffer.byte_length()))?;
        let small = (buffer.byte_length() <= SMALL).then(|| Uint8Array::new(&buffer).to_vec());
        Ok(Self {
            buffer,
            small,
            _lease: lease,
        })
    }

    pub(crate) fn len(&self) -> u64 {
        u64::from(self.buffer.byte_length())
    }
}

async fn whole_buffer(body: js_sys::Promise) -> Result<ArrayBuffer, Rejection> {
    let buffer = JsFuture::from(body)
        .await
        .map_err(|_| Rejection::BodyIncomplete)?;
    Ok(buffer.unchecked_into())
}

/// Reads a body of unknown length chunk by chunk, and stops where it passes the cap.
async fn counted(
    request: &Request,
    screened: &Screened<'_>,
    lease: &mut Lease<'_>,
) -> Result<ArrayBuffer, Rejection> {
    let Some(stream) = request.body() else {
        return Ok(ArrayBuffer::new(0));
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let chunks = Array::new();
    let mut length: u64 = 0;
    loop {
        let step = JsFuture::from(reader.read())
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
        let counted = screened.check_length(length);
        let counted = counted.and_then(|()| lease.grow(u64::from(chunk.byte_length())));
        if let Err(refused) = counted {
            // Nobody waits for the rest to be thrown away.
            let _ = reader.cancel();
            return Err(refused);
        }
        chunks.push(&chunk);
    }
}

/// Gives up on a body that is not there in time. A small one of known length is not worth a timer.
async fn in_time(
    timed: bool,
    body: impl Future<Output = Result<ArrayBuffer, Rejection>>,
) -> Result<ArrayBuffer, Rejection> {
    if !timed {
        return body.await;
    }
    let over = web_sys::AbortController::new().map_err(|_| Rejection::Internal)?;
    let signal = over.signal();
    let deadline = ffi::pause(DEADLINE_MS, &signal);
    let read = match select(pin!(body), pin!(deadline)).await {
        Either::Left((read, _)) => read,
        Either::Right(_) => Err(Rejection::BodyIncomplete),
    };
    over.abort();
    read
}

/// The bytes of a host's buffer, copied into wasm only as far as they are read.
pub(crate) struct HostReader {
    bytes: Uint8Array,
    at: u32,
}

impl HostReader {
    pub(crate) fn new(buffer: &ArrayBuffer) -> Self {
        Self {
            bytes: Uint8Array::new(buffer),
            at: 0,
        }
    }
}

impl std::io::Read for HostReader {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let left = self.bytes.length().saturating_sub(self.at);
        let count = left.min(u32::try_from(into.len()).unwrap_or(u32::MAX));
        let Some(slot) = into.get_mut(..count as usize) else {
            return Ok(0);
        };
        let end = self.at.saturating_add(count);
        self.bytes.subarray(self.at, end).copy_to(slot);
        self.at = end;
        Ok(slot.len())
    }
}
