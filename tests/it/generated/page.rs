//! docs/providers.md.

use std::{fs, path::Path};

use serde_json::Value;
use waypost_core::{
    providers,
    scheme::{Algorithm, At, Grammar, Integrity, Named, Row},
};

const HEAD: &str = "\
# Providers

Each is a row of [the table](../crates/core/src/providers), and this page is made from it. What a row can say,
[a config can say too](../README.md): a provider that is not here needs no code.

*Signed* is what the signature is computed over, in the order given; `{url}` is the source's `public_url` with
the query of the request. *Window* is how far the time of signing may be from the time of receipt, either way;
rows without one keep identities for 90 days. *Identity* is what makes two webhooks the same one, and where the
event's id is; of several places the first that has one counts. *Proof* counts the test vectors: published by
the vendor in its documentation (d) or library (l), captured from its deliveries (c), computed independently
with Python (i); and the vendor's own packages that sign or verify in the end-to-end tests.

**Rows marked ⚠ do not sign the body**, or not all of it, or send nothing but a credential: whoever has seen one
webhook can send others. `cargo xtask check` says so for every source that uses one.

[handshakes.md](handshakes.md) says which challenges are answered, where keys come from that are no secrets, what
a config must say beside, and which answers providers want.

| provider | signed | signature | window | identity | type | proof |
|---|---|---|---|---|---|---|
";

pub(super) fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut rows: Vec<_> = providers::all().collect();
    rows.sort_by_key(|row| row.name);
    for row in rows {
        let ways: Vec<&Row<'_>> = std::iter::successors(Some(row), |way| way.or).collect();
        let each = |tell: fn(&Row<'_>) -> String| -> String {
            let mut told: Vec<String> = Vec::new();
            for way in &ways {
                let text = tell(way);
                if !told.contains(&text) {
                    told.push(text);
                }
            }
            told.retain(|text| !text.is_empty());
            told.join(" or<br>")
        };
        let mark = if row.integrity == Integrity::None {
            " ⚠"
        } else {
            ""
        };
        let name = match row.page.starts_with("https://") {
            true => format!("[{}]({})", row.name, row.page),
            false => row.name.to_owned(),
        };
        let window = match ways.iter().all(|way| way.timestamp.is_none()) {
            true => "–".to_owned(),
            false => format!("{} s", row.tolerance_seconds),
        };
        let id = each(|way| places(way.id));
        let id = if id.is_empty() { id } else { format!(": {id}") };
        let line = format!(
            "| {name}{mark} | {} | {} | {window} | {}{id} | {} | {} |\n",
            each(signed),
            each(signature),
            row.identity.name(),
            each(|way| places(way.event_type)),
            proof(row.name),
        );
        page.push_str(&line.replace("{family}", &row.families.join("\\|")));
    }
    page
}

fn signed(row: &Row<'_>) -> String {
    let mut texts: Vec<String> = row.signed.iter().map(|text| code(text)).collect();
    if let Some(at) = row.body_hash {
        texts.push(format!("with the body's SHA-256 in its {}", place(&at)));
    }
    texts.join(", ")
}

fn signature(row: &Row<'_>) -> String {
    let algorithm = match row.algorithm {
        Algorithm::Plain(_) => "plain SHA-256".to_owned(),
        Algorithm::Token => "credential".to_owned(),
        Algorithm::Ed25519 => "Ed25519".to_owned(),
        Algorithm::EcdsaP256 | Algorithm::Es256 => "ECDSA P-256".to_owned(),
        Algorithm::Rsa(hash) => format!("RSA {}", hash.web_name()),
        other => other.name().replace("hmac-sha", "HMAC-SHA"),
    };
    let form = match row.signature.grammar {
        Grammar::Whole { prefix: "" } => String::new(),
        Grammar::Whole { prefix } => format!(", {}…", code(prefix)),
        Grammar::Items { field, equals, .. } => format!(", {}…", code(&format!("{field}{equals}"))),
        Grammar::List { first, .. } => format!(", the items from {first}"),
        Grammar::Jwt { .. } => ", a JWT".to_owned(),
    };
    let encoding = row.encoding.name();
    let more = row.signature.more.iter().map(|name| code(name));
    let at: Vec<String> = std::iter::once(place(&row.signature.at))
        .chain(more)
        .collect();
    let at = match row.signature.at {
        At::Header("") => "the header that the source's `header` says".to_owned(),
        _ => at.join(" and "),
    };
    format!("{algorithm} {encoding} in {at}{form}")
}

fn places(places: &[At<'_>]) -> String {
    let texts: Vec<String> = places.iter().map(place).collect();
    texts.join(", ")
}

pub(super) fn place(at: &At<'_>) -> String {
    match at {
        At::Header(name) | At::Field(name) | At::Json(name) => code(name),
        At::Form(name) => format!("field {}", code(name)),
        At::Claim(name) => format!("claim {}", code(name.trim_start_matches('/'))),
        At::Query(name) => format!("parameter {}", code(name)),
    }
}

pub(super) fn code(text: &str) -> String {
    let shown = text.replace('\n', "⏎").replace('|', "\\|");
    format!("`{shown}`")
}

fn proof(provider: &str) -> String {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: String| -> Value {
        let text = fs::read_to_string(tests.join(path)).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    };
    let vectors = read(format!("vectors/{provider}.json"));
    let vectors = vectors["vectors"].as_array().expect("vectors");
    let count = |provenance: &str| {
        let of_it = vectors
            .iter()
            .filter(|vector| vector["provenance"] == provenance);
        of_it.count()
    };
    let kinds = [
        ("vendor documentation", "d"),
        ("vendor library", "l"),
        ("captured", "c"),
        ("independent", "i"),
    ];
    let counts = kinds.map(|(provenance, letter)| (count(provenance), letter));
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, letter)| format!("{count}{letter}"))
        .collect();
    let packages = read("../e2e/lib/sdks/proved.json".to_owned());
    let packages = packages[provider].as_array().into_iter().flatten();
    let packages = packages.filter_map(Value::as_str).map(str::to_owned);
    let all: Vec<String> = std::iter::once(counts.join(" ")).chain(packages).collect();
    all.join(", ")
}
