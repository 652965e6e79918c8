//! Whether what came from Waypost is Waypost's, and fresh.

use serde_json::json;
use waypost_core::{
    config::{Config, SourceState},
    headers::Headers,
    rejection::Rejection,
    source::Source,
    verify::{Head, screen},
};

/// Checks what subscriptions send: Standard Webhooks where the request carries that signature, else
/// `X-Webhook-Signature`.
#[derive(Clone, Debug)]
pub struct Verifier {
    /// None where a secret is no key of that scheme, whose keys are base64.
    standard: Option<Source>,
    own: Source,
}

/// What is genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genuine {
    /// The event's id; the same for every attempt.
    pub id: String,
    /// The event's type; empty where none was said.
    pub kind: String,
}

impl Verifier {
    /// With the subscription's secret; with several while it is rotated.
    ///
    /// # Errors
    ///
    /// A sentence where a secret is none.
    pub fn new(secrets: &[&str]) -> Result<Self, String> {
        Ok(Self {
            standard: source("standard-webhooks", secrets).ok(),
            own: source("waypost", secrets)?,
        })
    }

    /// Checks a request: its headers, names in any case, and its body's bytes. `now` is in
    /// milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// Why it is refused.
    pub fn verify(
        &self,
        headers: &[(&str, &str)],
        body: &[u8],
        now: u64,
    ) -> Result<Genuine, Rejection> {
        let flat = flat(headers);
        let headers = Headers::new(&flat);
        let source = match (headers.get("webhook-signature"), &self.standard) {
            (Some(_), Some(standard)) => standard,
            _ => &self.own,
        };
        let head = Head {
            method: "POST",
            query: "",
            headers,
        };
        let verified = screen(source, &head, now)?.verify(body)?;
        let own = headers.get("x-webhook-event").unwrap_or_default();
        let kind = match verified.event_type() {
            "" => own,
            kind => kind,
        };
        let id = verified.event_id();
        Ok(Genuine {
            id: id.map(|id| id.value.clone()).unwrap_or_default(),
            kind: kind.to_owned(),
        })
    }
}

/// Headers as the core reads them: names in lower case, repeats joined.
pub fn flat(headers: &[(&str, &str)]) -> String {
    let mut joined: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        // A line feed would make two headers of one.
        let value = value.trim().replace(['\r', '\n'], " ");
        match joined.iter_mut().find(|(known, _)| *known == name) {
            Some((_, before)) => *before = format!("{before}, {value}"),
            None => joined.push((name, value)),
        }
    }
    joined
        .iter()
        .map(|(name, value)| format!("{name}\n{value}\n"))
        .collect()
}

/// The `SOURCES` of a config with one source, which has this provider and secrets of made-up names, and what those
/// names stand for.
pub fn of_provider<S: AsRef<str>>(
    name: &str,
    provider: &str,
    secrets: &[S],
    public_url: Option<&str>,
) -> (String, impl Fn(&str) -> Option<String>) {
    let names: Vec<String> = (0..secrets.len())
        .map(|at| format!("SECRET_{at}"))
        .collect();
    let mut source = serde_json::Map::from_iter([("provider".to_owned(), json!(provider))]);
    if !names.is_empty() {
        source.insert("secrets".to_owned(), json!(names));
    }
    if let Some(url) = public_url {
        source.insert("public_url".to_owned(), json!(url));
    }
    let secret = |name: &str| {
        let at: usize = name.strip_prefix("SECRET_")?.parse().ok()?;
        secrets.get(at).map(|text| text.as_ref().to_owned())
    };
    (json!({ name: source }).to_string(), secret)
}

fn source(provider: &str, secrets: &[&str]) -> Result<Source, String> {
    let (sources, secret) = of_provider("subscription", provider, secrets, None);
    let config = Config::parse(&[("SOURCES", &sources)]).map_err(|mistakes| {
        let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        texts.join("; ")
    })?;
    match config.source("subscription", secret) {
        SourceState::Ready { source, .. } => Ok(*source),
        SourceState::Misconfigured { reason } => Err(reason),
        SourceState::Unknown => Err("there is no secret".to_owned()),
    }
}
