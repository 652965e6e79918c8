//! Samples: what is made for a source, the source takes, whatever its provider.

use serde_json::{Value, json};
use waypost_core::{
    config::Config,
    encoding::Encoding,
    fields,
    headers::Headers,
    providers,
    rejection::Rejection,
    sample::{DEFAULT_TYPE, Sample, sample, wanted_type},
    scheme::{At, Key, Place, Row, Scheme},
    secret::Secret,
    source::Source,
    verify::Verified,
};

use super::support::{NOW, PUBLIC_URL, Request};

/// The secret of a key's form.
fn secret(key: &Key<'_>) -> String {
    let prefix = key.strip.first().copied().unwrap_or_default();
    format!("{prefix}{}", key.form.encode(b"0123456789abcdef01234567"))
}

/// A source, through the config, with whatever its row asks for.
fn configured(row: &Row<'_>) -> Source {
    let mut source =
        json!({ "provider": row.name, "secrets": ["FIRST", "SECOND"], "public_url": PUBLIC_URL });
    if row.signature.at == At::Header("") {
        source["header"] = json!("x-token");
    }
    let named = Scheme::compile(row)
        .map(|scheme| scheme.asks)
        .unwrap_or_default();
    for ask in named {
        source[&ask.key] = json!(["VALUE"]);
    }
    of(&source, &|name| match name {
        "FIRST" => Some(secret(&row.key)),
        "SECOND" => None,
        other => Some(other.to_owned()),
    })
}

fn of(source: &Value, secret: &dyn Fn(&str) -> Option<String>) -> Source {
    let sources = json!({ "s": source }).to_string();
    let config =
        Config::parse(&[("SOURCES", &sources)]).unwrap_or_else(|errors| panic!("{errors:?}"));
    config
        .source("s", secret)
        .ready()
        .expect("a source")
        .clone()
}

/// As the line gets it.
fn request(sample: &Sample) -> Request {
    let headers = Headers::new(&sample.headers);
    Request {
        headers: headers
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: sample.body.clone(),
        query: sample.query.clone(),
        method: "POST".to_owned(),
    }
}

/// It verifies, and carries what it should.
fn proved(name: &str, source: &Source, handed: &[Secret]) -> Verified<'static> {
    let made = sample(source, handed, NOW, "id-of-the-sample", "made.up");
    let made = made.unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
    let mut taker = source.clone();
    if source.is_handed() {
        taker.keys = vec![handed.to_vec()];
    }
    let taker: &Source = Box::leak(Box::new(taker));
    let verified = request(&made).verify(taker, NOW);
    let verified = verified.unwrap_or_else(|refused| panic!("{name}: {refused:?}: {made:?}"));
    let id = verified.event_id().map(|id| id.value.as_str());
    assert_eq!(id, made.has_id.then_some("id-of-the-sample"), "{name}");
    let says = |places: &[Place]| !places.is_empty();
    let mut families = source.scheme.ways().flat_map(|way| &way.families);
    if families.all(|family| says(&family.event_type)) {
        assert_eq!(verified.event_type(), "made.up", "{name}");
    }
    assert!(verified.answered().is_none(), "{name} is no handshake");
    let declared = Headers::new(&made.headers).content_length();
    assert_eq!(declared, Some(made.body.len() as u64), "{name}");
    // Two of them are two events.
    let other = sample(source, handed, NOW, "id-of-another", "made.up").expect("a sample");
    let other = request(&other).verify(taker, NOW).expect("verified");
    assert!(
        verified.mark().is_none() || verified.mark() != other.mark(),
        "{name}"
    );
    verified
}

#[test]
fn every_row_takes_its_sample() {
    let mut made = 0;
    for row in providers::all().filter(|row| !row.algorithm.is_public()) {
        let source = configured(row);
        let key = Secret::decode(&secret(&row.key), &source.scheme.key).expect("a key");
        assert_eq!(source.keys[0], [key], "{}", row.name);
        proved(row.name, &source, &[]);
        made += 1;
    }
    let all = providers::all().count();
    assert!(made > all - 10, "{made} of {all}");
}

#[test]
fn a_secret_that_was_handed_over_signs() {
    for name in ["asana", "notion"] {
        let source = of(&json!({ "provider": name }), &|_| None);
        assert!(source.is_handed());
        let key = Secret::decode("handed over", &source.scheme.key).expect("a key");
        proved(name, &source, &[key]);
        let none = sample(&source, &[], NOW, "id", "made.up");
        assert_eq!(none.err(), Some(Rejection::NotSignable), "{name}");
    }
}

#[test]
fn what_only_the_provider_can_sign_is_refused() {
    let public = |row: &&Row<'_>| row.algorithm.is_public();
    let mut refused = 0;
    for row in providers::all().filter(public) {
        let mut source = json!({ "provider": row.name });
        let scheme = Scheme::compile(row).expect("a row that compiles");
        for ask in &scheme.asks {
            source[&ask.key] = json!(["VALUE"]);
        }
        if ["discord", "telnyx", "sendgrid", "paypal", "plaid"].contains(&row.name) {
            source["secrets"] = json!(["KEY"]);
        }
        let source = of(&source, &|_| Some(row.key.form.encode(&[7; 32])));
        let made = sample(&source, &[], NOW, "id", "made.up");
        assert_eq!(made.err(), Some(Rejection::NotSignable), "{}", row.name);
        refused += 1;
    }
    assert!(refused >= 7, "{refused}");
    // A source of the standard that has nothing but a public key.
    let standard = json!({ "provider": "standard-webhooks", "secrets": ["KEY"] });
    let key = format!("whpk_{}", Encoding::Base64.encode(&[7; 32]));
    let source = of(&standard, &|_| Some(key.clone()));
    assert_eq!(
        sample(&source, &[], NOW, "id", "x").err(),
        Some(Rejection::NotSignable)
    );
    // A token that says more than the scheme knows.
    let scheme = json!({ "algorithm": "hmac-sha256", "encoding": "base64url", "signature": { "header": "x-jwt", "jwt": true },
        "signed": "{jwt}", "body_hash": { "claim": "/hash" } });
    let source = of(&json!({ "secrets": ["KEY"], "scheme": scheme }), &|_| {
        Some("k".to_owned())
    });
    assert_eq!(
        sample(&source, &[], NOW, "id", "x").err(),
        Some(Rejection::NotSignable)
    );
}

