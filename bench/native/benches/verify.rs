//! What it costs to verify a webhook natively, beside ring's HMAC-SHA256 of the same bytes.
//!
//! `ring` has its key ready and the signature decoded: it makes a MAC of the body and compares it, and nothing else.
//!
//! - `waypost` is the whole way from headers as they came to the proof: Standard Webhooks, whose identity needs no
//!   digest. It has two parts.
//! - `screen` is the first: the headers are found, the signature and the time are read, the window is checked,
//!   the signed content is put together. It costs the same whatever the body's size.
//! - The second makes the MAC, compares it and finds the id and the type, for Standard Webhooks in the JSON.
//!   `waypost mac` is this part where nothing is looked for in the body, so what it does is what `ring` does.
//! - `waypost github` is again the whole way, with a second hash of the body, for its identity; `ring twice` does as much.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ring::{digest, hmac};
use waypost_core::{
    config::Config,
    headers::Headers,
    source::Source,
    verify::{Head, Screened, screen},
};

/// How many webhooks are screened in advance, for what is measured without that.
const BATCH: BatchSize = BatchSize::NumIterations(16);
const SIZES: [usize; 4] = [1 << 10, 10 << 10, 100 << 10, 1 << 20];
const NOW: u64 = 1_750_000_000_000;
const ID: &str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
/// `whsec_` and the base64 of the key.
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";
const SOURCES: &str = r#"{
    "standard": {"provider": "standard-webhooks", "secrets": ["STANDARD"]},
    "github": {"provider": "github", "secrets": ["GITHUB"]},
    "mac": {"provider": "github", "secrets": ["GITHUB"], "identity": "none"}
}"#;

fn source(name: &str) -> Source {
    let config = Config::parse(&[("SOURCES", SOURCES)]).expect("a config");
    let secret = |secret: &str| {
        let text = if secret == "GITHUB" {
            String::from_utf8_lossy(KEY).into_owned()
        } else {
            SECRET.to_owned()
        };
        Some(text)
    };
    let state = config.source(name, secret);
    state.ready().expect("a source").clone()
}

/// A body, and the headers that its two providers would send with it.
struct Signed {
    body: Vec<u8>,
    standard: String,
    github: String,
}

fn signed(size: usize) -> Signed {
    let head = format!(r#"{{"id":"{ID}","type":"push","text":""#);
    let mut body = head.into_bytes();
    body.resize(size - 2, b'x');
    body.extend_from_slice(b"\"}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
    let at = NOW / 1000;
    let content = [format!("{ID}.{at}.").as_bytes(), &body].concat();
    let standard = base64(hmac::sign(&key, &content).as_ref());
    let github: String = hmac::sign(&key, &body)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Signed {
        standard: format!(
            "accept\n*/*\ncontent-type\napplication/json\nwebhook-id\n{ID}\nwebhook-timestamp\n{at}\nwebhook-signature\nv1,{standard}\n"
        ),
        github: format!(
            "accept\n*/*\ncontent-type\napplication/json\nx-github-delivery\n{ID}\nx-github-event\npush\nx-hub-signature-256\nsha256={github}\n"
        ),
        body,
    }
}

fn base64(bytes: &[u8]) -> String {
    waypost_core::encoding::Encoding::Base64.encode(bytes)
}

/// What the headers say.
fn screened<'s>(source: &'s Source, headers: &str) -> Screened<'s> {
    let head = Head {
        method: "POST",
        query: "",
        headers: Headers::new(black_box(headers)),
    };
    screen(source, &head, NOW).expect("in order")
}

/// From the headers to the proof.
fn verify(source: &Source, headers: &str, body: &[u8]) {
    let verified = screened(source, headers).verify(black_box(body));
    black_box(verified.expect("genuine"));
}

fn screening(criterion: &mut Criterion) {
    let (source, given) = (source("standard"), signed(1 << 10));
    let mut group = criterion.benchmark_group("screen");
    group.bench_function("waypost", |bencher| {
        bencher.iter(|| screened(&source, &given.standard));
    });
    group.finish();
}

fn verification(criterion: &mut Criterion) {
    let (standard, github, mac) = (source("standard"), source("github"), source("mac"));
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
    let mut group = criterion.benchmark_group("verify");
    for size in SIZES {
        let given = signed(size);
        let tag = hmac::sign(&key, &given.body);
        let body = given.body.as_slice();
        group.throughput(Throughput::Bytes(size as u64));
        let mut bench = |name: &str, work: &dyn Fn()| {
            group.bench_function(BenchmarkId::new(name, size), |bencher| bencher.iter(work));
        };
        bench("waypost", &|| verify(&standard, &given.standard, body));
        bench("ring", &|| {
            hmac::verify(&key, black_box(body), tag.as_ref()).expect("genuine");
        });
        bench("waypost github", &|| verify(&github, &given.github, body));
        bench("ring twice", &|| {
            hmac::verify(&key, black_box(body), tag.as_ref()).expect("genuine");
            black_box(digest::digest(&digest::SHA256, black_box(body)));
        });
        group.bench_function(BenchmarkId::new("waypost mac", size), |bencher| {
            let ready = || screened(&mac, &given.github);
            bencher.iter_batched(ready, |ready| ready.verify(black_box(body)), BATCH);
        });
    }
    group.finish();
}

criterion_group!(benches, screening, verification);
criterion_main!(benches);
