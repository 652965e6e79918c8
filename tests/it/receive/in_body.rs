//! Schemes that sign what stands in the body, or keep the signature or the time there.

use serde_json::{Value, json};
use waypost_core::{
    encoding::Encoding,
    form::MAX_FIELDS,
    hash::Piece,
    providers,
    rejection::Rejection::{self, *},
    scheme::{Identity, MAX_LISTED, Row, UrlForm},
    source::Source,
    verify::{MAX_OPENED, Verified},
};

use super::support::{NOW, PUBLIC_URL, Request, body, rows, secret, source};

fn row(name: &str) -> &'static Row<'static> {
    providers::find(name).expect("a row")
}

fn source_of(name: &str) -> Source {
    let row = row(name);
    source(row, &[secret(row, "0123456789abcdef01234567")])
}

fn signed(name: &str, body: &[u8]) -> Request {
    Request::signed(&source_of(name), body, NOW, "evt_1", "thing.done")
}

fn verify(name: &str, request: &Request) -> Result<Verified<'static>, Rejection> {
    request.verify(Box::leak(Box::new(source_of(name))), NOW)
}

/// Changes the JSON of a request that is signed already.
fn change(request: &mut Request, change: impl FnOnce(&mut Value)) {
    let mut json: Value = serde_json::from_slice(&request.body).expect("JSON");
    change(&mut json);
    request.body = json.to_string().into_bytes();
}

#[test]
fn a_time_in_a_signed_body_is_held_to_the_window() {
    for (stamp, expected) in [
        (json!(NOW), None),
        (json!(NOW - 60_000), None),
        (json!(NOW + 60_000), None),
        (json!(NOW - 61_000), Some(StaleTimestamp)),
        (json!(NOW + 61_000), Some(FutureTimestamp)),
        (json!("yesterday"), Some(MalformedTimestamp)),
        // Nobody but the provider could leave it out of a body that it signs.
        (Value::Null, None),
    ] {
        let body = json!({ "webhookTimestamp": stamp }).to_string();
        let answer = verify("linear", &signed("linear", body.as_bytes()));
        assert_eq!(answer.err(), expected, "{body}");
    }
}

#[test]
fn a_time_that_is_signed_alone_must_be_there_and_fresh() {
    let event = |timestamp: &str, token: &str| {
        json!({ "signature": { "timestamp": timestamp, "token": token } }).to_string()
    };
    let seconds = NOW / 1000;
    for (timestamp, token, expected) in [
        (seconds.to_string(), "ab", None),
        ((seconds - 43_200).to_string(), "ab", None),
        ((seconds - 43_201).to_string(), "ab", Some(StaleTimestamp)),
        ((seconds + 43_201).to_string(), "ab", Some(FutureTimestamp)),
        (String::new(), "ab", Some(MissingTimestamp)),
        (seconds.to_string(), "", Some(MissingEventId)),
    ] {
        let request = signed("mailgun", event(&timestamp, token).as_bytes());
        let answer = verify("mailgun", &request);
        assert_eq!(answer.err(), expected, "{timestamp} {token}");
    }
    // The border between the two is not signed: what is cut from the token makes another time.
    let mut request = signed("mailgun", event(&seconds.to_string(), "1ab").as_bytes());
    change(&mut request, |json| {
        json["signature"]["timestamp"] = format!("{seconds}1").into();
        json["signature"]["token"] = "ab".into();
    });
    assert_eq!(verify("mailgun", &request).err(), Some(FutureTimestamp));
    change(&mut request, |json| {
        json["signature"]["timestamp"] = "".into();
        json["signature"]["token"] = format!("{seconds}1ab").into();
    });
    assert_eq!(verify("mailgun", &request).err(), Some(MissingTimestamp));
}

#[test]
fn each_signed_field_is_signed_and_the_only_item_is_alone() {
    let genuine = signed("adyen", &body(row("adyen"), "", "AUTHORISATION"));
    assert!(verify("adyen", &genuine).is_ok());
    for pointer in [
        "pspReference",
        "originalReference",
        "merchantAccountCode",
        "merchantReference",
        "amount/value",
        "amount/currency",
        "eventCode",
        "success",
    ] {
        let pointer = format!("/notificationItems/0/NotificationRequestItem/{pointer}");
        let mut forged = genuine.clone();
        change(&mut forged, |json| {
            *json.pointer_mut(&pointer).expect("a field") = "other".into();
        });
        assert_eq!(
            verify("adyen", &forged).err(),
            Some(BadSignature),
            "{pointer}"
        );
    }
    let mut two = genuine.clone();
    change(&mut two, |json| {
        let items = json["notificationItems"].as_array_mut().expect("a list");
        items.push(items[0].clone());
    });
    assert_eq!(verify("adyen", &two).err(), Some(MissingSignature));
    let mut none = genuine.clone();
    change(&mut none, |json| json["notificationItems"] = json!([]));
    assert_eq!(verify("adyen", &none).err(), Some(MissingSignature));
}

