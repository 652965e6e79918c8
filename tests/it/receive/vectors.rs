//! Signatures that others made: published by the vendor, or computed by other code.
//!
//! `vectors/<provider>.json` says which; the same files are run in wasm and against the worker.

use std::{fs, path::Path};

use serde_json::{Value, json};
use waypost_core::{
    config::Config, providers, scheme::Integrity, source::Source, verify::WantedKey,
};

use super::support::Request;

fn file(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(format!("{name}.json"));
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn every_provider_has_vectors_and_they_verify() {
    for row in providers::all() {
        let file = file(row.name);
        assert_eq!(file["provider"], row.name);
        let vectors = file["vectors"].as_array().expect("vectors");
        assert!(!vectors.is_empty(), "{} has no vector", row.name);
        for vector in vectors {
            check(row.name, vector);
        }
    }
}

/// The source that a vector is for, through the config.
pub(crate) fn configured(provider: &str, vector: &Value) -> Source {
    let secrets: Vec<String> = match (&vector["secrets"], &vector["secret"]) {
        (Value::Array(secrets), _) => {
            let texts = secrets
                .iter()
                .map(|text| text.as_str().expect("text").to_owned());
            texts.collect()
        }
        (_, Value::String(secret)) => vec![secret.clone()],
        _ => Vec::new(),
    };
    let names: Vec<String> = (0..secrets.len()).map(|at| format!("K{at}")).collect();
    let mut source = json!({ "provider": provider, "public_url": "https://h/p" });
    if !names.is_empty() {
        source["secrets"] = json!(names);
    }
    let settings = vector["settings"].as_object().into_iter().flatten();
    settings.for_each(|(key, value)| source[key] = value.clone());
    let sources = json!({ "s": source }).to_string();
    let config = Config::parse(&[("SOURCES", &sources)]);
    let config = config.unwrap_or_else(|errors| panic!("{provider}: {errors:#?}"));
    // A secret that a setting names is called what it is.
    let secret = |name: &str| match names.iter().position(|known| known == name) {
        Some(at) => secrets.get(at).cloned(),
        None => Some(name.to_owned()),
    };
    config
        .source("s", secret)
        .ready()
        .expect("a source")
        .clone()
}

fn check(provider: &str, vector: &Value) {
    let text = |key: &str| vector[key].as_str().unwrap_or_default().to_owned();
    let name = format!("{provider}: {}", text("name"));
    let row = providers::find(provider).expect("a row");
    let mut source = configured(provider, vector);
    let url = text("url");
    let (public_url, query) = url.split_once('?').unwrap_or((&url, ""));
    source.settings.public_url = Some(public_url.to_owned());
    let headers = vector["headers"].as_object().expect("headers");
    let mut request = Request {
        headers: headers
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().expect("text").to_owned()))
            .collect(),
        body: text("body").into_bytes(),
        query: query.to_owned(),
        method: vector["method"].as_str().unwrap_or("POST").to_owned(),
    };
    let now = vector["received_at"].as_u64().expect("a time") * 1000;

    let fetched = |wanted: &WantedKey| vector["fetched"][&wanted.url].as_str().map(str::to_owned);
    let verify = |request: &Request| request.verify_where(&source, now, &fetched);
    if vector["refused"] == true {
        assert!(verify(&request).is_err(), "{name}: must be refused");
        return;
    }
    let verified = verify(&request).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let id = verified.event_id().map(|id| (id.value.as_str(), id.signed));
    let expected = vector["id"]
        .as_str()
        .map(|id| (id, vector["id_signed"] == true));
    assert_eq!(id, expected, "{name}");
    assert_eq!(verified.event_type(), text("type"), "{name}");

    request.body.push(b'x');
    let longer = verify(&request);
    assert!(
        longer.is_err() || row.integrity == Integrity::None,
        "{name}: a longer body must not verify"
    );
}

#[test]
fn every_vector_says_where_it_is_from() {
    let known = [
        "vendor documentation",
        "vendor library",
        "captured",
        "independent",
    ];
    for row in providers::all() {
        for vector in file(row.name)["vectors"].as_array().expect("vectors") {
            let provenance = vector["provenance"].as_str().expect("a provenance");
            assert!(known.contains(&provenance), "{}: {provenance}", row.name);
            let source = vector["source"].as_str().expect("a source");
            assert_eq!(
                source.starts_with("https://"),
                provenance != "independent",
                "{source}"
            );
        }
    }
}

/// The Worker's own tests cannot read files, and name them one by one.
#[test]
fn every_file_of_vectors_is_run_in_wasm() {
    let listed = include_str!("../../wasm/vectors.rs");
    for row in providers::all() {
        let file = format!("../it/vectors/{}.json", row.name);
        assert!(listed.contains(&file), "{file}");
    }
}

#[test]
fn every_file_of_vectors_has_a_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    for entry in fs::read_dir(folder).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy();
        let name = name.strip_suffix(".json").expect("a JSON file");
        assert!(
            name.starts_with("rfc") || providers::find(name).is_some(),
            "{name}"
        );
    }
}

#[test]
fn hmac_is_that_of_the_rfcs() {
    use waypost_core::{
        encoding::Encoding,
        hash::Piece,
        scheme::{Algorithm, Named},
    };
    let bytes = |value: &Value| {
        Encoding::Hex
            .decode(value.as_str().expect("hex"))
            .expect("hex")
    };
    for name in ["rfc4231", "rfc2202"] {
        for case in file(name)["cases"].as_array().expect("cases") {
            let (key, data) = (bytes(&case["key"]), bytes(&case["data"]));
            for (algorithm, expected) in case.as_object().expect("an object") {
                let Some(Algorithm::Hmac(hash)) = Algorithm::named(algorithm) else {
                    continue;
                };
                let whole = hash.mac(&key, &[Piece::Body], &data);
                let (head, tail) = data.split_at(data.len() / 2);
                let pieces = hash.mac(&key, &[Piece::Bytes(head.to_vec()), Piece::Body], tail);
                assert_eq!(
                    whole,
                    bytes(expected),
                    "{name} case {}: {algorithm}",
                    case["case"]
                );
                assert_eq!(whole, pieces, "{name} case {}: in pieces", case["case"]);
                assert_eq!(whole.len(), hash.length());
            }
        }
    }
}
