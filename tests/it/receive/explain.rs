//! Verification told step by step: of what is genuine, of every refusal, and of events of which too little is kept.

use serde_json::Value;
use waypost_core::{
    headers::Headers,
    providers,
    rejection::{ROWS, Rejection},
    scheme::{At, Row},
    source::Source,
    travel::{hidden, travels},
    verify::{Case, Explanation, Head, STATUSES, Step, Verified, looked, moment},
};

use super::support::{NOW, Request, body, rows, secret, source};

const SECRET: &str = "0123456789abcdef01234567";

/// The statuses, in order, of what is told of a request.
fn told(
    request: &Request,
    source: &Source,
    is_event: bool,
    result: &Result<Verified<'_>, Rejection>,
) -> (String, Vec<(String, String, String)>) {
    let flat = request.flat();
    let case = Case {
        head: Head {
            method: "POST",
            query: if is_event { "" } else { &request.query },
            headers: Headers::new(&flat),
        },
        body: &request.body,
        length: request.body.len() as u64,
        at: NOW,
        is_event,
    };
    let explanation = Explanation::of(source, &case, "`NAME`", result);
    let json: Value = serde_json::from_str(&explanation.json("s", "")).expect("JSON");
    assert_eq!(
        (&json["source"], &json["provider"]),
        (&"s".into(), &Value::Null)
    );
    assert_eq!(json["verdict"], explanation.verdict);
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let steps = json["steps"].as_array().expect("steps").iter();
    let steps: Vec<_> = steps
        .map(|step| {
            (
                text(&step["step"]),
                text(&step["status"]),
                text(&step["detail"]),
            )
        })
        .collect();
    let names: Vec<_> = steps.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        names,
        ["headers", "timestamp", "content", "signature", "identity"]
    );
    for (_, status, detail) in &steps {
        assert!(
            STATUSES.contains(&status.as_str()) && !detail.is_empty(),
            "{status}: {detail}"
        );
        assert!(!detail.contains(SECRET), "no secret is told: {detail}");
    }
    (explanation.verdict.to_owned(), steps)
}

fn statuses(steps: &[(String, String, String)]) -> Vec<&str> {
    steps.iter().map(|(_, status, _)| status.as_str()).collect()
}

/// What a feed keeps of a request.
fn kept(source: &Source, request: &Request) -> Request {
    let mut event = request.clone();
    event
        .headers
        .retain(|(name, _)| travels(&source.scheme, name));
    event.query.clear();
    if let Some(body) = hidden(source, &event.body).expect("a body") {
        event.body = body;
    }
    event
}

fn genuine(row: &Row<'_>) -> (Source, Request) {
    let source = source(row, &[secret(row, SECRET)]);
    let request = Request::signed(
        &source,
        &body(row, "evt_1", "thing.done"),
        NOW,
        "evt_1",
        "thing.done",
    );
    (source, request)
}

#[test]
fn what_is_genuine_passes_every_step_that_there_is() {
    for row in rows() {
        let (source, request) = genuine(&row);
        let (verdict, steps) = told(&request, &source, false, &request.verify(&source, NOW));
        let name = row.name;
        assert_eq!(verdict, "verified", "{name}: {steps:?}");
        let skips = |it: bool| if it { "skipped" } else { "passed" };
        let token = row.signed.is_empty();
        assert_eq!(
            statuses(&steps),
            [
                "passed",
                skips(row.timestamp.is_none()),
                skips(token),
                "passed",
                "passed"
            ],
            "{name}: {steps:?}"
        );
        assert!(steps[3].2.contains("`NAME`"), "{name}");
        if let Some(timestamp) = row.timestamp {
            assert!(
                steps[1].2.contains(", 0 s before the receipt; "),
                "{name}: {timestamp:?} {:?}",
                steps[1]
            );
        }
    }
}