#[test]
fn what_is_not_signed_makes_no_other_webhook() {
    let genuine = signed("adyen", &body(row("adyen"), "", "AUTHORISATION"));
    let mut replayed = genuine.clone();
    change(&mut replayed, |json| json["live"] = "true".into());
    let unique = |request: &Request| verify("adyen", request).expect("genuine").unique();
    assert_eq!(unique(&genuine), unique(&replayed));
}

#[test]
fn nothing_rides_along_in_a_form() {
    for (name, fields) in [
        ("braintree", "bt_payload=abc%0A"),
        ("gitea", "payload=%7B%7D"),
    ] {
        let mut genuine = signed(name, fields.as_bytes());
        if name == "gitea" {
            let form = "application/x-www-form-urlencoded; charset=utf-8";
            let json = signed(name, b"{}");
            genuine.set("x-gitea-signature", json.get("x-gitea-signature"));
            genuine.set("content-type", form);
        }
        assert_eq!(verify(name, &genuine).err(), None, "{name}");
        for more in ["&more=1", "&payload=%7B%7D", "&bt_payload=abc%0A"] {
            let mut forged = genuine.clone();
            forged.body.extend_from_slice(more.as_bytes());
            assert_eq!(
                verify(name, &forged).err(),
                Some(BadSignature),
                "{name}{more}"
            );
        }
    }
}

#[test]
fn the_newline_that_a_form_lost_may_have_been_signed() {
    let mut lost = signed("braintree", b"bt_payload=abc%0A");
    let text = String::from_utf8(lost.body.clone()).expect("text");
    lost.body = text.replace("abc%0A", "abc").into_bytes();
    assert_eq!(verify("braintree", &lost).err(), None);
    lost.body = text.replace("abc%0A", "abc%0A%0A").into_bytes();
    assert_eq!(verify("braintree", &lost).err(), Some(BadSignature));
}

#[test]
fn a_body_that_only_the_url_signs_needs_its_hash_there() {
    let genuine = signed("twilio", br#"{"a":1}"#);
    assert!(genuine.query.contains("bodySHA256="));
    assert!(verify("twilio", &genuine).is_ok());

    let mut upper = genuine.clone();
    let hash = upper
        .query
        .split("bodySHA256=")
        .nth(1)
        .expect("a hash")
        .to_owned();
    upper.query = upper.query.replace(&hash, &hash.to_uppercase());
    assert_eq!(verify("twilio", &upper).err(), Some(BadSignature));

    // Without the hash the URL alone would be signed, and the body not at all.
    let mut bare = genuine.clone();
    bare.query = "a=1".to_owned();
    assert!(verify("twilio", &bare).is_err());
    let row = Row {
        or: None,
        ..*row("twilio").or.expect("forms")
    };
    let empty = source(&row, &[secret(&row, "0123456789abcdef01234567")]);
    let mut json = Request::signed(&empty, b"", NOW, "", "");
    json.remove("content-type");
    assert!(json.verify(&empty, NOW).is_ok(), "an empty form");
    json.body = b"{}".to_vec();
    assert_eq!(json.verify(&empty, NOW).err(), Some(BadSignature));
}

#[test]
fn a_wrong_signature_is_not_saved_by_a_weaker_way() {
    let hook0 = source_of("hook0");
    let weaker = Row {
        or: None,
        ..*row("hook0").or.expect("another way")
    };
    let weaker = source(&weaker, &[secret(&weaker, "0123456789abcdef01234567")]);
    let mut request = Request::signed(&weaker, b"{}", NOW, "evt_1", "");
    let header = request.get("x-hook0-signature").to_owned();
    assert!(request.verify(&hook0, NOW).is_ok());
    for stronger in [&"0".repeat(64), "not hexadecimal", ""] {
        request.set("x-hook0-signature", format!("{header},v1={stronger}"));
        assert!(request.verify(&hook0, NOW).is_err(), "{stronger}");
    }
}

/// The values that a signature lists are joined, and nothing signed says where one ends.
#[test]
fn borders_between_listed_headers_make_no_new_event() {
    let file = include_str!("../vectors/hook0.json");
    let file: Value = serde_json::from_str(file).expect("JSON");
    let vectors = file["vectors"].as_array().expect("vectors").iter();
    let mut worker = vectors.filter(|vector| vector["name"] == "worker v1");
    let vector = worker.next().expect("the vector of the vendor's worker");
    let source = source(
        row("hook0"),
        &[vector["secret"].as_str().expect("text").to_owned()],
    );
    let now = vector["received_at"].as_u64().expect("a time") * 1000;
    let headers = vector["headers"].as_object().expect("headers").iter();
    let genuine = Request {
        headers: headers
            .map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned()))
            .collect(),
        body: vector["body"].as_str().expect("text").as_bytes().to_vec(),
        query: String::new(),
        method: "POST".to_owned(),
    };
    let mut moved = genuine.clone();
    let (id, kind) = (genuine.get("x-event-id"), genuine.get("x-event-type"));
    let (first, rest) = kind.split_once('.').expect("a type with a full stop");
    moved.set("x-event-id", format!("{id}.{first}"));
    moved.set("x-event-type", rest);
    let [genuine, moved] =
        [genuine, moved].map(|request| request.verify(&source, now).expect("signed"));
    assert_ne!(genuine.event_id(), moved.event_id());
    assert!(genuine.unique().content.is_some());
    assert_eq!(genuine.unique().content, moved.unique().content);
}

