//! What it costs to verify a webhook natively, beside ring's HMAC-SHA256 of the same bytes.
//!
//! `ring` has its key ready and the signature decoded: it makes a MAC and compares it, and nothing else. A size is that of
//! what is signed, which for Standard Webhooks has the id and the time before the body: the same for everybody.
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
    encoding::Encoding,
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

/// What was signed, the body in it, and the headers that go with it.
struct Signed {
    content: Vec<u8>,
    /// Where in the content the body begins.
    body_at: usize,
    headers: String,
}

impl Signed {
    fn body(&self) -> &[u8] {
        &self.content[self.body_at..]
    }

    /// As Standard Webhooks has it: id and time are signed as well.
    fn standard(size: usize) -> Self {
        let at = NOW / 1000;
        let (content, body_at) = content(size, &format!("{ID}.{at}."));
        let signature = Encoding::Base64.encode(mac(&content).as_ref());
        let headers = format!(
            "accept\n*/*\ncontent-type\napplication/json\nwebhook-id\n{ID}\nwebhook-timestamp\n{at}\nwebhook-signature\nv1,{signature}\n"
        );
        Self {
            content,
            body_at,
            headers,
        }
    }

    fn github(size: usize) -> Self {
        let (content, body_at) = content(size, "");
        let signature = Encoding::Hex.encode(mac(&content).as_ref());
        let headers = format!(
            "accept\n*/*\ncontent-type\napplication/json\nx-github-delivery\n{ID}\nx-github-event\npush\nx-hub-signature-256\nsha256={signature}\n"
        );
        Self {
            content,
            body_at,
            headers,
        }
    }
}

/// `size` bytes that are signed, of which the body is all behind `before`; and where that begins.
fn content(size: usize, before: &str) -> (Vec<u8>, usize) {
    let head = format!(r#"{before}{{"id":"{ID}","type":"push","text":""#);
    let mut content = head.into_bytes();
    content.resize(size - 2, b'x');
    content.extend_from_slice(b"\"}");
    (content, before.len())
}

fn mac(content: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, KEY), content)
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
fn verify(source: &Source, given: &Signed) {
    let verified = screened(source, &given.headers).verify(black_box(given.body()));
    black_box(verified.expect("genuine"));
}

fn screening(criterion: &mut Criterion) {
    let (source, given) = (source("standard"), Signed::standard(1 << 10));
    let mut group = criterion.benchmark_group("screen");
    group.bench_function("waypost", |bencher| {
        bencher.iter(|| screened(&source, &given.headers));
    });
    group.finish();
}

fn verification(criterion: &mut Criterion) {
    let (standard, github, mac) = (source("standard"), source("github"), source("mac"));
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
    let mut group = criterion.benchmark_group("verify");
    for size in SIZES {
        let (signed, by_github) = (Signed::standard(size), Signed::github(size));
        let bytes = by_github.body();
        let tag = hmac::sign(&key, bytes);
        group.throughput(Throughput::Bytes(size as u64));
        let mut bench = |name: &str, work: &dyn Fn()| {
            group.bench_function(BenchmarkId::new(name, size), |bencher| bencher.iter(work));
        };
        bench("waypost", &|| verify(&standard, &signed));
        bench("ring", &|| {
            hmac::verify(&key, black_box(bytes), tag.as_ref()).expect("genuine");
        });
        bench("waypost github", &|| verify(&github, &by_github));
        bench("ring twice", &|| {
            hmac::verify(&key, black_box(bytes), tag.as_ref()).expect("genuine");
            black_box(digest::digest(&digest::SHA256, black_box(bytes)));
        });
        group.bench_function(BenchmarkId::new("waypost mac", size), |bencher| {
            let ready = || screened(&mac, &by_github.headers);
            bencher.iter_batched(ready, |ready| ready.verify(black_box(bytes)), BATCH);
        });
    }
    group.finish();
}

criterion_group!(benches, screening, verification);
criterion_main!(benches);
