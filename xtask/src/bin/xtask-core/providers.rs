//! Every provider as people choose it: how it signs, and what to write into a wrangler.toml.

use serde_json::{Value, json};
use waypost_core::{
    providers,
    scheme::{At, KeySource, Named, Part, Row, Scheme, Signature, UrlForm},
};

/// Stands for a URL of the Worker's until somebody knows it.
const WORKER: &str = "https://waypost.example.workers.dev";
/// The header of a provider that leaves its name to its users.
const HEADER: &str = "x-webhook-token";

/// Every provider, in the order of their names.
pub(super) fn all() -> Value {
    let mut rows: Vec<_> = providers::all().collect();
    rows.sort_by_key(|row| row.name);
    rows.into_iter().filter_map(described).collect()
}

/// Of several prefixes of a key's text the shortest is the one that the others decorate.
pub(super) fn prefix(scheme: &Scheme) -> &str {
    let shortest = scheme.key.strip.iter().min_by_key(|prefix| prefix.len());
    shortest.map_or("", String::as_str)
}

fn described(row: &Row<'static>) -> Option<Value> {
    let names_header = row.signature.at == At::Header("");
    let mut compiled = *row;
    if names_header {
        compiled.signature = Signature::whole(HEADER);
    }
    let scheme = Scheme::compile(&compiled).ok()?;
    let stem = row.name.to_uppercase().replace(['-', '.'], "_");
    let variable = match (&row.keys, row.algorithm.is_public()) {
        (KeySource::Secrets, true) => format!("{stem}_PUBLIC_KEY"),
        _ if stem.contains("WEBHOOK") => format!("{stem}_SECRET"),
        _ => format!("{stem}_WEBHOOK_SECRET"),
    };
    let mut config = format!(
        "[vars.SOURCES.{name}]\nprovider = \"{name}\"\n",
        name = row.name
    );
    if needs_secret(row) {
        config.push_str(&format!("secrets = [\"{variable}\"]\n"));
    }
    if names_header {
        config.push_str(&format!("header = \"{HEADER}\"\n"));
    }
    if signs_url(&scheme) {
        let name = row.name;
        config.push_str(&format!(
            "public_url = \"{WORKER}/webhooks/receive/{name}\"\n"
        ));
    }
    for ask in &scheme.asks {
        let value = match ask.secret {
            true => format!("{stem}_{}", ask.key.to_uppercase()),
            false => format!("YOUR-{}", ask.key.to_uppercase().replace('_', "-")),
        };
        // What only a handshake needs may be left out.
        let mark = if ask.required { "" } else { "# " };
        config.push_str(&format!("{mark}{} = [\"{value}\"]\n", ask.key));
    }
    Some(json!({
        "name": row.name,
        "page": row.page,
        "algorithm": row.algorithm.name(),
        "signature": signature(&compiled),
        "secret": { "prefix": prefix(&scheme), "form": scheme.key.form.name() },
        "signable": scheme.is_signable(),
        "variable": if needs_secret(row) { Some(variable) } else { None },
        "handed": matches!(row.keys, KeySource::Handed),
        "config": config,
    }))
}

/// Whether a source of this row must name secrets: its keys, or what is shown to whoever has them.
fn needs_secret(row: &Row<'_>) -> bool {
    match row.keys {
        KeySource::Secrets => true,
        KeySource::Handed => false,
        KeySource::Certificate { .. } => row.signed.iter().any(|text| text.contains("{secret}")),
        KeySource::Fetched { url, post } => {
            [url, post].iter().any(|text| text.contains("${secret}"))
        }
    }
}

fn signs_url(scheme: &Scheme) -> bool {
    let forms = [
        UrlForm::Given,
        UrlForm::Decoded,
        UrlForm::Port,
        UrlForm::Bare,
    ];
    let signs = |way: &Scheme| {
        forms
            .iter()
            .any(|form| way.any_part(|part| *part == Part::Url(*form)))
    };
    scheme.ways().any(signs)
}