#[test]
fn schemes_of_the_config_take_theirs() {
    let base = json!({ "algorithm": "hmac-sha256", "encoding": "hex", "signature": { "header": "x-sig" }, "signed": "{body}" });
    let with = |members: Value| {
        let mut scheme = base.clone();
        for (name, value) in members.as_object().expect("members") {
            scheme[name] = value.clone();
        }
        scheme
    };
    let schemes = [
        (
            "headers that are signed by name",
            with(json!({
            "timestamp": { "header": "x-time", "unit": "s" }, "type": { "header": "x-type" }, "id": { "header": "x-id" },
            "signed": "{header:x-more}.{header:x-type}.{header:x-id}.{header:x-time}.{header:content-type}.{timestamp}.{body}" })),
        ),
        (
            "what must stand somewhere",
            with(json!({ "requires": [
            { "header": "x-version", "is": "2" }, { "header": "x-account", "one_of": "accounts" }, { "json": "/account/name", "one_of": "accounts" },
            { "json": "/mode", "none_of": "modes" }, { "header": "x-any" }, { "query": "tenant", "one_of": "accounts" }, { "json": "/token", "secret": "tokens" } ] })),
        ),
        (
            "lines",
            with(
                json!({ "signed": "{lines:Message,Id,Kind}", "id": { "json": "/Id" }, "type": { "json": "/Kind" }, "integrity": "none" }),
            ),
        ),
        (
            "a token in the query",
            json!({ "algorithm": "token", "signature": { "query": "key" }, "integrity": "none" }),
        ),
        (
            "a signature in a form that is signed field by field",
            with(json!({
            "signature": { "form": "sig" }, "signed": "{form:a}.{form:time}", "timestamp": { "form": "time", "unit": "ms" } })),
        ),
        (
            "the whole form and the URL",
            with(json!({ "signed": "{url:port}|{form}|{method}" })),
        ),
        (
            "the body by its hash in the URL",
            with(json!({ "signed": "{url}", "body_hash": "sha" })),
        ),
        (
            "nothing but the time and the id",
            with(json!({
            "timestamp": { "header": "x-time", "unit": "rfc3339" }, "id": { "header": "x-id" }, "signed": "{id} {timestamp} {crc32}", "integrity": "none" })),
        ),
    ];
    for (name, scheme) in schemes {
        let mut source = json!({ "secrets": ["KEY"], "scheme": scheme, "public_url": PUBLIC_URL });
        if name.starts_with("what must") {
            for key in ["accounts", "modes", "tokens"] {
                source[key] = json!([
                    format!("{key}_1").to_uppercase(),
                    format!("{key}_2").to_uppercase()
                ]);
            }
        }
        proved(
            name,
            &of(&source, &|name| Some(format!("secret {name}"))),
            &[],
        );
    }
}

/// An id, a type and a sentence, for people; and at the provider's own places what it has there.
#[test]
fn what_it_says() {
    let row = providers::find("stripe").expect("a row");
    let made = sample(&configured(row), &[], NOW, "evt_9", "made.up").expect("a sample");
    let body: Value = serde_json::from_slice(&made.body).expect("JSON");
    assert_eq!(
        (&body["id"], &body["type"]),
        (&json!("evt_9"), &json!("made.up"))
    );
    assert!(
        body["message"]
            .as_str()
            .expect("a sentence")
            .contains("sample")
    );
    let row = providers::find("adyen").expect("a row");
    let made = sample(&configured(row), &[], NOW, "evt_9", "made.up").expect("a sample");
    let kind = fields::Pointer::parse("/notificationItems/*/NotificationRequestItem/eventCode")
        .expect("a pointer");
    assert_eq!(
        fields::values(&made.body, &[&kind]),
        [Some("made.up".to_owned())]
    );
}

#[test]
fn the_type_that_is_asked_for() {
    for (body, kind) in [
        ("", DEFAULT_TYPE),
        ("{}", DEFAULT_TYPE),
        (r#"{"type":""}"#, DEFAULT_TYPE),
        (r#"{"type":"a.b","x":1}"#, "a.b"),
    ] {
        assert_eq!(
            wanted_type(body.as_bytes()).ok().as_deref(),
            Some(kind),
            "{body}"
        );
    }
    let long = format!(r#"{{"type":"{}"}}"#, "a".repeat(257));
    for body in [
        "[]",
        "{",
        r#"{"type":1}"#,
        r#"{"type":"a\nb"}"#,
        r#"{"type":"größer"}"#,
        r#"{"type":" a"}"#,
        &long,
    ] {
        let refused = wanted_type(body.as_bytes()).expect_err(body);
        assert_eq!(refused.rejection(), Rejection::InvalidBody, "{body}");
    }
}