#[test]
fn what_a_signature_lists_is_bounded() {
    let hook0 = source_of("hook0");
    let names = |count: usize| -> String {
        let names: Vec<String> = (0..count).map(|at| format!("x-{at}")).collect();
        names.join(" ")
    };
    for (listed, expected) in [
        (names(MAX_LISTED), BadSignature),
        (names(MAX_LISTED + 1), BadSignature),
        ("x-0 ".repeat(2_000), BadSignature),
    ] {
        let mut request = Request {
            headers: vec![],
            body: b"{}".to_vec(),
            query: String::new(),
            method: "POST".to_owned(),
        };
        for at in 0..=MAX_LISTED {
            request.set(&format!("x-{at}"), "v".repeat(8_000));
        }
        let header = format!("t={},h={listed},v1={}", NOW / 1000, "0".repeat(64));
        request.set("x-hook0-signature", header);
        assert_eq!(
            request.verify(&hook0, NOW).err(),
            Some(expected),
            "{listed}"
        );
    }
}

/// Nobody signs a content type.
#[test]
fn a_content_type_makes_no_other_webhook() {
    let forms = "application/x-www-form-urlencoded";
    for row in rows() {
        let source = source(&row, &[secret(&row, "0123456789abcdef01234567")]);
        let genuine = Request::signed(&source, &body(&row, "evt_1", "t"), NOW, "evt_1", "t");
        let mut other = genuine.clone();
        match genuine.get("content-type") {
            "" => other.set("content-type", forms),
            _ => other.set("content-type", "application/json"),
        }
        let genuine = genuine.verify(&source, NOW).expect("genuine");
        if let Ok(other) = other.verify(&source, NOW) {
            assert_eq!(other.unique(), genuine.unique(), "{}", row.name);
        }
    }
}

/// A signature over one of several texts covers what that text holds, and no more.
#[test]
fn each_template_must_cover_the_form() {
    let row = Row {
        signed: &["{form:a}", "{form:b}"],
        identity: Identity::Content,
        ..Row {
            signature: waypost_core::scheme::Signature::whole("x-signature"),
            ..Row::BODY_HMAC_SHA256_HEX
        }
    };
    let source = source(&row, &["secret".to_owned()]);
    let alone = Request::signed(&source, b"a=1", NOW, "", "");
    assert_eq!(
        alone.verify(&source, NOW).err(),
        Some(BadSignature),
        "b is not there"
    );
    let mut both = alone.clone();
    both.body = b"a=1&b=2".to_vec();
    let key = source.keys[0][0].expose();
    let mac = waypost_core::hash::Hash::Sha256.mac(key, &[Piece::Body], b"1");
    both.set("x-signature", Encoding::Hex.encode(&mac));
    assert_eq!(
        both.verify(&source, NOW).err(),
        Some(BadSignature),
        "b rides along"
    );
}

