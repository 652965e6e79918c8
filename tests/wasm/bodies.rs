//! Bodies: any bytes, bounded however they are framed.

use std::io::Read;

use js_sys::{ArrayBuffer, Function, Uint8Array, Uint32Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use waypost_core::config::Config;
use waypost_core::rejection::Rejection;
use waypost_core::source::Source;
use waypost_core::verify::{self, Screened};

use super::{outside, request};
use crate::body::{Body, HostReader};
use crate::call::Call;
use crate::ffi;
use crate::in_flight::InFlight;

/// A source that takes at most 20,000 bytes.
fn source() -> Source {
    let sources = r#"{"s":{"provider":"github","secrets":["K"],"max_body_bytes":20000}}"#;
    let config = Config::parse(&[("SOURCES", sources)]).expect("a config");
    config
        .source("s", |_| Some("k".to_owned()))
        .ready()
        .expect("a source")
        .clone()
}

const SIGNED: (&str, &str) = (
    "x-hub-signature-256",
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
);

fn screened<'s>(source: &'s Source, call: &Call) -> Screened<'s> {
    verify::screen(source, &call.head(), 0).expect("a plausible head")
}

/// A call whose body is a stream of chunks of these sizes, without a length.
fn streamed(chunks: &[u32]) -> Call {
    let make = Function::new_with_args(
        "sizes",
        "const left = [...sizes]; return new ReadableStream({ pull(c) {
            if (left.length === 0) return c.close();
            c.enqueue(new Uint8Array(left.shift()).fill(7));
        } });",
    );
    let stream = make
        .call1(&JsValue::NULL, &Uint32Array::from(chunks))
        .expect("a stream");
    outside(request(
        "POST",
        "https://e/webhooks/receive",
        &[SIGNED],
        &stream,
    ))
}

async fn read(
    call: &Call,
    declared: Option<u64>,
    in_flight: &InFlight,
) -> Result<(u64, bool), Rejection> {
    let source = source();
    let screened = screened(&source, call);
    let fits = |length| screened.check_length(length);
    let body = Body::read(&call.request, declared, &fits, in_flight).await?;
    let bytes = Uint8Array::new(&body.buffer).to_vec();
    assert!(bytes.iter().all(|byte| *byte == 7));
    Ok((body.len(), body.small.is_some()))
}

#[wasm_bindgen_test]
async fn a_stream_is_read_up_to_the_cap() {
    for (chunks, expected) in [
        (&[][..], Ok((0, true))),
        (&[1, 2, 3], Ok((6, true))),
        (&[2048], Ok((2048, true))),
        (&[2048, 1], Ok((2049, false))),
        (&[10_000, 10_000], Ok((20_000, false))),
        (&[10_000, 10_001], Err(Rejection::BodyTooLarge)),
        (&[30_000], Err(Rejection::BodyTooLarge)),
    ] {
        let in_flight = InFlight::default();
        assert_eq!(
            read(&streamed(chunks), None, &in_flight).await,
            expected,
            "{chunks:?}"
        );
        assert_eq!(in_flight.bytes(), 0, "{chunks:?}");
    }
}

#[wasm_bindgen_test]
async fn a_body_must_be_as_long_as_declared() {
    for (declared, expected) in [
        (5, Ok((5, true))),
        (4, Err(Rejection::BodyIncomplete)),
        (6, Err(Rejection::BodyIncomplete)),
    ] {
        let bytes = Uint8Array::new_with_length(5).fill(7, 0, 5);
        let length = declared.to_string();
        let call = outside(request(
            "POST",
            "https://e/",
            &[SIGNED, ("content-length", &length)],
            &bytes,
        ));
        assert_eq!(
            read(&call, Some(declared), &InFlight::default()).await,
            expected,
            "{declared}"
        );
    }
}

#[wasm_bindgen_test]
async fn bytes_in_flight_are_bounded() {
    let in_flight = InFlight::default();
    let mut others = in_flight.lease();
    others.grow(64 * 1024 * 1024).expect("all there is");
    assert_eq!(
        read(&streamed(&[1]), None, &in_flight).await,
        Err(Rejection::TooBusy)
    );
    drop(others);
    assert_eq!(read(&streamed(&[1]), None, &in_flight).await, Ok((1, true)));
}

#[wasm_bindgen_test]
fn the_host_joins_bytes_in_order() {
    let body = Uint8Array::from([3u8, 4].as_slice()).buffer();
    assert_eq!(ffi::join(&[1, 2], &body, &[5]).to_vec(), [1, 2, 3, 4, 5]);
    assert_eq!(ffi::join(&[], &ArrayBuffer::new(0), &[]).length(), 0);
}

#[wasm_bindgen_test]
fn a_host_buffer_is_read_in_pieces() {
    let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
    let buffer = Uint8Array::from(bytes.as_slice()).buffer();
    let mut reader = HostReader::new(&buffer);
    let mut piece = [0; 300];
    let sizes: Vec<usize> = (0..5)
        .map(|_| reader.read(&mut piece).expect("bytes"))
        .collect();
    assert_eq!(sizes, [300, 300, 300, 100, 0]);
    let mut whole = Vec::new();
    HostReader::new(&buffer)
        .read_to_end(&mut whole)
        .expect("bytes");
    assert_eq!(whole, bytes);
    assert!(buffer.is_instance_of::<ArrayBuffer>());
}
