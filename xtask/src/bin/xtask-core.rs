//! What xtask asks of waypost-core, in a program of its own: see the feature `core` in Cargo.toml.
//!
//! `{"vars": {..}, "secrets": {..}}` comes in, an answer in JSON goes out.
//!
//! - `check`: every mistake in the variables, each a line.
//! - `warnings`: what is valid and should be known, each a line.
//! - `providers`: every provider, for the page that people choose one on.
//! - `sources`: for each source that is well configured, `prefix` and `form` of its secrets, and
//!   `sample`, a signed webhook, where its secret is known and the signature does not grow old.

#[path = "xtask-core/providers.rs"]
mod providers;

use std::{
    env,
    io::{self, Read},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value, json};
use waypost_core::{
    config::{Config, SourceConfig},
    headers::Headers,
    scheme::{Integrity, Named},
    secret::Secret,
    sign::Outgoing,
};

fn main() -> ExitCode {
    let question = env::args().nth(1).unwrap_or_default();
    let mut input = String::new();
    let read = io::stdin().read_to_string(&mut input);
    let Ok(about) = read
        .map_err(drop)
        .and_then(|_| serde_json::from_str::<Value>(&input).map_err(drop))
    else {
        eprintln!("xtask-core: what comes in is not JSON");
        return ExitCode::FAILURE;
    };
    let answer = match question.as_str() {
        "check" => check(&about),
        "warnings" => warnings(&about),
        "sources" => sources(&about, now()),
        "providers" => providers::all(),
        _ => {
            eprintln!("xtask-core: there is no question {question:?}");
            return ExitCode::FAILURE;
        }
    };
    println!("{answer}");
    ExitCode::SUCCESS
}

/// Milliseconds since 1970.
// The ban is for code that runs on wasm32.
#[allow(clippy::disallowed_methods)]
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| {
        now.as_secs() * 1000 + u64::from(now.subsec_millis())
    })
}

fn check(about: &Value) -> Value {
    let variables = variables(about);
    match Config::parse(&borrowed(&variables)) {
        Ok(_) => json!([]),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    }
}

fn warnings(about: &Value) -> Value {
    let variables = variables(about);
    let (config, _) = Config::load(&borrowed(&variables));
    let open = config.sources().filter_map(|(name, source)| {
        let source = source.ok()?;
        let why = match (source.scheme.integrity, source.scheme.is_credential()) {
            (Integrity::Body, _) => return None,
            (Integrity::None, true) => CREDENTIAL,
            (Integrity::None, false) => UNSIGNED,
        };
        Some(format!("{}.{name}: {why}", source.variable))
    });
    open.collect()
}

/// Of a source whose signature does not cover the body.
const UNSIGNED: &str = "the signature does not cover the body, or not all of it: whoever has seen one webhook can \
                        send others (docs/providers.md)";

/// Of a source that a credential opens.
const CREDENTIAL: &str =
    "nothing is signed: whoever has the credential can send anything (docs/providers.md)";

fn sources(about: &Value, now: u64) -> Value {
    let variables = variables(about);
    let (config, _) = Config::load(&borrowed(&variables));
    let well = config
        .sources()
        .filter_map(|(name, source)| Some((name, source.ok()?)));
    let described = well.map(|(name, source)| {
        let description = json!({
            "prefix": providers::prefix(&source.scheme),
            "form": source.scheme.key.form.name(),
            "sample": sample(source, about, now),
        });
        (name.to_owned(), description)
    });
    Value::Object(described.collect::<Map<_, _>>())
}

/// A webhook that is good for as long as the secret. A scheme that signs the time has none, nor one
/// that only the provider can sign for.
fn sample(source: &SourceConfig, about: &Value, now: u64) -> Option<Value> {
    if source.scheme.unit.is_some() || source.scheme.algorithm.is_public() {
        return None;
    }
    let secret = |name: &String| about.get("secrets")?.get(name)?.as_str();
    let text = source.secrets.iter().find_map(secret)?;
    let key = Secret::decode(text, &source.scheme.key).ok()?;
    // Another body for each run: the same one would be a duplicate of the last run's. It has the
    // fields that schemes look into bodies for.
    let id = format!("sample-{now}");
    let body = json!({ "event_id": id, "id": id, "type": "ping", "hello": "world" }).to_string();
    let out = Outgoing {
        body: body.as_bytes(),
        at: now,
        id: &id,
        event_type: "ping",
        method: "POST",
        url: source.settings.public_url.as_deref().unwrap_or_default(),
        headers: Headers::default(),
    };
    let signed = source.scheme.sign(&[key], &out);
    // A signature that stands in the body is not worth a sample.
    let headers = signed.in_body.is_none().then_some(signed.headers)?;
    Some(json!({ "headers": headers, "body": body }))
}

/// Each variable with the JSON text that the Worker makes of it.
fn variables(about: &Value) -> Vec<(String, String)> {
    let vars = about
        .get("vars")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    vars.map(|(name, value)| (name.clone(), value.to_string()))
        .collect()
}

fn borrowed(variables: &[(String, String)]) -> Vec<(&str, &str)> {
    variables
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> Value {
        json!({
            "vars": { "SOURCES": {
                "code": { "provider": "github", "secrets": ["OLD", "CODE"] },
                "mail": { "provider": "standard-webhooks", "secrets": ["MAIL"] },
                "wrong": { "provider": "githbu", "secrets": ["CODE"] },
            }, "TEXT": "SOURCES" },
            "secrets": { "CODE": "It's a Secret to Everybody" },
        })
    }

    #[test]
    fn mistakes_name_their_key() {
        let mistakes = check(&about());
        let [mistake] = mistakes.as_array().unwrap().as_slice() else {
            panic!("{mistakes}")
        };
        assert!(
            mistake
                .as_str()
                .unwrap()
                .starts_with("SOURCES.wrong.provider: "),
            "{mistake}"
        );
    }

    #[test]
    fn secrets_have_the_form_of_their_scheme() {
        let sources = sources(&about(), 0);
        assert_eq!(
            (&sources["code"]["prefix"], &sources["code"]["form"]),
            (&json!(""), &json!("text"))
        );
        assert_eq!(
            (&sources["mail"]["prefix"], &sources["mail"]["form"]),
            (&json!("whsec_"), &json!("base64"))
        );
        assert_eq!(sources.get("wrong"), None);
    }

    #[test]
    fn a_sample_is_signed_unless_it_would_grow_old() {
        let sources = sources(&about(), 1_700_000_000_000);
        let headers = sources["code"]["sample"]["headers"].to_string();
        assert!(
            headers.contains(r#"["x-github-delivery","sample-1700000000000"]"#),
            "{headers}"
        );
        assert!(headers.contains("sha256="), "{headers}");
        assert_eq!(sources["mail"]["sample"], Value::Null);
    }

    #[test]
    fn a_source_whose_body_is_not_signed_is_named() {
        let source = |provider: &str| json!({ "provider": provider, "secrets": ["K"] });
        let sources = json!({
            "mail": source("mailgun"), "code": source("github"), "hook": source("bearer"),
        });
        let lines = warnings(&json!({ "vars": { "SOURCES": sources } }));
        assert_eq!(
            lines,
            json!([
                format!("SOURCES.hook: {CREDENTIAL}"),
                format!("SOURCES.mail: {UNSIGNED}")
            ])
        );
    }
}