/// An event without what does not travel is never told to be forged.
#[test]
fn what_is_kept_of_an_event_is_verified_or_cannot_be() {
    let mut unverifiable = Vec::new();
    for row in rows() {
        let (source, mut request) = genuine(&row);
        // Providers that sign the URL mostly have none of a query.
        let signs_url = row.signed.iter().any(|text| text.contains("{url"));
        if signs_url && row.body_hash.is_none() {
            continue;
        }
        request = kept(&source, &request);
        let (verdict, steps) = told(&request, &source, true, &request.verify(&source, NOW));
        if verdict == "unverifiable" {
            assert!(
                statuses(&steps).iter().all(|status| *status != "failed"),
                "{}: {steps:?}",
                row.name
            );
            let told = steps.iter().any(|(_, _, detail)| {
                detail.contains("kept with an event") || detail.contains("asterisks")
            });
            assert!(told, "{}: {steps:?}", row.name);
            unverifiable.push(row.name);
        } else {
            assert_eq!(verdict, "verified", "{}: {steps:?}", row.name);
        }
    }
    let lost = |row: &Row<'_>| row.signed.is_empty() || row.body_hash.is_some();
    let expected: Vec<_> = rows()
        .iter()
        .filter(|row| lost(row))
        .map(|row| row.name)
        .collect();
    assert_eq!(unverifiable, expected);
}

#[test]
fn a_url_is_signed_with_a_query_that_is_not_kept() {
    let row = providers::find("square").expect("a row");
    let (source, request) = genuine(row);
    let event = kept(&source, &request);
    let (verdict, steps) = told(&event, &source, true, &event.verify(&source, NOW));
    assert_eq!(
        (verdict.as_str(), steps[3].1.as_str()),
        ("unverifiable", "skipped")
    );
    assert!(steps[3].2.contains("query"), "{steps:?}");
}

#[test]
fn what_is_wrong_fails_its_step_and_those_after_it_are_not_come_to() {
    let row = *providers::find("stripe").expect("a row");
    let row = Row {
        id_required: true,
        ..row
    };
    let (source, good) = genuine(&row);
    let header = "stripe-signature";
    let change = |change: &dyn Fn(&mut Request)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let at = |at: u64| Request::signed(&source, &good.body, at, "evt_1", "x");
    let cases: [(Request, &str, [&str; 5], usize, &str); 8] = [
        (
            change(&|request| request.remove(header)),
            "missing_signature",
            ["failed", "skipped", "skipped", "skipped", "skipped"],
            0,
            "`stripe-signature`",
        ),
        (
            change(&|request| request.set(header, "potato")),
            "malformed_header",
            ["failed", "skipped", "skipped", "skipped", "skipped"],
            0,
            "8 KB",
        ),
        (
            change(&|request| request.set(header, "t=1760000000,v1=zz")),
            "undecodable_signature",
            ["failed", "skipped", "skipped", "skipped", "skipped"],
            0,
            "encoding",
        ),
        (
            change(&|request| request.set(header, format!("t=x,v1={}", "0".repeat(64)))),
            "malformed_timestamp",
            ["passed", "failed", "skipped", "skipped", "skipped"],
            1,
            "time of signing",
        ),
        (
            at(NOW - 400_000),
            "stale_timestamp",
            ["passed", "failed", "skipped", "skipped", "skipped"],
            1,
            "400 s before the receipt; 300 s are taken",
        ),
        (
            at(NOW + 400_000),
            "future_timestamp",
            ["passed", "failed", "skipped", "skipped", "skipped"],
            1,
            "400 s after the receipt",
        ),
        (
            change(&|request| request.body.push(b' ')),
            "bad_signature",
            ["passed", "passed", "passed", "failed", "skipped"],
            3,
            "`NAME`",
        ),
        (
            Request::signed(&source, b"{}", NOW, "", ""),
            "missing_event_id",
            ["passed", "passed", "passed", "passed", "failed"],
            4,
            "id",
        ),
    ];
    for (request, code, expected, at, says) in cases {
        let (verdict, steps) = told(&request, &source, false, &request.verify(&source, NOW));
        assert_eq!(
            (verdict.as_str(), statuses(&steps)),
            (code, expected.to_vec()),
            "{steps:?}"
        );
        assert!(steps[at].2.contains(says), "{code}: {steps:?}");
        // What would be right is not told.
        let right = good.get(header).split("v1=").nth(1).expect("a signature");
        assert!(
            request.get(header).contains(right)
                || steps.iter().all(|(_, _, detail)| !detail.contains(right)),
            "{code}"
        );
    }
}

