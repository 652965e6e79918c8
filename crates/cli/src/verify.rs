//! `waypost verify`: the steps of receiving, one by one, and what would have matched.

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use waypost_client::{now, verify::flat};
use waypost_core::{
    headers::Headers,
    rejection::Rejection,
    scheme::{Algorithm, Encoding, Named, Place, Scheme, Stamp},
    secret::Secret,
    sign::Outgoing,
    source::Source,
    verify::{Head, Step, looked, moment, screen},
    when::rfc3339,
};

use crate::{
    args::Verify,
    exit::{Exit, Failure, Outcome},
    public,
    send::{pairs, read},
    signing::Signer,
};

/// A captured webhook.
struct Capture<'a> {
    query: &'a str,
    headers: String,
    body: Vec<u8>,
    at: u64,
}

/// Checks it, and says what it finds.
pub(crate) fn run(args: &Verify) -> Outcome {
    let signer = Signer::new(&args.signing)?;
    if signer.scheme.keys_from.are_fetched() {
        return Err(Failure::usage(
            "Waypost fetches this provider's key when a webhook comes: it cannot be checked here",
        ));
    }
    let headers = headers(&read(&args.headers)?)?;
    let capture = Capture {
        query: &args.query,
        headers: flat(&pairs(&headers)),
        body: read(&args.body)?,
        at: match &args.at {
            None => now(),
            Some(text) => millis(text)?,
        },
    };
    match capture.check(&signer.source) {
        Ok(said) => {
            println!("ok    the signature is the provider's");
            for line in said {
                println!("      {line}");
            }
            Ok(Exit::Done)
        }
        Err(rejection) => {
            let row = rejection.row();
            println!(
                "fails {}: {} ({} {})",
                step(rejection),
                row.title,
                row.status,
                row.code
            );
            println!("      {}", row.detail);
            for line in explain(&capture, &signer, rejection) {
                println!("      {line}");
            }
            Ok(Exit::Unverified)
        }
    }
}

impl Capture<'_> {
    fn check(&self, source: &Source) -> Result<Vec<String>, Rejection> {
        self.with_body(source, &self.body, self.at)
    }

    fn with_body(&self, source: &Source, body: &[u8], at: u64) -> Result<Vec<String>, Rejection> {
        let head = Head {
            method: "POST",
            query: self.query,
            headers: Headers::new(&self.headers),
        };
        let screened = screen(source, &head, at)?;
        let verified = match screened.needs_host() {
            true => public::verify(screened, body)?,
            false => screened.verify(body)?,
        };
        let id = verified.event_id().map_or("none", |id| id.value.as_str());
        let kind = match verified.event_type() {
            "" => "none",
            kind => kind,
        };
        Ok(vec![format!("id {id}"), format!("type {kind}")])
    }

    fn headers(&self) -> Headers<'_> {
        Headers::new(&self.headers)
    }
}

/// The step that a refusal belongs to.
fn step(rejection: Rejection) -> &'static str {
    match Step::of(rejection) {
        Step::Headers => "the signature's header",
        Step::Timestamp => "the time of signing",
        Step::Identity => "the event's id",
        Step::Signature => "the signature",
        Step::Content => "the body",
    }
}

/// What is wrong as far as can be told, and what would have been right.
fn explain(capture: &Capture<'_>, signer: &Signer, rejection: Rejection) -> Vec<String> {
    let (scheme, source) = (&signer.scheme, &signer.source);
    let mut lines = Vec::new();
    match rejection {
        Rejection::MissingSignature => lines.push(looked(scheme)),
        Rejection::StaleTimestamp | Rejection::FutureTimestamp => {
            if let Some(sent) = stamp(capture, scheme) {
                let tolerance = source.settings.tolerance_seconds;
                lines.push(moment(sent, capture.at, tolerance));
                let then = capture.with_body(source, &capture.body, sent).is_ok();
                let signature = if then { "is right" } else { "is wrong as well" };
                lines.push(format!(
                    "the signature {signature}: try --at {}",
                    rfc3339(sent)
                ));
            }
        }
        Rejection::BadSignature => lines.extend(suspects(capture, signer)),
        _ => {}
    }
    if matches!(
        rejection,
        Rejection::BadSignature | Rejection::UndecodableSignature | Rejection::MissingSignature
    ) {
        lines.extend(expected(capture, signer));
    }
    lines
}

/// What was perhaps changed on the way, or meant otherwise.
fn suspects(capture: &Capture<'_>, signer: &Signer) -> Vec<String> {
    let body = &capture.body;
    let text = String::from_utf8_lossy(body);
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let mut bodies: Vec<(&str, Vec<u8>)> = vec![
        ("without the space around it", text.trim().into()),
        (
            "with a line feed behind it",
            format!("{}\n", text.trim_end()).into(),
        ),
        (
            "with CRLF for each line feed",
            text.replace("\r\n", "\n").replace('\n', "\r\n").into(),
        ),
        (
            "with a line feed for each CRLF",
            text.replace("\r\n", "\n").into(),
        ),
        ("empty", Vec::new()),
    ];
    if let Some(json) = &json {
        bodies.push(("as compact JSON", json.to_string().into()));
        let pretty = serde_json::to_string_pretty(json).unwrap_or_default();
        bodies.push(("as indented JSON", pretty.into()));
    }
    let mut lines = Vec::new();
    for (how, changed) in bodies {
        if changed != *body
            && capture
                .with_body(&signer.source, &changed, capture.at)
                .is_ok()
        {
            lines.push(format!(
                "it would match the body {how}: the body is not as it was signed"
            ));
        }
    }
    for (how, key) in keys(signer) {
        if signatures(capture, &signer.scheme, &key)
            .iter()
            .any(|value| carries(capture, value))
        {
            lines.push(format!("it would match the secret {how}"));
        }
    }
    if lines.is_empty() {
        lines.push("either the secret or the body is another one than was signed with".to_owned());
    }
    lines
}

