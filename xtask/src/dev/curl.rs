//! Requests to paste: a signed webhook, and the read that gets it back.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Secrets, source_path};
use crate::{
    config::{Config, Source},
    hash,
};

/// Writes the sample for a provider, given the secret and the URL.
type Sample = fn(secret: &str, url: &str) -> String;

/// The providers that there is a sample for, the simplest first.
const SAMPLES: [(&str, Sample); 3] = [
    ("github", github),
    ("waypost", waypost),
    ("standard-webhooks", standard_webhooks),
];

/// A signed webhook for the source that is easiest to sign for.
pub(super) fn sample<'a>(
    sources: &'a [Source],
    secrets: &Secrets,
    address: &str,
) -> Option<(&'a Source, String)> {
    SAMPLES.iter().find_map(|(provider, sample)| {
        let source = sources
            .iter()
            .find(|source| source.provider.as_deref() == Some(provider))?;
        let secret = source.secrets.iter().find_map(|name| secrets.get(name))?;
        Some((
            source,
            sample(secret, &format!("{address}{}", source_path(source))),
        ))
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
            let token = names
                .iter()
                .find_map(|name| secrets.get(name))
                .unwrap_or("TOKEN");
            format!("curl -sS '{url}' -H 'Authorization: Bearer {token}'")
        }
    }
}

/// Signs no time, so it is signed here, and good for as long as the secret.
fn github(secret: &str, url: &str) -> String {
    // Another body for each run: the same one would be a duplicate of the last run's.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_millis());
    let body = format!(r#"{{"zen":"Keep it logically awesome.","hook_id":{now}}}"#);
    let delivery = format!("00000000-0000-4000-8000-{:012}", now % 1_000_000_000_000);
    let signature = hash::hmac(secret.as_bytes(), body.as_bytes());
    format!(
        "curl -sS {url} \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -H 'X-GitHub-Event: ping' \\\n  \
         -H 'X-GitHub-Delivery: {delivery}' \\\n  \
         -H 'X-Hub-Signature-256: sha256={signature}' \\\n  \
         --data-binary '{body}'"
    )
}

/// Signs the time, so it is signed when it is pasted, with openssl.
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
    let key = secret.strip_prefix("whsec_").unwrap_or(secret);
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
    use super::*;

    fn source(provider: &str, feed: &str) -> Source {
        Source {
            name: provider.to_owned(),
            provider: Some(provider.to_owned()),
            secrets: vec!["MISSING".to_owned(), "SECRET".to_owned()],
            feed: feed.to_owned(),
        }
    }

    /// Pastes a sample into bash, with a curl that shows its arguments instead of sending them.
    fn pasted(sample: &str) -> Vec<String> {
        let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}\n{sample}\n");
        let output = duct::cmd!("bash", "-euo", "pipefail", "-c", script)
            .read()
            .unwrap();
        output.lines().map(str::to_owned).collect()
    }

    fn header<'a>(arguments: &'a [String], name: &str) -> &'a str {
        let found = arguments
            .iter()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.unwrap_or_else(|| panic!("no {name} in {arguments:?}"))
    }

    #[test]
    fn github_is_preferred_and_its_signature_covers_the_body_that_is_sent() {
        let secrets = Secrets::of([("SECRET", "s3cret")]);
        let sources = [source("waypost", "default"), source("github", "default")];
        let (chosen, sample) = sample(&sources, &secrets, "http://here").unwrap();
        assert_eq!(chosen.name, "github");
        let arguments = pasted(&sample);
        assert!(
            arguments.contains(&"http://here/webhooks/receive/github".to_owned()),
            "{arguments:?}"
        );
        let body = arguments.last().unwrap();
        let expected = format!("sha256={}", hash::hmac(b"s3cret", body.as_bytes()));
        assert_eq!(header(&arguments, "X-Hub-Signature-256"), expected);
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
    fn waypost_is_signed_when_it_is_pasted() {
        if !openssl_is_there() {
            return;
        }
        let secrets = Secrets::of([("SECRET", "s3cret")]);
        let arguments = pasted(
            &sample(&[source("waypost", "default")], &secrets, "http://here")
                .unwrap()
                .1,
        );
        let signed = format!(
            "{}.{}",
            header(&arguments, "X-Webhook-Timestamp"),
            arguments.last().unwrap()
        );
        let expected = format!("sha256={}", hash::hmac(b"s3cret", signed.as_bytes()));
        assert_eq!(header(&arguments, "X-Webhook-Signature"), expected);
    }

    /// The key is base64 of `key`; the signature's value was computed with Python's hmac.
    #[test]
    fn standard_webhooks_decodes_its_key() {
        if !openssl_is_there() {
            return;
        }
        let sample =
            standard_webhooks("whsec_a2V5", "http://here").replace("$(date +%s)", "1700000000");
        assert_eq!(
            header(&pasted(&sample), "webhook-signature"),
            "v1,c/0oMMKyrPEg92m/dm4qGlzPMgFXzYMCkR/Yo/gAd0c="
        );
    }

    #[test]
    fn reading_back_needs_a_token_unless_the_feed_is_public() {
        let config = Config {
            vars: [(
                "FEEDS".to_owned(),
                serde_json::json!({"default": {"tokens": ["T"]}, "open": {"public": true}}),
            )]
            .into(),
        };
        let secrets = Secrets::of([("T", "token")]);
        let read = |feed| read_back(&source("github", feed), &config, &secrets, "http://here");
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