#[test]
fn a_time_in_the_body_is_told_too() {
    let row = *providers::find("mailgun").expect("a row");
    let (source, mut request) = genuine(&row);
    let stale = String::from_utf8(request.body.clone()).expect("text");
    let old = (NOW / 1000 - 50_000).to_string();
    let source_again = source.clone();
    request.body = stale.replace(&(NOW / 1000).to_string(), &old).into_bytes();
    let body = request.body.clone();
    let resigned = Request::signed(&source_again, &body, NOW - 50_000_000, "evt_1", "x");
    let (verdict, steps) = told(&resigned, &source, true, &resigned.verify(&source, NOW));
    assert_eq!(
        (verdict.as_str(), statuses(&steps)),
        (
            "stale_timestamp",
            vec!["passed", "failed", "passed", "passed", "skipped"]
        )
    );
    assert!(
        steps[1]
            .2
            .contains("50000 s before the receipt; 43200 s are taken"),
        "{steps:?}"
    );
}

#[test]
fn what_there_is_to_check_with_may_be_missing() {
    let row = providers::find("github").expect("a row");
    let (source, request) = genuine(row);
    for refused in [Rejection::KeyUnavailable, Rejection::NoSecret] {
        let (verdict, steps) = told(&request, &source, true, &Err(refused));
        assert_eq!(
            (verdict.as_str(), steps[3].1.as_str()),
            (refused.code(), "skipped")
        );
    }
    let own = Explanation::unverifiable("why");
    assert_eq!(own.verdict, "unverifiable");
    let steps: Vec<_> = own.steps().collect();
    assert_eq!(steps[0], ("headers", "skipped", "why"));
    assert!(
        steps
            .iter()
            .all(|(_, status, detail)| *status == "skipped" && !detail.is_empty())
    );
}

/// Every refusal of receiving belongs to the step that it is told with.
#[test]
fn every_refusal_has_a_step() {
    for row in ROWS {
        let step = Step::of(row.rejection);
        let expected = match row.code {
            code if code.ends_with("_timestamp") => Step::Timestamp,
            "missing_event_id" => Step::Identity,
            "bad_signature" | "key_unavailable" | "no_secret" => Step::Signature,
            code if code.ends_with("_signature") || code == "malformed_header" => Step::Headers,
            _ => Step::Content,
        };
        assert_eq!(step, expected, "{}", row.code);
    }
}

#[test]
fn a_long_signature_is_told_in_part() {
    let row = Row {
        signature: waypost_core::scheme::Signature::at(
            At::Header("x-sig"),
            waypost_core::scheme::Grammar::Items {
                field: "v1",
                separator: ",",
                equals: "=",
            },
        ),
        ..Row::BODY_HMAC_SHA256_HEX
    };
    let (source, mut request) = genuine(&row);
    let long = format!("{},x={}", request.get("x-sig"), "ü".repeat(500));
    request.set("x-sig", long);
    let (verdict, steps) = told(&request, &source, false, &request.verify(&source, NOW));
    assert_eq!(verdict, "verified");
    assert!(steps[0].2.chars().count() < 230, "{steps:?}");
}

#[test]
fn where_and_when() {
    let row = providers::find("standard-webhooks").expect("a row");
    let scheme = source(row, &[secret(row, SECRET)]).scheme;
    assert_eq!(
        looked(&scheme),
        "It was looked for in `webhook-signature`, `svix-signature`."
    );
    assert_eq!(
        moment(NOW - 1_500, NOW, 300),
        "Signed at 2025-10-09T08:53:18.5Z, 2 s before the receipt; 300 s are taken."
    );
}
