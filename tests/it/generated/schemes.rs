//! Every row as the config would write it, for tests that speak no Rust: and the proof that a config can say
//! whatever a row can.

use serde_json::{Map, Value, json};
use waypost_core::{
    config::Config,
    providers,
    scheme::{At, Encoding, Grammar, Integrity, Key, Named, Row, Scheme, Signature},
};

use super::exchange;

/// All of them, by provider.
pub(super) fn file() -> String {
    let rows = providers::all().map(|row| (row.name.to_owned(), scheme(row)));
    let rows: Map<String, Value> = rows.collect();
    let mut text = serde_json::to_string_pretty(&rows).expect("JSON");
    text.push('\n');
    text
}

/// A row as the config's `scheme`.
pub(crate) fn scheme(row: &Row<'_>) -> Value {
    let mut scheme = Map::new();
    let mut put = |name: &str, value: Value| scheme.insert(name.to_owned(), value);
    put("algorithm", row.algorithm.name().into());
    put("encoding", row.encoding.name().into());
    put("key", key(&row.key));
    put("families", json!(row.families));
    put("signature", signature(&row.signature));
    put("keys", exchange::keys(&row.keys));
    put(
        "requires",
        row.requires.iter().map(exchange::condition).collect(),
    );
    if let Some(timestamp) = row.timestamp {
        let mut value = place(&timestamp.at);
        value["unit"] = timestamp.unit.name().into();
        put("timestamp", value);
    }
    put("signed", json!(row.signed));
    match row.body_hash {
        Some(At::Query(name)) => _ = put("body_hash", name.into()),
        Some(at) => _ = put("body_hash", place(&at)),
        None => {}
    }
    put(
        "handshakes",
        row.handshakes.iter().map(exchange::handshake).collect(),
    );
    if let Some(accepted) = row.accepted {
        put("accepted", exchange::answer(&accepted));
    }
    if row.terse {
        put("terse", true.into());
    }
    put("id", row.id.iter().map(place).collect());
    put("type", row.event_type.iter().map(place).collect());
    put("id_required", row.id_required.into());
    put("identity", row.identity.name().into());
    put("tolerance_seconds", row.tolerance_seconds.into());
    if row.integrity == Integrity::None {
        put("integrity", "none".into());
    }
    if let Some(or) = row.or {
        put("or", self::scheme(or));
    }
    let empty = |value: &Value| {
        value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
    };
    scheme.retain(|_, value| !empty(value));
    Value::Object(scheme)
}

fn key(key: &Key<'_>) -> Value {
    let mut value = json!({});
    if key.form != Encoding::Text {
        value["form"] = key.form.name().into();
    }
    if !key.strip.is_empty() {
        value["strip"] = json!(key.strip);
    }
    match key.bare {
        None => value["prefixed"] = true.into(),
        Some(bare) if bare != key.form => value["bare"] = bare.name().into(),
        Some(_) => {}
    }
    if let Some(hash) = key.hash {
        value["hash"] = hash.name().into();
    }
    value
}

fn signature(signature: &Signature<'_>) -> Value {
    let mut value = place(&signature.at);
    if !signature.more.is_empty() {
        value["more"] = json!(signature.more);
    }
    match signature.grammar {
        Grammar::Whole { prefix: "" } => {}
        Grammar::Whole { prefix } => value["prefix"] = prefix.into(),
        Grammar::Jwt { prefix } => {
            value["jwt"] = true.into();
            if !prefix.is_empty() {
                value["prefix"] = prefix.into();
            }
        }
        Grammar::Items {
            field,
            separator,
            equals,
        } => {
            value["field"] = field.into();
            value["separator"] = separator.into();
            value["equals"] = equals.into();
        }
        Grammar::List { separator, first } => {
            value["separator"] = separator.into();
            value["first"] = first.into();
        }
    }
    value
}

pub(super) fn place(at: &At<'_>) -> Value {
    match at {
        At::Header(name) => json!({ "header": name }),
        At::Field(name) => json!({ "field": name }),
        At::Json(pointer) => json!({ "json": pointer }),
        At::Form(name) => json!({ "form": name }),
        At::Claim(pointer) => json!({ "claim": pointer }),
        At::Query(name) => json!({ "query": name }),
    }
}

#[test]
fn a_config_can_say_whatever_any_row_can() {
    for row in providers::all() {
        if row.signature.at == At::Header("") {
            // Its header is the source's to say.
            continue;
        }
        let compiled = Scheme::compile(row).expect("a row that compiles");
        let mut source = json!({ "public_url": "https://h/p", "scheme": scheme(row) });
        for ask in &compiled.asks {
            source[&ask.key] = json!(["x"]);
        }
        if exchange::needs_secret(row) {
            source["secrets"] = json!(["S"]);
        }
        let sources = json!({ "s": source }).to_string();
        let config = Config::parse(&[("SOURCES", &sources)]);
        let config = config.unwrap_or_else(|errors| panic!("{}: {errors:#?}", row.name));
        let (_, source) = config.sources().next().expect("a source");
        let written = &source.as_ref().expect("a good source").scheme;
        assert_eq!(nameless(written), nameless(&compiled), "{}", row.name);
    }
}

/// What a scheme does, whatever it is called.
fn nameless(scheme: &Scheme) -> String {
    let ways = scheme.ways().map(|way| Scheme {
        name: String::new(),
        or: None,
        ..way.clone()
    });
    format!("{:#?}", ways.collect::<Vec<_>>())
}
