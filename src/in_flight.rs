//! A bound on the bytes that are being received: an isolate has 128 MB, and 26 MB are one body.

use std::cell::Cell;

use waypost_core::rejection::Rejection;

/// Bytes that bodies may take at once in one isolate.
const MOST: u64 = 64 * 1024 * 1024;

/// The count.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    bytes: Cell<u64>,
}

impl InFlight {
    /// How many bytes are in flight.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    /// A lease of nothing, to be grown.
    pub(crate) fn lease(&self) -> Lease<'_> {
        Lease { of: self, bytes: 0 }
    }
}

/// Bytes that count until this is dropped.
#[derive(Debug)]
pub(crate) struct Lease<'a> {
    of: &'a InFlight,
    bytes: u64,
}

impl Lease<'_> {
    /// Counts `bytes` more, unless that would be too many at once.
    pub(crate) fn grow(&mut self, bytes: u64) -> Result<(), Rejection> {
        let all = self.of.bytes.get().saturating_add(bytes);
        if all > MOST {
            return Err(Rejection::TooBusy);
        }
        self.of.bytes.set(all);
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(())
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.of
            .bytes
            .set(self.of.bytes.get().saturating_sub(self.bytes));
    }
}