#[test]
fn one_signature_is_one_event() {
    let newline = signed("braintree", b"bt_payload=abc%0A");
    let mut lost = newline.clone();
    let text = String::from_utf8(lost.body.clone()).expect("text");
    lost.body = text.replace("abc%0A", "abc").into_bytes();
    let unique = |request: &Request| verify("braintree", request).expect("genuine").unique();
    assert_eq!(unique(&newline), unique(&lost));

    // The hash of the body moved from the query into a form is the same text to sign.
    let json = signed("twilio", br#"{"a":1}"#);
    let (query, hash) = json.query.split_once('&').expect("the hash comes last");
    let mut form = json.clone();
    form.body = format!("%26{}", hash.replace('=', "%3D=")).into_bytes();
    form.query = query.to_owned();
    form.set("content-type", "application/x-www-form-urlencoded");
    let form = verify("twilio", &form).expect("the same text");
    let json = verify("twilio", &json).expect("genuine");
    assert_eq!(form.unique().content, json.unique().content);
}

#[test]
fn an_id_cannot_be_cut_from_what_follows_it() {
    let supabase = source_of("supabase");
    let mut request = Request::signed(&supabase, b"{}", NOW, "msg", "t");
    request.set("webhook-id", format!("msg.{}", NOW / 1000));
    assert_eq!(request.verify(&supabase, NOW).err(), Some(MalformedHeader));
}

#[test]
fn a_body_that_must_be_taken_apart_is_not_endless() {
    let fields = format!(
        "bt_payload={}",
        "a".repeat(usize::try_from(MAX_OPENED).expect("a length"))
    );
    let request = signed("braintree", fields.as_bytes());
    assert_eq!(verify("braintree", &request).err(), Some(BodyTooLarge));

    let fields = |count: usize| "a=1&".repeat(count);
    let row = Row {
        or: None,
        ..*row("twilio").or.expect("forms")
    };
    let twilio = source(&row, &[secret(&row, "0123456789abcdef01234567")]);
    let most = Request::signed(&twilio, fields(MAX_FIELDS).as_bytes(), NOW, "", "");
    assert_eq!(most.verify(&twilio, NOW).err(), None);
    let more = Request::signed(&twilio, fields(MAX_FIELDS + 1).as_bytes(), NOW, "", "");
    assert_eq!(more.verify(&twilio, NOW).err(), Some(BadSignature));
}

#[test]
fn urls_are_written_as_they_are_signed() {
    for (form, url, written) in [
        (UrlForm::Given, "https://h:1/p?q", "https://h:1/p?q"),
        (UrlForm::Port, "https://h/p?q", "https://h:443/p?q"),
        (UrlForm::Port, "http://h", "http://h:80"),
        (UrlForm::Port, "https://h:8443/p", "https://h:8443/p"),
        (UrlForm::Port, "https://u:p@h/p", "https://u:p@h:443/p"),
        (UrlForm::Port, "https://[::1]/p", "https://[::1]:443/p"),
        (UrlForm::Bare, "https://h:443/p:1", "https://h/p:1"),
        (UrlForm::Bare, "https://h?a=b:1", "https://h?a=b:1"),
        (UrlForm::Bare, "https://[::1]:8/p", "https://[::1]/p"),
        (UrlForm::Bare, "https://u:p@h:8/p", "https://u:p@h/p"),
        (
            UrlForm::Decoded,
            "https://h/p?a=%3a%2F%41%25",
            "https://h/p?a=:/%41%25",
        ),
    ] {
        assert_eq!(form.write(url), written, "{form:?} {url}");
    }
}

/// `https://h/p?a=1` and `{}` are signed as `https://h/p?a=1{}`: so would be a longer or a shorter query.
#[test]
fn nothing_moves_between_a_query_and_a_body() {
    for name in ["square", "hubspot-v2", "hubspot-v3"] {
        let genuine = signed(name, br#"{"event_id":"e"}"#);
        assert!(verify(name, &genuine).is_ok(), "{name}");

        let mut into_query = genuine.clone();
        into_query.query = format!("{}{{", genuine.query);
        into_query.body.remove(0);
        assert_eq!(
            verify(name, &into_query).err(),
            Some(BadSignature),
            "{name}"
        );

        let mut into_body = genuine.clone();
        let moved = into_body.query.pop().expect("a query");
        into_body
            .body
            .insert(0, u8::try_from(moved).expect("ASCII"));
        assert_eq!(verify(name, &into_body).err(), Some(BadSignature), "{name}");

        let mut all = genuine.clone();
        all.query
            .push_str(&String::from_utf8(std::mem::take(&mut all.body)).expect("text"));
        assert_eq!(verify(name, &all).err(), Some(BadSignature), "{name}");
    }
    // Without a query there is nothing to move: the URL is the one that the source knows.
    let square = source_of("square");
    let mut plain = Request::signed(&square, b"plain", NOW, "", "");
    plain.query = String::new();
    let content = [PUBLIC_URL.as_bytes(), b"plain"].concat();
    let key = square.keys[0][0].expose();
    let mac = waypost_core::hash::Hash::Sha256.mac(key, &[Piece::Body], &content);
    plain.set(
        "x-square-hmacsha256-signature",
        Encoding::Base64.encode(&mac),
    );
    assert!(plain.verify(&square, NOW).is_ok());
}
