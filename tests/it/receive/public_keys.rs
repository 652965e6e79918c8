//! Keys from elsewhere: where they may come from, and what a token must say.

use serde_json::json;
use waypost_core::{
    certificate,
    encoding::Encoding,
    fields::{self, Pointer},
    headers::Headers,
    rejection::Rejection::{self, *},
    scheme::is_like,
    verify::{Head, KeyError, WantedKey, screen},
};

use super::vectors::configured;

#[test]
fn a_pattern_lets_nothing_through_that_it_does_not_write_out() {
    let certificate = "https://sns.{region}.amazonaws.com/SimpleNotificationService-*.pem";
    let confirm = "https://sns.{region}.amazonaws.com/?**";
    for (pattern, url, like) in [
        (
            certificate,
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem",
            true,
        ),
        (
            certificate,
            "https://sns.us-gov-west-1.amazonaws.com/SimpleNotificationService-0.pem",
            true,
        ),
        (
            certificate,
            "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem",
            false,
        ),
        (
            certificate,
            "https://sns.us-east-1.amazonaws.com:443/SimpleNotificationService-0a.pem",
            false,
        ),
        (
            certificate,
            "https://sns.us-east-1.amazonaws.com./SimpleNotificationService-0a.pem",
            false,
        ),
        (
            certificate,
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-.pem",
            false,
        ),
        (
            certificate,
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a/b.pem",
            false,
        ),
        (
            certificate,
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a.pem?b",
            false,
        ),
        (
            certificate,
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a%2f.pem",
            false,
        ),
        (
            certificate,
            "https://sns.us-east-1.amazonaws.com@evil.com/SimpleNotificationService-a.pem",
            false,
        ),
        (
            certificate,
            "https://sns.evil.com/SimpleNotificationService-a.pem",
            false,
        ),
        (
            certificate,
            "https://sns..amazonaws.com/SimpleNotificationService-a.pem",
            false,
        ),
        // Buckets named `sns`.
        (
            certificate,
            "https://sns.s3.amazonaws.com/SimpleNotificationService-a.pem",
            false,
        ),
        (
            certificate,
            "https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-a.pem",
            false,
        ),
        (
            certificate,
            "https://sns.s3-website-us-east-1.amazonaws.com/SimpleNotificationService-a.pem",
            false,
        ),
        (
            certificate,
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem\n",
            false,
        ),
        (
            confirm,
            "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=a",
            true,
        ),
        (confirm, "https://sns.us-east-1.amazonaws.com/?a b", false),
        (
            confirm,
            "https://sns.us-east-1.amazonaws.com.evil.com/?Action=ConfirmSubscription",
            false,
        ),
        ("https://a.example/*", "https://a.example/b", true),
        ("https://a.example/*", "https://a.example/", false),
        ("https://a.example/*", "https://a.example/b.c", false),
        ("https://a.example/", "https://a.example/", true),
    ] {
        assert_eq!(is_like(pattern, url), like, "{url:?}");
    }
}

