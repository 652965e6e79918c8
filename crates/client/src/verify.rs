//! Whether what came from Waypost is Waypost's, and fresh.

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

fn source(provider: &str, secrets: &[&str]) -> Result<Source, String> {
    let names: Vec<String> = (0..secrets.len())
        .map(|at| format!("SECRET_{at}"))
        .collect();
    let sources = serde_json::json!({ "subscription": { "provider": provider, "secrets": names } });
    let config = Config::parse(&[("SOURCES", &sources.to_string())]).map_err(|mistakes| {
        let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        texts.join("; ")
    })?;
    let secret = |name: &str| {
        let at: usize = name.strip_prefix("SECRET_")?.parse().ok()?;
        secrets.get(at).map(|&text| text.to_owned())
    };
    match config.source("subscription", secret) {
        SourceState::Ready { source, .. } => Ok(*source),
        SourceState::Misconfigured { reason } => Err(reason),
        SourceState::Unknown => Err("there is no secret".to_owned()),
    }
}