/// Where the signature stands, in words.
fn signature(row: &Row<'_>) -> String {
    let place = match row.signature.at {
        At::Header(name) | At::Field(name) => format!("header {name}"),
        At::Json(pointer) => format!("body at {pointer}"),
        At::Form(name) => format!("form field {name}"),
        At::Claim(pointer) => format!("claim {pointer}"),
        At::Query(name) => format!("query parameter {name}"),
    };
    match row.families {
        [] => place,
        [first, ..] => place.replace("{family}", first),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use waypost_core::config::{Config, SourceState};

    use super::*;

    fn text<'v>(value: &'v Value, name: &str) -> &'v str {
        value[name].as_str().unwrap()
    }

    /// The variables of a wrangler.toml that holds `config`, and nothing else.
    fn parsed(config: &str) -> Config {
        let table: toml::Table = config.parse().unwrap();
        let sources = serde_json::to_string(&table["vars"]["SOURCES"]).unwrap();
        Config::parse(&[("SOURCES", &sources)])
            .unwrap_or_else(|mistakes| panic!("{config}{mistakes:?}"))
    }

    #[test]
    fn every_provider_is_there_with_a_config_that_is_valid() {
        let all = all();
        let all = all.as_array().unwrap();
        assert_eq!(all.len(), providers::all().count());
        let mut variables = BTreeSet::new();
        for provider in all {
            let (name, config) = (text(provider, "name"), text(provider, "config"));
            let config_of = parsed(config);
            // With what may be left out, too.
            parsed(&config.replace("# ", ""));
            let (known, source) = config_of.sources().next().unwrap();
            assert_eq!((known, source.unwrap().provider), (name, Some(name)));
            match provider["variable"].as_str() {
                None => assert!(source.unwrap().secrets.is_empty(), "{name}"),
                Some(variable) => {
                    assert_eq!(source.unwrap().secrets, [variable], "{name}");
                    assert!(
                        variables.insert(variable.to_owned()),
                        "{variable} is one provider's"
                    );
                }
            }
            assert!(!text(provider, "signature").contains(['{', '`']), "{name}");
            assert!(!text(provider, "algorithm").is_empty(), "{name}");
        }
    }

    /// A secret of the form that the page tells is one that the source takes.
    #[test]
    fn secrets_of_the_form_that_is_told_are_taken() {
        for provider in all().as_array().unwrap() {
            let form = text(&provider["secret"], "form");
            let bytes = [b'k'; 32];
            let encoded = waypost_core::scheme::Encoding::named(form)
                .unwrap()
                .encode(&bytes);
            let secret = format!("{}{encoded}", text(&provider["secret"], "prefix"));
            let config = parsed(text(provider, "config"));
            let state = config.source(text(provider, "name"), |_| Some(secret.clone()));
            assert!(
                matches!(state, SourceState::Ready { .. }),
                "{provider}: {state:?}"
            );
        }
    }

    #[test]
    fn what_is_told_of_some() {
        let all = all();
        let of = |name: &str| {
            let mut all = all.as_array().unwrap().iter();
            all.find(|provider| provider["name"] == name)
                .unwrap()
                .clone()
        };
        assert_eq!(
            of("github"),
            json!({
                "name": "github",
                "page": text(&of("github"), "page"),
                "algorithm": "hmac-sha256",
                "signature": "header x-hub-signature-256",
                "secret": { "prefix": "", "form": "text" },
                "signable": true,
                "handed": false,
                "variable": "GITHUB_WEBHOOK_SECRET",
                "config": "[vars.SOURCES.github]\nprovider = \"github\"\nsecrets = [\"GITHUB_WEBHOOK_SECRET\"]\n",
            })
        );
        let standard = of("standard-webhooks");
        assert_eq!(
            standard["secret"],
            json!({ "prefix": "whsec_", "form": "base64" })
        );
        assert_eq!(standard["signature"], "header webhook-signature");
        assert_eq!(standard["variable"], "STANDARD_WEBHOOKS_SECRET");
        assert_eq!(
            (&of("discord")["signable"], &of("aws-sns")["signable"]),
            (&json!(false), &json!(false))
        );
        assert_eq!(of("discord")["variable"], "DISCORD_PUBLIC_KEY");
        assert_eq!(of("aws-sns")["variable"], Value::Null);
        assert!(text(&of("aws-sns"), "config").contains("topic_arns = [\"YOUR-TOPIC-ARNS\"]"));
        assert!(text(&of("header-token"), "config").contains("header = \"x-webhook-token\""));
        assert!(text(&of("square"), "config").contains("public_url = \"https://"));
        assert_eq!(
            of("adyen")["signature"],
            "body at /notificationItems/*/NotificationRequestItem/additionalData/hmacSignature"
        );
        assert_eq!(
            (&of("asana")["handed"], &of("asana")["variable"]),
            (&json!(true), &Value::Null)
        );
    }
}
