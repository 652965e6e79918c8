//! The table of rejections, and how it is rendered.

use std::collections::BTreeSet;

use serde_json::Value;
use waypost_core::{
    problem::Problem,
    rejection::{ROWS, Rejection},
};

#[test]
fn every_rejection_is_a_row() {
    let mut codes = BTreeSet::new();
    for row in ROWS {
        assert!(codes.insert(row.code), "{} stands twice", row.code);
        assert_eq!(
            row.rejection.row().code,
            row.code,
            "a rejection has one row"
        );
        assert!(
            row.code
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        );
        assert!((400..600).contains(&row.status), "{}", row.code);
        assert!(
            row.detail.ends_with('.') && row.detail.len() > 20,
            "{}",
            row.code
        );
        assert!(!row.title.ends_with('.'), "{}", row.code);
        for (name, value) in row.headers {
            assert_eq!(*name, name.to_lowercase());
            assert!(!value.is_empty());
        }
    }
    // The variants of a fieldless enum count up from zero, and `Internal`'s row also stands in.
    let numbers: BTreeSet<usize> = ROWS.iter().map(|row| row.rejection as usize).collect();
    assert_eq!(numbers, (0..ROWS.len()).collect(), "a rejection has no row");
    assert_eq!(
        Rejection::NotReady as usize + 1,
        ROWS.len(),
        "a rejection has no row"
    );
}

#[test]
fn headers_are_there_where_they_are_due() {
    for row in ROWS {
        let has = |name: &str| row.headers.iter().any(|(key, _)| *key == name);
        assert_eq!(
            has("retry-after"),
            row.status == 503 || row.status == 429,
            "{}",
            row.code
        );
        assert_eq!(
            has("www-authenticate"),
            row.rejection == Rejection::Unauthorised,
            "{}",
            row.code
        );
    }
}

#[test]
fn codes_and_statuses_are_stable() {
    use Rejection::*;
    for (rejection, status, code) in [
        (MissingSignature, 401, "missing_signature"),
        (UnrecognisedSignature, 401, "unrecognised_signature"),
        (UndecodableSignature, 401, "undecodable_signature"),
        (BadSignature, 401, "bad_signature"),
        (MalformedHeader, 400, "malformed_header"),
        (MissingTimestamp, 400, "missing_timestamp"),
        (MalformedTimestamp, 400, "malformed_timestamp"),
        (StaleTimestamp, 400, "stale_timestamp"),
        (FutureTimestamp, 400, "future_timestamp"),
        (MissingEventId, 400, "missing_event_id"),
        (UnknownSource, 404, "unknown_source"),
        (BodyTooLarge, 413, "body_too_large"),
        (BodyIncomplete, 400, "body_incomplete"),
        (TooBusy, 503, "too_busy"),
        (QueueUnavailable, 503, "queue_unavailable"),
        (BodyStoreUnavailable, 503, "body_store_unavailable"),
        (Misconfigured, 503, "misconfigured"),
        (RateLimited, 429, "rate_limited"),
        (NotFound, 404, "not_found"),
        (MethodNotAllowed, 405, "method_not_allowed"),
        (Internal, 500, "internal"),
        (Unauthorised, 401, "unauthorised"),
        (UnknownFeed, 404, "unknown_feed"),
        (InvalidCursor, 400, "invalid_cursor"),
        (InvalidParameter, 400, "invalid_parameter"),
        (DuplicateParameter, 400, "duplicate_parameter"),
        (CursorExpired, 410, "cursor_expired"),
        (CursorAhead, 410, "cursor_ahead"),
        (UnknownEvent, 404, "unknown_event"),
        (EventErased, 410, "event_erased"),
        (FeedUnavailable, 503, "feed_unavailable"),
        (TooManyWaiting, 503, "too_many_waiting"),
        (UnknownConsumer, 404, "unknown_consumer"),
        (InvalidName, 400, "invalid_name"),
        (InvalidBody, 400, "invalid_body"),
        (ConsumerDiffers, 409, "consumer_differs"),
        (TooManyConsumers, 409, "too_many_consumers"),
        (NotOrdered, 409, "not_ordered"),
        (UnknownLease, 409, "unknown_lease"),
        (LeaseExpired, 409, "lease_expired"),
        (Settled, 409, "settled"),
        (Fenced, 409, "fenced"),
        (OutOfOrder, 409, "out_of_order"),
        (UnknownSubscription, 404, "unknown_subscription"),
        (UnknownDelivery, 404, "unknown_delivery"),
        (TargetRefused, 400, "target_refused"),
        (NotVerified, 400, "not_verified"),
        (TooManySubscriptions, 409, "too_many_subscriptions"),
        (TooManySecrets, 409, "too_many_secrets"),
        (SubscriptionUnavailable, 503, "subscription_unavailable"),
        (AdminClosed, 403, "admin_closed"),
    ] {
        assert_eq!((rejection.status(), rejection.code()), (status, code));
    }
}

#[test]
fn a_problem_is_that_of_rfc_9457() {
    for row in ROWS {
        let problem = Problem::from(row.rejection);
        let body: Value = serde_json::from_str(&problem.body()).expect("JSON");
        assert_eq!(body["type"], format!("urn:waypost:problem:{}", row.code));
        assert_eq!(body["title"], row.title);
        assert_eq!(body["status"], row.status);
        assert_eq!(body["detail"], row.detail);
        assert_eq!(body["code"], row.code);
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(5));
        assert_eq!(problem.headers().len(), row.headers.len());
    }
}

#[test]
fn a_problem_may_say_more() {
    let problem = Problem::from(Rejection::CursorExpired)
        .with("earliest", "0\"1")
        .with("count", 2)
        .detail("Go back to the start.")
        .header("allow", "GET, HEAD")
        .header("allow", "POST");
    let body: Value = serde_json::from_str(&problem.body()).expect("JSON");
    assert_eq!(body["earliest"], "0\"1");
    assert_eq!(body["count"], 2);
    assert_eq!(body["status"], 410);
    assert_eq!(body["detail"], "Go back to the start.");
    assert_eq!(problem.headers(), [("allow", "POST".to_owned())]);
}
