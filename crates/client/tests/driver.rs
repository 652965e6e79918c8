//! The driver, over real sockets: servers that refuse, hang, repeat themselves and come back.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use tiny_http::{Header, Response, Server};
use tokio::time::timeout;
use waypost_client::{
    Client, Error, Event, Events, FilePosition, MemoryPosition, OnGap, Position, Publisher,
    Strategy, Verifier,
    answer::{Answer, Outcome, delay},
    backoff::Backoff,
    poller::{PATIENCE, Request},
    publish::{Next, Sending, Webhook, Why},
    random::Random,
};
use waypost_core::rejection::Rejection;

/// Status, headers, body.
type Scripted = (u16, Vec<(&'static str, &'static str)>, String);

/// Answers each request with the next of these; the last one again and again.
fn server(answers: Vec<Scripted>) -> (String, Arc<Mutex<Vec<String>>>) {
    let server = Server::http("127.0.0.1:0").expect("a port");
    let url = format!(
        "http://{}",
        server.server_addr().to_ip().expect("an address")
    );
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    thread::spawn(move || {
        for (at, request) in server.incoming_requests().enumerate() {
            let headers: Vec<String> = request.headers().iter().map(ToString::to_string).collect();
            log.lock()
                .expect("a lock")
                .push(format!("{} {}", request.url(), headers.join(" ")));
            let (status, headers, body) = &answers[at.min(answers.len() - 1)];
            let mut response = Response::from_string(body.clone()).with_status_code(*status);
            for (name, value) in headers {
                response.add_header(Header::from_bytes(*name, *value).expect("a header"));
            }
            let _ = request.respond(response);
        }
    });
    (url, asked)
}

