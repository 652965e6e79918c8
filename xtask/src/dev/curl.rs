//! Requests to paste: a signed webhook, and the read that gets it back.

use serde_json::Value;

use super::{Secrets, source_path};
use crate::config::{Config, Source};

/// A request to paste.
pub(super) struct Sample<'a> {
    pub(super) source: &'a Source,
    pub(super) text: String,
    /// Whether pasting it twice sends the same twice.
    pub(super) signed_already: bool,
}

/// Writes a sample, given the secret and the URL.
type Signer = fn(secret: &str, url: &str) -> String;

/// What is signed when it is pasted: these schemes sign the time.
const SIGNED_WHEN_PASTED: [(&str, Signer); 2] = [
    ("waypost", waypost),
    ("standard-webhooks", standard_webhooks),
];

/// A signed webhook for the source that is easiest to sign for: one that needs nothing but curl, if
/// there is one. `samples` is what waypost-core says of the sources.
pub(super) fn sample<'a>(
    sources: &'a [Source],
    samples: &Value,
    secrets: &Secrets,
    address: &str,
) -> Option<Sample<'a>> {
    let url = |source: &Source| format!("{address}{}", source_path(source));
    let signed = sources.iter().find_map(|source| {
        let sample = samples.get(&source.name)?.get("sample")?;
        let text = signed_already(sample, &url(source))?;
        Some(Sample {
            source,
            text,
            signed_already: true,
        })
    });
    signed.or_else(|| {
        SIGNED_WHEN_PASTED.iter().find_map(|(provider, signer)| {
            let provider = Some(*provider);
            let source = sources
                .iter()
                .find(|source| source.provider.as_deref() == provider)?;
            let secret = source.secrets.iter().find_map(|name| secrets.get(name))?;
            let text = signer(secret, &url(source));
            Some(Sample {
                source,
                text,
                signed_already: false,
            })
        })
    })
}

/// A read of the feed that a source writes. It waits for the queue, which is a moment behind.
pub(super) fn read_back(
    source: &Source,
    config: &Config,
    secrets: &Secrets,
    address: &str,
) -> String {
    let base = match source.feed.as_str() {
        "default" => String::new(),
        feed => format!("/feeds/{feed}"),
    };
    let url = format!("{address}{base}/events?wait=10");
    match config.tokens(&source.feed) {
        None => format!("curl -sS '{url}'"),
        Some(names) => {
            let names = names.iter().map(String::as_str).chain(["ADMIN_TOKEN"]);
            let token = names
                .filter_map(|name| secrets.get(name))
                .next()
                .unwrap_or("TOKEN");
            format!("curl -sS '{url}' -H 'Authorization: Bearer {token}'")
        }
    }
}

/// Headers and a body that waypost-core has signed.
fn signed_already(sample: &Value, url: &str) -> Option<String> {
    let mut text = format!("curl -sS {url} \\\n  -H 'Content-Type: application/json'");
    for header in sample.get("headers")?.as_array()? {
        let (name, value) = (header.get(0)?.as_str()?, header.get(1)?.as_str()?);
        text += &format!(" \\\n  -H '{name}: {value}'");
    }
    Some(text + &format!(" \\\n  --data-binary '{}'", sample.get("body")?.as_str()?))
}

fn waypost(secret: &str, url: &str) -> String {
    format!(
        "now=$(date +%s); body='{{\"event_id\":\"evt_'$now'\",\"hello\":\"world\"}}'\n\
         signature=$(printf %s \"$now.$body\" | openssl dgst -sha256 -hmac '{secret}' | sed 's/.* //')\n\
         curl -sS {url} \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -H 'X-Webhook-Event: hello' \\\n  \
         -H \"X-Webhook-Timestamp: $now\" \\\n  \
         -H \"X-Webhook-Signature: sha256=$signature\" \\\n  \
         --data-binary \"$body\""
    )
}

