//! Every mistake in a config is named by its key.

use proptest::prelude::*;
use waypost_core::config::{Config, is_name};

/// The errors of a config whose one source is `source`.
fn errors(source: &str) -> Vec<String> {
    all_errors(&[("SOURCES", &format!(r#"{{"x":{source}}}"#))])
}

fn all_errors(variables: &[(&str, &str)]) -> Vec<String> {
    let errors = Config::parse(variables).err().unwrap_or_default();
    errors.iter().map(ToString::to_string).collect()
}

/// A source with a scheme that is right but for what `change` puts in its place.
fn scheme(change: &str) -> String {
    let mut scheme = serde_json::json!({
        "algorithm": "hmac-sha256", "encoding": "hex",
        "signature": { "header": "x-signature" },
        "timestamp": { "header": "x-time", "unit": "s" },
        "signed": "{timestamp}.{body}",
    });
    let change: serde_json::Value = serde_json::from_str(change).expect("JSON");
    for (key, value) in change.as_object().expect("an object") {
        match value.is_null() {
            true => scheme.as_object_mut().expect("an object").remove(key),
            false => scheme
                .as_object_mut()
                .expect("an object")
                .insert(key.clone(), value.clone()),
        };
    }
    serde_json::json!({ "secrets": ["S"], "scheme": scheme }).to_string()
}

#[test]
fn mistakes_in_a_source_name_their_key() {
    for (source, expected) in [
        (r#"{"provider":"github","secrets":["S"]}"#, &[][..]),
        ("5", &["SOURCES.x: must be a table"]),
        ("{}", &["SOURCES.x.provider: is missing; scheme serves too"]),
        (
            r#"{"secrets":["S"]}"#,
            &["SOURCES.x.provider: is missing; scheme serves too"],
        ),
        (
            r#"{"provider":"github"}"#,
            &["SOURCES.x.secrets: is missing"],
        ),
        (
            r#"{"provider":"github","secrets":[]}"#,
            &["SOURCES.x.secrets: must be 1 to 8 names"],
        ),
        (
            r#"{"provider":"github","secrets":5}"#,
            &["SOURCES.x.secrets: must be a string or a list of strings"],
        ),
        (
            r#"{"provider":5,"secrets":["S"]}"#,
            &["SOURCES.x.provider: must be a string"],
        ),
        (
            r#"{"provider":"github","secrets":["S"],"feed":"no/feed"}"#,
            &["SOURCES.x.feed: is no name of a feed"],
        ),
        (
            r#"{"provider":"github","secrets":["S"],"feed":"other"}"#,
            &[r#"SOURCES.x.feed: FEEDS has no "other""#],
        ),
        (
            r#"{"provider":"github","secrets":["S"],"tolerance_seconds":60}"#,
            &["SOURCES.x.tolerance_seconds: has no effect: the scheme signs no time"],
        ),
        (
            r#"{"provider":"stripe","secrets":["S"],"tolerance_seconds":0}"#,
            &["SOURCES.x.tolerance_seconds: must be a whole number from 1 to 604800"],
        ),
        (
            r#"{"provider":"stripe","secrets":["S"],"tolerance_seconds":"60"}"#,
            &["SOURCES.x.tolerance_seconds: must be a whole number from 1 to 604800"],
        ),
        (
            r#"{"provider":"github","secrets":["S"],"max_body_bytes":26214401}"#,
            &["SOURCES.x.max_body_bytes: must be a whole number from 1 to 26214400"],
        ),
        (
            r#"{"provider":"github","secrets":["S"],"idempotency_ttl_seconds":59}"#,
            &["SOURCES.x.idempotency_ttl_seconds: must be a whole number from 60 to 31536000"],
        ),
        (
            r#"{"provider":"github","secrets":["S"],"identity":"id"}"#,
            &[
                r#"SOURCES.x.identity: "id" needs a signed id, and anyone can change this one: use "id+content""#,
            ],
        ),
        (
            r#"{"provider":"github","secrets":["S"],"identity":"ids"}"#,
            &[r#"SOURCES.x.identity: must be one of "id", "id+content", "content", "none""#],
        ),
        (
            r#"{"provider":"github","secrets":["S"],"public_url":"hooks.example.com"}"#,
            &["SOURCES.x.public_url: must be https://host/path, without a query"],
        ),
        (
            r#"{"provider":"github","secrets":["S"],"public_url":"https://h/p?q"}"#,
            &["SOURCES.x.public_url: must be https://host/path, without a query"],
        ),
        (
            r#"{"provider":"github","secrets":["S"],"rate_limit":{}}"#,
            &[
                "SOURCES.x.rate_limit.binding: is missing",
                "SOURCES.x.rate_limit.limit: is missing",
                "SOURCES.x.rate_limit.period: is missing",
            ],
        ),
        (
            r#"{"provider":"github","secrets":["S"],"rate_limit":{"binding":"L","limit":1,"period":30}}"#,
            &["SOURCES.x.rate_limit.period: must be 10 or 60, as the platform has it"],
        ),
        (
            r#"{"provider":"github","secret":["S"],"secrets":["S"]}"#,
            &[
                "SOURCES.x.secret: is not known here; known are provider, scheme, header, secrets, feed, public_url, tolerance_seconds, identity, max_body_bytes, idempotency_ttl_seconds, rate_limit",
            ],
        ),
    ] {
        assert_eq!(errors(source), expected, "{source}");
    }
}

#[test]
fn mistakes_in_a_scheme_name_their_key() {
    for (change, expected) in [
        ("{}", &[][..]),
        (
            r#"{"algorithm":null}"#,
            &["SOURCES.x.scheme.algorithm: is missing"],
        ),
        (
            r#"{"algorithm":"md5"}"#,
            &[
                r#"SOURCES.x.scheme.algorithm: must be one of "hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512", "sha256", "token", "ed25519", "ecdsa-p256", "es256", "rsa-sha1", "rsa-sha256""#,
            ],
        ),
        (
            r#"{"encoding":null}"#,
            &["SOURCES.x.scheme.encoding: is missing"],
        ),
        (
            r#"{"encoding":"text"}"#,
            &[r#"SOURCES.x.scheme.encoding: is "text" for "token" and for nothing else"#],
        ),
        (
            r#"{"signature":null}"#,
            &["SOURCES.x.scheme.signature: is missing"],
        ),
        (
            r#"{"signature":{}}"#,
            &["SOURCES.x.scheme.signature.header: is missing; json and form serve too"],
        ),
        (
            r#"{"signature":{"header":"x y"}}"#,
            &[r#"SOURCES.x.scheme.signature.header: "x y" is no header name"#],
        ),
        (
            r#"{"signature":{"header":"x","prefix":"a","field":"b"}}"#,
            &["SOURCES.x.scheme.signature.prefix: has no place beside field or first"],
        ),
        (
            r#"{"signature":{"header":"x","separator":";"}}"#,
            &["SOURCES.x.scheme.signature.field: is missing, and the header has separators"],
        ),
        (
            r#"{"signature":{"header":"x","field":"v1","separator":""}}"#,
            &["SOURCES.x.scheme.signature.separator: is empty"],
        ),
        (
            r#"{"signature":{"header":"x","perfix":"a"}}"#,
            &[
                "SOURCES.x.scheme.signature.perfix: is not known here; known are header, json, form, query, more, prefix, field, separator, equals, first, jwt",
            ],
        ),
        (
            r#"{"signature":{"header":"{family}-x"}}"#,
            &["SOURCES.x.scheme.families: is missing, and a header is named by {family}"],
        ),
        (
            r#"{"families":["a","b"]}"#,
            &[
                "SOURCES.x.scheme.signature.header: holds no {family}, so that only the first would ever be taken",
            ],
        ),
        (
            r#"{"timestamp":null}"#,
            &["SOURCES.x.scheme.timestamp: is missing, and {timestamp} is signed"],
        ),
        (
            r#"{"timestamp":{"header":"x"}}"#,
            &["SOURCES.x.scheme.timestamp.unit: is missing"],
        ),
        (
            r#"{"timestamp":{"header":"x","unit":"h"}}"#,
            &[r#"SOURCES.x.scheme.timestamp.unit: must be one of "s", "ms", "rfc3339""#],
        ),
        (
            r#"{"timestamp":{"unit":"s"}}"#,
            &["SOURCES.x.scheme.timestamp.header: is missing; json and form serve too"],
        ),
        (
            r#"{"timestamp":{"field":"t","unit":"s"}}"#,
            &["SOURCES.x.scheme.timestamp.field: needs a signature header with fields"],
        ),
        (
            r#"{"timestamp":{"json":"/t","unit":"s"}}"#,
            &["SOURCES.x.scheme.timestamp: is signed by itself, so it must be in a header"],
        ),
        (
            r#"{"signed":null}"#,
            &["SOURCES.x.scheme.signed: is missing"],
        ),
        (
            r#"{"signed":"{timestamp}.{bdy}"}"#,
            &[
                "SOURCES.x.scheme.signed: knows no {bdy}, only body, timestamp, id, url, method, secret, form, crc32, jwt, url:FORM, header:NAME, headers:FIELD, field:NAME, form:NAME, json:/POINTER, lines:NAME,NAME",
            ],
        ),
        (
            r#"{"signed":"{timestamp}.{body}{body}"}"#,
            &["SOURCES.x.scheme.signed: holds {body} more than once"],
        ),
        (
            r#"{"signed":"{timestamp}.{body"}"#,
            &["SOURCES.x.scheme.signed: a { is not closed"],
        ),
        (
            r#"{"signed":"{body}"}"#,
            &[
                "SOURCES.x.scheme.timestamp: is not signed, so it proves nothing: leave it out or sign {timestamp}",
            ],
        ),
        (
            r#"{"signed":"{timestamp}"}"#,
            &[r#"SOURCES.x.scheme.integrity: the body is not signed; say "none" if that is meant"#],
        ),
        (
            r#"{"integrity":"none"}"#,
            &[r#"SOURCES.x.scheme.integrity: is "none", but the body is signed"#],
        ),
        (
            r#"{"signed":"{id}.{timestamp}.{body}"}"#,
            &["SOURCES.x.scheme.id: is missing, and {id} is signed"],
        ),
        (
            r#"{"signed":"{id}.{timestamp}.{body}","id":{"json":"/id"}}"#,
            &["SOURCES.x.scheme.id: is signed by itself, so it must be in a header"],
        ),
        (
            r#"{"signed":"{id}.{timestamp}.{body}","id":{"header":"i"},"id_required":false}"#,
            &["SOURCES.x.scheme.id_required: must be true, since {id} is signed"],
        ),
        (
            r#"{"signed":"{url}{timestamp}{body}"}"#,
            &["SOURCES.x.public_url: is missing, and the scheme signs the URL"],
        ),
        (
            r#"{"id":{"json":"id"}}"#,
            &[r#"SOURCES.x.scheme.id: "id" is no JSON pointer such as "/event/id""#],
        ),
        (
            r#"{"id":{"field":"id"}}"#,
            &["SOURCES.x.scheme.id: cannot be a field of the signature header"],
        ),
        (
            r#"{"id":[{"header":"a","json":"/b"}]}"#,
            &["SOURCES.x.scheme.id.json: cannot stand beside another place"],
        ),
        (
            r#"{"id":"x-id"}"#,
            &["SOURCES.x.scheme.id: must be a table"],
        ),
        (
            r#"{"id_required":true}"#,
            &["SOURCES.x.scheme.id: is missing, and required"],
        ),
        (
            r#"{"identity":"id"}"#,
            &["SOURCES.x.scheme.identity: needs an id, and the scheme has none"],
        ),
        (
            r#"{"id":{"header":"i"},"identity":"id"}"#,
            &[
                r#"SOURCES.x.scheme.identity: "id" needs a signed id, and anyone can change this one: use "id+content""#,
            ],
        ),
        (
            r#"{"key":{"form":"base32"}}"#,
            &[r#"SOURCES.x.scheme.key.form: must be one of "text", "hex", "base64", "base64url""#],
        ),
        (
            r#"{"algorithm":"token","encoding":null}"#,
            &["SOURCES.x.scheme.signed: has no place in a scheme that signs nothing"],
        ),
        (
            r#"{"algorithm":"md5","encoding":"hax","tolerance":5}"#,
            &[
                r#"SOURCES.x.scheme.algorithm: must be one of "hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512", "sha256", "token", "ed25519", "ecdsa-p256", "es256", "rsa-sha1", "rsa-sha256""#,
                r#"SOURCES.x.scheme.encoding: must be one of "text", "hex", "base64", "base64url""#,
                "SOURCES.x.scheme.tolerance: is not known here; known are algorithm, encoding, key, keys, families, signature, requires, timestamp, signed, id, type, handshakes, accepted, body_hash, or, terse, id_required, identity, tolerance_seconds, integrity",
            ],
        ),
    ] {
        assert_eq!(errors(&scheme(change)), expected, "{change}");
    }
}

#[test]
fn provider_and_scheme_exclude_each_other() {
    let both = scheme("{}").replacen('{', r#"{"provider":"github","#, 1);
    assert_eq!(
        errors(&both),
        ["SOURCES.x.scheme: has no place beside provider"]
    );
    let unknown = errors(r#"{"provider":"gitbub","secrets":["S"]}"#);
    assert_eq!(unknown.len(), 1);
    assert!(
        unknown[0].starts_with(r#"SOURCES.x.provider: "gitbub" is not known; known are waypost, "#)
    );
}

#[test]
fn mistakes_of_whole_variables_name_them() {
    let source = r#"{"x":{"provider":"github","secrets":["S"]}}"#;
    let long = format!(
        r#"{{"x":{{"provider":"github","secrets":["S"],"public_url":"https://h/{}"}}}}"#,
        "x".repeat(5100)
    );
    for (variables, expected) in [
        (&[("SOURCES", "{")][..], "SOURCES: is not JSON: "),
        (
            &[("SOURCES", "[]")],
            "SOURCES: must be a table of named entries",
        ),
        (&[("FEEDS", "5")], "FEEDS: must be a table of named entries"),
        (
            &[("SOURCES", source), ("SOURCES_2", source)],
            "SOURCES_2.x: is configured twice",
        ),
        (
            &[("FEEDS", r#"{"a":{}}"#), ("FEEDS_3", r#"{"a":{}}"#)],
            "FEEDS_3.a: is configured twice",
        ),
        (&[("SOURCES", &long)], "SOURCES: has 51"),
        (
            &[(
                "SOURCES",
                r#"{"a b":{"provider":"github","secrets":["S"]}}"#,
            )],
            "SOURCES.a b: must be 1 to 64 of",
        ),
        (&[("FEEDS", r#"{"..":{}}"#)], "FEEDS...: must be 1 to 64 of"),
        (
            &[("FEEDS", r#"{"a":{"token":["T"]}}"#)],
            "FEEDS.a.token: is not known here; known are tokens, ",
        ),
        (
            &[("FEEDS", r#"{"a":{"public":"yes"}}"#)],
            "FEEDS.a.public: must be true or false",
        ),
        (
            &[("FEEDS", r#"{"a":{"tokens":["not a name"]}}"#)],
            "FEEDS.a.tokens: must be names of secrets",
        ),
        (
            &[("ALLOW_TARGETS", "[5]")],
            "ALLOW_TARGETS: must be a list of strings",
        ),
        (
            &[("RETRY_SCHEDULE_SECONDS", "[0]")],
            "RETRY_SCHEDULE_SECONDS: must be a list of whole numbers from 1 to 604800",
        ),
        (
            &[("RETRY_SCHEDULE_SECONDS", "[]")],
            "RETRY_SCHEDULE_SECONDS: is empty",
        ),
        (
            &[("SOURCES_", "{}")],
            "SOURCES_: is not read; further variables are SOURCES_2, SOURCES_3, …",
        ),
        (
            &[("FEEDS2", "{}")],
            "FEEDS2: is not read; further variables are FEEDS_2, FEEDS_3, …",
        ),
    ] {
        let errors = all_errors(variables);
        assert_eq!(errors.len(), 1, "{errors:#?}");
        assert!(
            errors[0].starts_with(expected),
            "{} for {expected}",
            errors[0]
        );
    }
}

#[test]
fn a_variable_may_be_as_long_as_the_platform_takes() {
    let padded = |length: usize| format!("{}{}", " ".repeat(length - 2), "{}");
    assert_eq!(all_errors(&[("SOURCES", &padded(5120))]), [""; 0]);
    let errors = all_errors(&[("SOURCES", &padded(5121))]);
    let expected = "SOURCES: has 5121 bytes, and the platform takes 5120: move entries to SOURCES_2, SOURCES_3, …";
    assert_eq!(errors, [expected]);
}

#[test]
fn what_is_no_name_of_a_secret_is_not_repeated() {
    for source in [
        r#"{"provider":"github","secrets":["It's the secret itself"]}"#,
        r#"{"provider":"github","secrets":"whsec_It/s+the/secret"}"#,
    ] {
        let errors = errors(source);
        assert_eq!(errors.len(), 1);
        assert!(
            errors[0].starts_with("SOURCES.x.secrets: must be names of secrets"),
            "{errors:?}"
        );
        assert!(
            !errors[0].contains("secret itself") && !errors[0].contains("the/secret"),
            "{errors:?}"
        );
    }
}

#[test]
fn names_stand_in_paths() {
    for (name, good) in [
        ("default", true),
        ("A-z_0.9", true),
        (&"x".repeat(64), true),
        ("", false),
        (&"x".repeat(65), false),
        ("a/b", false),
        ("a:b", false),
        ("ä", false),
        (".", false),
        ("..", false),
        ("...", false),
        ("a\n", false),
    ] {
        assert_eq!(is_name(name), good, "{name:?}");
    }
}

proptest! {
    #[test]
    fn no_config_panics(text in r#"[\{\}\[\]":,a-z0-9 ]{0,100}"#, deep in any::<String>()) {
        let _ = Config::load(&[("SOURCES", &text), ("FEEDS", &deep), ("ALLOW_TARGETS", &text)]);
        let source = serde_json::json!({ "x": {
            "provider": deep, "secrets": deep, "feed": deep, "public_url": deep,
            "scheme": { "signed": deep, "signature": { "header": deep } },
        }});
        let _ = Config::load(&[("SOURCES", &source.to_string())]);
    }
}
