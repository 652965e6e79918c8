//! Every path that there is, and those that there are not.

use waypost_core::consumer::Verb;
use waypost_core::route::{Need, Resource, Routes, Target};

fn check(path: &str, expect: Option<(Resource, &str, Option<&str>)>) {
    let expect = expect.map(|(resource, name, id)| Target { resource, name, id });
    assert_eq!(Routes::new().at(path), expect, "{path}");
}

/// Below the root, and below each feed.
fn check_read(path: &str, resource: Resource, id: Option<&str>) {
    check(path, Some((resource, "default", id)));
    check(
        &format!("/feeds/orders{path}"),
        Some((resource, "orders", id)),
    );
    check(
        &format!("/feeds/default{path}"),
        Some((resource, "default", id)),
    );
}

#[test]
fn reads() {
    check_read("/events", Resource::Events, None);
    check_read("/long-poll", Resource::LongPoll, None);
    check_read("/updates", Resource::Updates, None);
    check_read("/stream", Resource::Stream, None);
    check_read("/resource", Resource::Newest, None);
    check_read("/events/7", Resource::Event, Some("7"));
    check_read("/events/body", Resource::Event, Some("body"));
    check_read("/events/7/body", Resource::EventBody, Some("7"));
    check_read("/dead-letters", Resource::DeadLetters, None);
    check_read("/dead-letters/7/replay", Resource::DeadReplay, Some("7"));
}

const VERBS: [Verb; 6] = [
    Verb::Claim,
    Verb::Ack,
    Verb::Nack,
    Verb::Extend,
    Verb::Release,
    Verb::Seek,
];

#[test]
fn consumers() {
    check_read("/consumers", Resource::Consumers, None);
    check_read("/consumers/billing", Resource::Consumer, Some("billing"));
    check_read("/consumers/claim", Resource::Consumer, Some("claim"));
    for verb in VERBS {
        let path = format!("/consumers/billing/{}", verb.name());
        check_read(&path, Resource::Consume(verb), Some("billing"));
    }
}

#[test]
fn documents() {
    check("/openapi.json", Some((Resource::OpenApi, "default", None)));
}

#[test]
fn subscriptions() {
    check_read("/webhooks", Resource::Subscriptions, None);
    check_read("/webhooks/subscribe", Resource::Subscribe, None);
    check_read("/webhooks/7", Resource::Subscription, Some("7"));
    for verb in ["rotate", "test", "replay", "deliveries/8/replay"] {
        check_read(
            &format!("/webhooks/7/{verb}"),
            Resource::SubscriptionAct,
            Some("7"),
        );
    }
    check_read("/webhooks/7/deliveries", Resource::Deliveries, Some("7"));
    check_read("/webhooks/7/deliveries/8", Resource::Deliveries, Some("7"));
    // A source may have any name.
    for name in ["test", "rotate", "replay", "deliveries", "subscribe"] {
        let path = format!("/webhooks/receive/{name}");
        check(&path, Some((Resource::Receive, name, None)));
    }
    for (resource, methods) in [
        (Resource::Subscribe, "POST, OPTIONS"),
        (Resource::SubscriptionAct, "POST, OPTIONS"),
        (Resource::Subscriptions, "GET, HEAD, OPTIONS"),
        (Resource::Deliveries, "GET, HEAD, OPTIONS"),
        (Resource::Subscription, "GET, HEAD, PATCH, DELETE, OPTIONS"),
    ] {
        assert_eq!(resource.allow(), methods);
        for method in ["GET", "POST", "PATCH", "DELETE"] {
            assert_eq!(resource.need(method), Need::Admin);
        }
    }
}

#[test]
fn receives() {
    check(
        "/webhooks/receive",
        Some((Resource::Receive, "default", None)),
    );
    check(
        "/webhooks/receive/github",
        Some((Resource::Receive, "github", None)),
    );
    // Names are compared as they stand, so no escape is another spelling of one.
    check(
        "/webhooks/receive/git%68ub",
        Some((Resource::Receive, "git%68ub", None)),
    );
}