#[test]
fn what_is_fetched_must_be_a_key_that_is_good() {
    let wanted = |kid: Option<&str>| WantedKey {
        url: String::new(),
        post: None,
        kid: kid.map(str::to_owned),
    };
    let key = json!({ "kid": "k", "kty": "RSA", "n": "AQ", "e": "AQAB" });
    let ended = json!({ "key": { "kid": "k", "kty": "EC", "expired_at": 1 } }).to_string();
    let alone = json!({ "key": { "kid": "k", "kty": "EC", "expired_at": null } }).to_string();
    let set = json!({ "keys": [{ "kid": "other" }, key] }).to_string();
    for (text, kid, expected) in [
        (set.as_str(), "k", Ok(())),
        (&set, "unknown", Err(KeyError::Unknown)),
        (&alone, "k", Ok(())),
        (&alone, "other", Err(KeyError::Unknown)),
        (&ended, "k", Err(KeyError::Expired)),
        ("{}", "k", Err(KeyError::Unreadable)),
        (r#"{"keys":{}}"#, "k", Err(KeyError::Unreadable)),
        (r#"{"keys":[]}"#, "k", Err(KeyError::Unknown)),
        ("[]", "k", Err(KeyError::Unreadable)),
        ("<html>", "k", Err(KeyError::Unreadable)),
    ] {
        assert_eq!(
            wanted(Some(kid)).read(text, 0).map(drop),
            expected,
            "{text}"
        );
    }
    for text in [
        "",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
    ] {
        assert_eq!(
            certificate::public_key(text, 0),
            Err(KeyError::Unreadable),
            "{text}"
        );
    }
}

const NOW: u64 = 1_760_000_000;

fn token(header: &str, claims: &str) -> String {
    let part = |text: &str| Encoding::Base64Url.encode(text.as_bytes());
    format!(
        "Bearer {}.{}.{}",
        part(header),
        part(claims),
        "A".repeat(342)
    )
}

fn screened(authorization: &str) -> Result<(), Rejection> {
    let vector = json!({
        "settings": { "audience": "https://us.example/", "service_account": "push@example" },
    });
    let source = configured("google-pubsub", &vector);
    let flat = format!("authorization\n{authorization}\n");
    let head = Head {
        method: "POST",
        query: "",
        headers: Headers::new(&flat),
    };
    screen(&source, &head, NOW * 1000).map(drop)
}

/// All of this is refused before a key is fetched.
#[test]
fn a_token_must_say_what_it_should() {
    let header = r#"{"alg":"RS256","kid":"k","typ":"JWT"}"#;
    let claims = |change: &[(&str, serde_json::Value)]| {
        let mut claims = json!({
            "iss": "https://accounts.google.com", "aud": "https://us.example/",
            "email": "push@example", "email_verified": true, "iat": NOW, "exp": NOW + 3600,
        });
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        claims.to_string()
    };
    let good = claims(&[]);
    assert_eq!(screened(&token(header, &good)), Ok(()));
    assert_eq!(
        screened(&token(header, &good).replacen("Bearer", "bearer", 1)),
        Ok(())
    );
    for (header, expected) in [
        (r#"{"alg":"none","kid":"k"}"#, UndecodableSignature),
        (r#"{"alg":"HS256","kid":"k"}"#, UndecodableSignature),
        (r#"{"alg":"ES256","kid":"k"}"#, UndecodableSignature),
        (r#"{"alg":"rs256","kid":"k"}"#, UndecodableSignature),
        (
            r#"{"alg":"none","alg":"RS256","kid":"k"}"#,
            UndecodableSignature,
        ),
        (r#"{"kid":"k"}"#, UndecodableSignature),
        (r#"{"alg":"RS256"}"#, UndecodableSignature),
        (r#"{"alg":"RS256","kid":7}"#, Unexpected),
        (
            r#"{"alg":"RS256","kid":"k","crit":["b64"],"b64":false}"#,
            UndecodableSignature,
        ),
        ("RS256", UndecodableSignature),
    ] {
        let found = screened(&token(header, &good));
        match expected {
            // A number is a name as good as any; no key will have it.
            Unexpected => assert_eq!(found, Ok(()), "{header}"),
            _ => assert_eq!(found, Err(expected), "{header}"),
        }
    }
    let bare = token(header, &good);
    for broken in [
        "Bearer ".to_owned(),
        "Bearer a".to_owned(),
        "Bearer a.b".to_owned(),
        "Bearer a.b.c".to_owned(),
        "Basic a.b.c".to_owned(),
        bare.replacen('.', "", 1),
        bare.replacen('.', "=.", 1),
        format!("{bare}.x"),
    ] {
        assert!(screened(&broken).is_err(), "{broken}");
    }
    for (change, expected) in [
        (
            ("iss", json!("https://accounts.google.com.evil")),
            Unexpected,
        ),
        (("aud", json!("https://them.example/")), Unexpected),
        (
            (
                "aud",
                json!(["https://us.example/", "https://them.example/"]),
            ),
            Unexpected,
        ),
        (("email", json!("other@example")), Unexpected),
        (("email_verified", json!(false)), Unexpected),
        (("iat", json!(NOW - 4000)), StaleTimestamp),
        (("iat", json!(NOW + 4000)), FutureTimestamp),
        (("iat", json!(null)), MissingTimestamp),
        (("exp", json!(NOW - 61)), StaleTimestamp),
        (("nbf", json!(NOW + 61)), FutureTimestamp),
    ] {
        let found = screened(&token(header, &claims(std::slice::from_ref(&change))));
        assert_eq!(found, Err(expected), "{change:?}");
    }
    let twice = good.replacen('{', r#"{"aud":"https://them.example/","#, 1);
    assert_eq!(screened(&token(header, &twice)), Err(Unexpected));
}

/// Of a list, every item must say the same.
#[test]
fn every_item_of_a_list() {
    let pointer = Pointer::parse("/value/**/clientState").expect("a pointer");
    for (body, found) in [
        (r#"{"value":[{"clientState":"a"}]}"#, Some("a")),
        (
            r#"{"value":[{"clientState":"a"},{"x":1,"clientState":"a"}]}"#,
            Some("a"),
        ),
        (
            r#"{"value":[{"clientState":"a"},{"clientState":"b"}]}"#,
            None,
        ),
        (
            r#"{"value":[{"clientState":"a"},{"clientstate":"a"}]}"#,
            None,
        ),
        (r#"{"value":[{"clientState":"a"},{}]}"#, None),
        (r#"{"value":[{},{"clientState":"a"}]}"#, None),
        (r#"{"value":[{"clientState":"a"},5]}"#, None),
        (r#"{"value":[{"clientState":"b","clientState":"a"}]}"#, None),
        (
            r#"{"value":[{"clientState":"a"}],"value":[{"clientState":"a"}]}"#,
            None,
        ),
        (r#"{"value":[]}"#, None),
        (r#"{"value":{"clientState":"a"}}"#, None),
        (r#"{"value":{"**":{"clientState":"a"}}}"#, None),
        (r#"{"value":[[{"clientState":"a"}]]}"#, None),
    ] {
        let values = fields::values(body.as_bytes(), &[&pointer]);
        assert_eq!(values[0].as_deref(), found, "{body}");
    }
}

/// Whoever reads the event must not be able to send others.
#[test]
fn a_credential_in_the_body_is_not_stored() {
    let source = configured("microsoft-graph", &json!({ "secret": "se\"cret" }));
    let hidden = |body: &str| {
        let hidden = waypost_core::travel::hidden(&source, body.as_bytes());
        hidden.map(|body| String::from_utf8(body.expect("a body")).expect("text"))
    };
    assert_eq!(
        hidden(
            r#"{"value":[{"clientState":"se\"cret","n":"se\"cret "},{"clientState":"se\"cret"}]}"#
        ),
        Ok(
            r#"{"value":[{"clientState":"********","n":"se\"cret "},{"clientState":"********"}]}"#
                .to_owned()
        )
    );
    assert_eq!(
        hidden(r#"{"value":[{"clientState":"\u0073e\"cret"}]}"#),
        Err(UndecodableSignature)
    );
    let github = configured("github", &json!({ "secret": "secret" }));
    assert_eq!(
        waypost_core::travel::hidden(&github, b"{\"a\":\"secret\"}"),
        Ok(None)
    );
}

/// Tokens may stand in the query, where nothing keeps them.
#[test]
fn a_token_in_the_query() {
    let source = configured("cloudevents", &json!({ "secret": "a+b/c=" }));
    for (query, expected) in [
        ("access_token=a%2Bb%2Fc%3D", Ok(())),
        ("x=1&access_token=a%2Bb/c%3d", Ok(())),
        ("access_token=a+b/c=", Err(BadSignature)),
        ("access_token=", Err(MissingSignature)),
        ("accesstoken=a%2Bb%2Fc%3D", Err(MissingSignature)),
        ("", Err(MissingSignature)),
    ] {
        let head = Head {
            method: "POST",
            query,
            headers: Headers::new("ce-id\n1\n"),
        };
        let verified = screen(&source, &head, 0).and_then(|screened| screened.verify(b"{}"));
        assert_eq!(verified.map(drop), expected, "{query}");
    }
}