fn page(ids: &[&str], next: &str) -> String {
    let event =
        |id: &&str| format!(r#"{{"id":"{id}","source":"s","type":"t","size":2,"payload":{{}}}}"#);
    let events: Vec<String> = ids.iter().map(event).collect();
    format!(
        r#"{{"events":[{}],"next":"{next}","has_more":false}}"#,
        events.join(",")
    )
}

fn quick(url: &str, position: impl Position) -> Events<impl Position> {
    let client = Client::new(url, Some("token")).expect("a client");
    let strategy = Strategy::Fixed {
        every: Duration::from_millis(1),
    };
    let backoff = Backoff {
        base: Duration::from_millis(10),
        cap: Duration::from_millis(20),
    };
    Events::new(client, strategy, position)
        .expect("a position")
        .with(|poller| poller.backoff(backoff))
}

async fn next(events: &mut Events<impl Position>) -> Result<Event, Error> {
    timeout(Duration::from_secs(20), events.next())
        .await
        .expect("in time")
}

#[tokio::test]
async fn events_come_once_whatever_lies_between() {
    let (url, asked) = server(vec![
        (500, vec![], String::new()),
        (200, vec![], "no JSON".to_owned()),
        (200, vec![], page(&["1", "2"], "2")),
        (429, vec![("retry-after", "1")], String::new()),
        (200, vec![], page(&["2", "3"], "3")),
    ]);
    let mut events = quick(&url, MemoryPosition::default());
    for id in ["1", "2", "3"] {
        assert_eq!(next(&mut events).await.expect("an event").id, id);
    }
    let counters = *events.poller().counters();
    assert_eq!(
        (counters.retried, counters.failed, counters.repeated),
        (2, 1, 1)
    );
    let asked = asked.lock().expect("a lock");
    assert!(asked[0].starts_with("/events?limit=100 "), "{asked:?}");
    assert!(
        asked[0]
            .to_lowercase()
            .contains("authorization: bearer token"),
        "{asked:?}"
    );
    assert!(
        asked[3].starts_with("/events?limit=100&since_id=2 "),
        "{asked:?}"
    );
}

#[tokio::test]
async fn the_position_is_kept_once_the_event_was_handled() {
    let folder = std::env::temp_dir().join(format!("waypost-client-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("position");
    let (url, _) = server(vec![(200, vec![], page(&["1", "2"], "2"))]);
    let mut first = quick(&url, FilePosition::new(&file));
    next(&mut first).await.expect("an event");
    assert_eq!(FilePosition::new(&file).load().expect("a file"), None);
    next(&mut first).await.expect("an event");
    assert_eq!(
        FilePosition::new(&file).load().expect("a file").as_deref(),
        Some("1")
    );
    drop(first);
    // It was given the second and never said that it was handled.
    let mut second = quick(&url, FilePosition::new(&file));
    assert_eq!(next(&mut second).await.expect("an event").id, "2");
    second.handled().expect("a file");
    assert_eq!(
        FilePosition::new(&file).load().expect("a file").as_deref(),
        Some("2")
    );
    std::fs::remove_dir_all(&folder).expect("a folder");
}

#[tokio::test]
async fn a_handler_that_fails_gets_the_same_event_again() {
    let (url, _) = server(vec![
        (200, vec![], page(&["1", "2"], "2")),
        (401, vec![], String::new()),
    ]);
    let mut events = quick(&url, MemoryPosition::default());
    let mut seen = Vec::new();
    let ended = events
        .run(async |event: &Event| {
            seen.push(event.id.clone());
            match seen.len() {
                1 | 2 => Err("not now"),
                _ => Ok(()),
            }
        })
        .await;
    assert_eq!(ended.expect_err("an end").status(), Some(401));
    assert_eq!(seen, ["1", "1", "1", "2"]);
}

#[tokio::test]
async fn refusals_gaps_and_loops_are_told_apart() {
    let gone = r#"{"code":"cursor_expired","detail":"It is gone.","earliest":"5","latest":"9"}"#;
    let (url, _) = server(vec![(410, vec![], gone.to_owned())]);
    let mut events = quick(&url, MemoryPosition(Some("1".to_owned())));
    events = events.with(|poller| poller.on_gap(OnGap::Stop));
    let error = next(&mut events).await.expect_err("a gap");
    assert!(
        matches!(&error, Error::Gap(gap) if gap.earliest.as_deref() == Some("5")),
        "{error}"
    );

    let (url, _) = server(vec![(
        403,
        vec![],
        r#"{"code":"no","detail":"Not you."}"#.to_owned(),
    )]);
    let error = next(&mut quick(&url, MemoryPosition::default()))
        .await
        .expect_err("a refusal");
    assert_eq!(error.to_string(), "refused with 403 no: Not you.");

    let (url, asked) = server(vec![(200, vec![], page(&[], "0"))]);
    let loops = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&loops);
    let mut events = quick(&url, MemoryPosition(Some("0".to_owned())))
        .on_loop(move || *counted.lock().expect("a lock") += 1);
    assert!(matches!(next(&mut events).await, Err(Error::Loop)));
    assert_eq!(*loops.lock().expect("a lock"), 2);
    assert_eq!(asked.lock().expect("a lock").len(), 15);
}

#[tokio::test]
async fn a_socket_whose_other_end_says_nothing_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let client = Client::new(&url, None).expect("a client");
    let request = Request {
        since: None,
        limit: 1,
        wait: 0,
        if_none_match: None,
        if_modified_since: None,
        timeout: Duration::from_millis(200),
    };
    let asked = timeout(PATIENCE, client.poll(&request))
        .await
        .expect("in time");
    assert_eq!(asked.0, Outcome::Failed);
}

#[test]
fn a_url_may_hold_its_token() {
    for (url, base) in [
        ("https://x:secret@host/", "https://host"),
        (
            "http://127.0.0.1:8787/feeds/a/?x=1",
            "http://127.0.0.1:8787/feeds/a",
        ),
    ] {
        let client = Client::new(url, None).expect("a client");
        assert_eq!(client.base(), base);
        assert!(!format!("{client:?}").contains("secret"));
    }
    for url in ["", "host", "ftp://host", "http://"] {
        assert!(
            matches!(Client::new(url, None), Err(Error::Setup(_))),
            "{url}"
        );
    }
}

#[test]
fn patience_is_said_in_seconds_or_as_a_date() {
    let now = 784_111_777_000;
    for (text, expected) in [
        ("0", Some(0)),
        (" 120 ", Some(120)),
        ("99999999999999999999999", Some(86_400)),
        ("Sun, 06 Nov 1994 08:50:00 GMT", Some(23)),
        ("Sun, 06 Nov 1994 08:40:00 GMT", Some(0)),
        ("-1", None),
        ("1.5", None),
        ("", None),
        ("soon", None),
    ] {
        assert_eq!(
            delay(text, now),
            expected.map(Duration::from_secs),
            "{text:?}"
        );
    }
}

#[test]
fn a_webhook_is_sent_by_the_schedule_and_no_longer_than_it_makes_sense() {
    let answered = |status| {
        Outcome::from(Answer {
            status,
            ..Answer::default()
        })
    };
    let schedule = [Duration::from_secs(1), Duration::from_secs(5)];
    for (outcomes, expected) in [
        (vec![answered(200)], Next::Taken),
        (vec![answered(202)], Next::Taken),
        (
            vec![Outcome::Failed, answered(503), answered(204)],
            Next::Taken,
        ),
        (vec![answered(401)], Next::GiveUp(Why::Refused)),
        (vec![answered(302)], Next::GiveUp(Why::Refused)),
        (
            vec![answered(500), Outcome::Failed, answered(429)],
            Next::GiveUp(Why::Exhausted),
        ),
    ] {
        let mut sending = Sending::new(&schedule, Random::new(1));
        let mut last = None;
        for outcome in &outcomes {
            if let Some(Next::Again(pause)) = last {
                let due = schedule[sending.attempts() as usize - 1];
                assert!(pause >= due.mul_f64(0.8) && pause <= due.mul_f64(1.2));
            }
            let next;
            (sending, next) = sending.on_response(outcome);
            last = Some(next);
        }
        assert_eq!(last, Some(expected), "{outcomes:?}");
    }
    let asked = Answer {
        status: 503,
        retry_after: Some(Duration::from_secs(60)),
        ..Answer::default()
    };
    let (_, next) = Sending::new(&schedule, Random::new(1)).on_response(&asked.into());
    assert_eq!(next, Next::Again(Duration::from_secs(60)));
}

#[tokio::test]
async fn what_cannot_be_delivered_is_reported_whole() {
    let (url, asked) = server(vec![
        (503, vec![], String::new()),
        (
            401,
            vec![],
            r#"{"code":"bad_signature","detail":"It does not match."}"#.to_owned(),
        ),
    ]);
    let publisher = Publisher::new(&url, "secret").expect("a publisher");
    let publisher = publisher.schedule(vec![Duration::from_millis(1); 3]);
    let webhook = Webhook {
        id: "one".to_owned(),
        kind: "made".to_owned(),
        body: b"{}".to_vec(),
        ..Webhook::default()
    };
    let lost = publisher.send(webhook).await.expect_err("a refusal");
    assert_eq!(
        (lost.attempts, &lost.why, &lost.webhook.body[..]),
        (2, &Why::Refused, &b"{}"[..])
    );
    assert_eq!(
        lost.to_string(),
        "one was not delivered in 2 attempts: 401 It does not match."
    );
    let asked = asked.lock().expect("a lock");
    assert!(
        asked
            .iter()
            .all(|asked| asked.to_lowercase().contains("x-webhook-id: one")),
        "{asked:?}"
    );
}

#[test]
fn what_waypost_sends_is_verified_under_either_signature() {
    use waypost_core::{
        headers::Headers, providers, scheme::Scheme, secret::Secret, sign::Outgoing,
    };
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let verifier = Verifier::new(&[other, secret]).expect("secrets");
    let now = 1_700_000_000_000;
    let body = br#"{"id":"1_2","event":"made","data":{}}"#;
    for provider in ["standard-webhooks", "waypost"] {
        let scheme = Scheme::compile(providers::find(provider).expect("a row")).expect("a scheme");
        let key = Secret::decode(secret, &scheme.key).expect("a key");
        let out = Outgoing {
            body,
            at: now,
            id: "1_2",
            event_type: "made",
            method: "POST",
            url: "",
            headers: Headers::default(),
        };
        let signed = scheme.sign(&[key], &out).headers;
        let mut headers: Vec<(&str, &str)> = signed
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        if provider == "standard-webhooks" {
            headers.push(("X-Webhook-Event", "made"));
        }
        let genuine = verifier
            .verify(&headers, body, now + 299_000)
            .expect(provider);
        assert_eq!(
            (genuine.id.as_str(), genuine.kind.as_str()),
            ("1_2", "made")
        );
        assert_eq!(
            verifier.verify(&headers, body, now + 301_000),
            Err(Rejection::StaleTimestamp),
            "{provider}"
        );
        assert_eq!(
            verifier.verify(&headers, b"{}", now),
            Err(Rejection::BadSignature)
        );
        let stranger = Verifier::new(&[other]).expect("a secret");
        assert_eq!(
            stranger.verify(&headers, body, now),
            Err(Rejection::BadSignature)
        );
    }
    assert_eq!(
        verifier.verify(&[], body, now),
        Err(Rejection::MissingSignature)
    );
    assert!(Verifier::new(&[""]).is_err());
    // A secret of one's own need not be base64: then there is one signature alone.
    assert!(Verifier::new(&["a secret!"]).is_ok());
}