/// What else a secret's text may have been meant as.
fn keys(signer: &Signer) -> Vec<(String, Secret)> {
    let mut keys = Vec::new();
    let own = &signer.scheme.key;
    for text in &signer.secrets {
        let trimmed = text.trim();
        let bare = own
            .strip
            .iter()
            .find_map(|prefix| trimmed.strip_prefix(prefix.as_str()));
        let mut tries = vec![("without the space around it".to_owned(), trimmed, own.form)];
        for &(name, form) in Encoding::NAMES {
            tries.push((format!("read as {name}"), trimmed, form));
            if let Some(bare) = bare {
                tries.push((format!("read as {name} without its prefix"), bare, form));
            }
        }
        for (how, text, form) in tries {
            let rule = waypost_core::secret::KeyRule {
                form,
                strip: Vec::new(),
                bare: Some(form),
                hash: own.hash,
            };
            let key = Secret::decode(text, &rule).ok();
            keys.extend(
                key.filter(|key| !signer.keys.contains(key))
                    .map(|key| (how, key)),
            );
        }
    }
    keys
}

/// The headers that this key would have signed the capture with.
fn signatures(capture: &Capture<'_>, scheme: &Scheme, key: &Secret) -> Vec<(String, String)> {
    let id = scheme.families.iter().flat_map(|family| &family.id);
    let id = id.filter_map(|place| match place {
        Place::Header(name) => capture.headers().get(name),
        _ => None,
    });
    let id = id.max_by_key(|id| id.len()).unwrap_or_default();
    let out = Outgoing {
        body: &capture.body,
        at: stamp(capture, scheme).unwrap_or(capture.at),
        id,
        event_type: "",
        method: "POST",
        url: "",
        headers: capture.headers(),
    };
    let signed = scheme.sign(std::slice::from_ref(key), &out);
    let own = |name: &str| {
        scheme
            .families
            .iter()
            .any(|family| family.is_signature(name))
    };
    let mut headers: Vec<(String, String)> = signed
        .headers
        .into_iter()
        .filter(|(name, _)| own(name))
        .collect();
    headers.extend(
        signed
            .in_body
            .map(|(_, text)| ("in the body".to_owned(), text)),
    );
    headers
}

/// Whether the capture carries this signature, beside others perhaps.
fn carries(capture: &Capture<'_>, (name, value): &(String, String)) -> bool {
    let carried = capture.headers().get(name);
    carried.is_some_and(|carried| carried.contains(value.as_str()))
}

/// What each key signs.
fn expected(capture: &Capture<'_>, signer: &Signer) -> Vec<String> {
    if signer.scheme.algorithm.is_public() {
        // Only the provider's private key would.
        return Vec::new();
    }
    if signer.scheme.algorithm == Algorithm::Token {
        // It would be the secret itself.
        return vec!["the header must be the secret itself".to_owned()];
    }
    let own: Vec<(&str, &str)> = capture.headers().iter().collect();
    let families = &signer.scheme.families;
    let sent = own
        .into_iter()
        .filter(|(name, _)| families.iter().any(|family| family.is_signature(name)));
    let mut lines: Vec<String> = sent
        .map(|(name, value)| format!("sent      {name}: {value}"))
        .collect();
    for key in &signer.keys {
        let values = signatures(capture, &signer.scheme, key);
        lines.extend(
            values
                .iter()
                .map(|(name, value)| format!("expected  {name}: {value}")),
        );
    }
    lines
}

/// The time of signing as the headers say it, in milliseconds since 1970.
fn stamp(capture: &Capture<'_>, scheme: &Scheme) -> Option<u64> {
    scheme.families.iter().find_map(|family| {
        let text = match family.timestamp.as_ref()? {
            Stamp::At(Place::Header(name)) => capture.headers().get(name)?,
            Stamp::At(_) => return None,
            Stamp::Field(field) => match &family.signature {
                Place::Header(name) => {
                    let text = capture.headers().get(name)?;
                    scheme.layout.single(text, field).ok()?
                }
                _ => return None,
            },
        };
        scheme.unit?.parse(text)
    })
}

/// `name: value` lines, or the `headers` of an event.
fn headers(bytes: &[u8]) -> Result<Vec<(String, String)>, Failure> {
    if let Ok(Value::Object(event)) = serde_json::from_slice(bytes) {
        let nested = event.get("headers").and_then(Value::as_object);
        let members = nested.unwrap_or(&event);
        let text =
            |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        return Ok(members.iter().filter_map(text).collect());
    }
    let text = String::from_utf8_lossy(bytes);
    let mut headers = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.split_once(':') {
            Some((name, value)) => headers.push((name.trim().to_owned(), value.trim().to_owned())),
            // The request's first line.
            None if headers.is_empty() => {}
            None => return Err(Failure::usage(format!("{line:?} is no header"))),
        }
    }
    Ok(headers)
}

fn millis(text: &str) -> Result<u64, Failure> {
    let at = OffsetDateTime::parse(text, &Rfc3339);
    let at =
        at.map_err(|_| Failure::usage(format!("{text} is no time such as 2026-01-31T12:00:00Z")))?;
    Ok(u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default())
}