#[test]
fn nothing_there() {
    for path in [
        "",
        "//",
        "/page",
        "/page/",
        "/page/a/b",
        "/feeds/orders/metrics",
        "/metrics/",
        "events",
        "//events",
        "/events/",
        "/events//body",
        "/events/7/",
        "/events/7/body/",
        "/events/7/headers",
        "/Events",
        "/EVENTS",
        "/event",
        "/events7",
        "/resource/7",
        "/updates/",
        "/streams",
        "/stream/7",
        "/openapi.json/",
        "/feeds/orders/openapi.json",
        "/long_poll",
        "/feeds",
        "/feeds/",
        "/feeds/orders",
        "/feeds/orders/",
        "/feeds//events",
        "/feeds/a/b/events",
        "/feeds/orders/feeds/orders/events",
        "/dead-letters/7",
        "/consumers/",
        "/consumers//claim",
        "/consumers/billing/",
        "/consumers/billing/steal",
        "/consumers/billing/claim/7",
        "/dead-letters/7/replay/8",
        "/webhooks/",
        "/webhooks/receive/",
        "/webhooks/receive/github/x",
        "/webhooks/7/",
        "/webhooks/7/nothing",
        "/webhooks/7/deliveries/8/nothing",
        "/webhooks/7/deliveries/8/replay/9",
        "/{id}",
        "/../events",
    ] {
        check(path, None);
    }
}

#[test]
fn methods() {
    let check =
        |resource: Resource, allow: &str| assert_eq!(resource.allow(), allow, "{resource:?}");
    check(Resource::Receive, "POST, OPTIONS");
    check(Resource::DeadReplay, "POST, OPTIONS");
    check(Resource::Consumer, "DELETE, OPTIONS");
    for verb in VERBS {
        check(Resource::Consume(verb), "POST, OPTIONS");
    }
    check(Resource::Stream, "GET, OPTIONS");
    check(Resource::Event, "GET, HEAD, DELETE, OPTIONS");
    for resource in [
        Resource::Events,
        Resource::LongPoll,
        Resource::Updates,
        Resource::Newest,
        Resource::EventBody,
        Resource::DeadLetters,
        Resource::Consumers,
        Resource::OpenApi,
    ] {
        check(resource, "GET, HEAD, OPTIONS");
    }
}

#[test]
fn needs() {
    let check = |resource: Resource, method: &str, need: Need| {
        assert_eq!(resource.need(method), need, "{method} {resource:?}");
    };
    for method in ["GET", "HEAD", "OPTIONS"] {
        for resource in [
            Resource::Events,
            Resource::LongPoll,
            Resource::Updates,
            Resource::Stream,
            Resource::Newest,
            Resource::Event,
            Resource::EventBody,
        ] {
            check(resource, method, Need::Read);
        }
        check(Resource::OpenApi, method, Need::Nothing);
        // What failed may hold what no reader of a public feed should see.
        check(Resource::DeadLetters, method, Need::Token);
        check(Resource::Consumers, method, Need::Token);
    }
    check(Resource::Consumer, "DELETE", Need::Token);
    for verb in VERBS {
        check(Resource::Consume(verb), "POST", Need::Token);
    }
    check(Resource::Receive, "POST", Need::Signature);
    check(Resource::Event, "DELETE", Need::Admin);
    check(Resource::DeadReplay, "POST", Need::Admin);
}

#[test]
fn watching() {
    for (path, resource, need) in [
        ("/", Resource::Page, Need::Nothing),
        ("/page/app.js", Resource::Page, Need::Nothing),
        ("/session", Resource::Session, Need::Nothing),
        ("/healthz", Resource::Health, Need::Nothing),
        ("/readyz", Resource::Ready, Need::Nothing),
        ("/overview", Resource::Overview, Need::Admin),
        ("/metrics", Resource::Metrics, Need::Admin),
    ] {
        check(path, Some((resource, "default", None)));
        assert_eq!(resource.need("GET"), need, "{path}");
    }
}