/// As [`waypost`], with the key and the signature in base64.
fn standard_webhooks(secret: &str, url: &str) -> String {
    let key = secret.rsplit_once("whsec_").map_or(secret, |(_, key)| key);
    format!(
        "now=$(date +%s); body='{{\"type\":\"hello.world\",\"data\":{{}}}}'\n\
         key=$(printf %s '{key}' | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')\n\
         signature=$(printf %s \"msg_$now.$now.$body\" | openssl dgst -sha256 -mac HMAC -macopt \"hexkey:$key\" -binary | openssl base64 -A)\n\
         curl -sS {url} \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -H \"webhook-id: msg_$now\" \\\n  \
         -H \"webhook-timestamp: $now\" \\\n  \
         -H \"webhook-signature: v1,$signature\" \\\n  \
         --data-binary \"$body\""
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn source(provider: &str) -> Source {
        Source {
            name: provider.to_owned(),
            provider: Some(provider.to_owned()),
            secrets: vec!["MISSING".to_owned(), "SECRET".to_owned()],
            feed: "default".to_owned(),
        }
    }

    /// Pastes a sample into bash, with a curl that shows its arguments instead of sending them, at
    /// a known time.
    fn pasted(sample: &str) -> Vec<String> {
        let sample = sample.replace("$(date +%s)", "1700000000");
        let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}\n{sample}\n");
        let output = duct::cmd!("bash", "-euo", "pipefail", "-c", script)
            .read()
            .unwrap();
        output.lines().map(str::to_owned).collect()
    }

    fn header<'a>(arguments: &'a [String], name: &str) -> &'a str {
        let mut lines = arguments.iter();
        let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_else(|| panic!("no {name} in {arguments:?}"))
    }

    /// What is signed when it is pasted needs openssl, which a bare machine may not have.
    fn openssl_is_there() -> bool {
        duct::cmd!("openssl", "version")
            .stdout_null()
            .stderr_null()
            .run()
            .is_ok()
    }

    #[test]
    fn what_is_signed_already_is_preferred_and_pasted_as_it_is() {
        let samples = json!({
            "waypost": { "sample": null },
            "github": { "sample": { "headers": [["x-one", "sha256=abc"]], "body": r#"{"a":"$b \"c\""}"# } },
        });
        let (sources, secrets) = ([source("waypost"), source("github")], Secrets::of([]));
        let sample = sample(&sources, &samples, &secrets, "http://here").unwrap();
        assert_eq!(
            (sample.source.name.as_str(), sample.signed_already),
            ("github", true)
        );
        let arguments = pasted(&sample.text);
        assert!(
            arguments.contains(&"http://here/webhooks/receive/github".to_owned()),
            "{arguments:?}"
        );
        assert_eq!(header(&arguments, "x-one"), "sha256=abc");
        assert_eq!(arguments.last().unwrap(), r#"{"a":"$b \"c\""}"#);
    }

    /// The signatures of this test and the next were computed with Python's hmac.
    #[test]
    fn waypost_is_signed_when_it_is_pasted() {
        if !openssl_is_there() {
            return;
        }
        let (sources, secrets) = ([source("waypost")], Secrets::of([("SECRET", "s3cret")]));
        let sample = sample(&sources, &json!({}), &secrets, "http://here").unwrap();
        let arguments = pasted(&sample.text);
        assert_eq!(
            arguments.last().unwrap(),
            r#"{"event_id":"evt_1700000000","hello":"world"}"#
        );
        assert_eq!(
            header(&arguments, "X-Webhook-Signature"),
            "sha256=ada311edb81314691dea388a2f0f71c4f08abf0890aab583f6efb1842d02faa1"
        );
    }

    #[test]
    fn standard_webhooks_decodes_its_key() {
        if !openssl_is_there() {
            return;
        }
        let arguments = pasted(&standard_webhooks("whsec_a2V5", "http://here"));
        assert_eq!(
            header(&arguments, "webhook-signature"),
            "v1,c/0oMMKyrPEg92m/dm4qGlzPMgFXzYMCkR/Yo/gAd0c="
        );
    }

    #[test]
    fn reading_back_needs_a_token_unless_the_feed_is_public() {
        let feeds = json!({ "default": { "tokens": ["T"] }, "open": { "public": true } });
        let config = Config {
            vars: [("FEEDS".to_owned(), feeds)].into(),
        };
        let secrets = Secrets::of([("T", "token")]);
        let read = |feed: &str| {
            let source = Source {
                feed: feed.to_owned(),
                ..source("github")
            };
            read_back(&source, &config, &secrets, "http://here")
        };
        assert_eq!(
            read("default"),
            "curl -sS 'http://here/events?wait=10' -H 'Authorization: Bearer token'"
        );
        assert_eq!(
            read("open"),
            "curl -sS 'http://here/feeds/open/events?wait=10'"
        );
    }
}
