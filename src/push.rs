//! What an administrator asks of subscriptions.

use wasm_bindgen::JsValue;
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::route::{Resource, Target};
use web_sys::Response;

use crate::access::Authorised;
use crate::admin::body;
use crate::call::Call;
use crate::edge::{self, Edge};
use crate::ffi;
use crate::log;

/// Headers that an object looks at.
const PASSED: &[&str] = &["if-none-match"];

/// Whether subscriptions answer this.
pub(crate) fn takes(resource: Resource) -> bool {
    matches!(
        resource,
        Resource::Subscribe
            | Resource::Subscriptions
            | Resource::Subscription
            | Resource::SubscriptionAct
            | Resource::Deliveries
    )
}

/// `POST {base}/webhooks/subscribe`, `GET {base}/webhooks`, and everything below `{base}/webhooks/{id}`
pub(crate) async fn ask(
    edge: &'static Edge,
    call: &Call,
    target: Target<'_>,
    who: &Authorised<'_>,
) -> Result<Response, Problem> {
    if target.resource == Resource::Subscriptions {
        return who.ask(edge, call, "GET", "/subscriptions").await;
    }
    // What is made is made, whether its client waits for it or not.
    let _alive = call.keep_alive();
    let body = match call.method() {
        "POST" | "PATCH" => body(call).await?,
        _ => JsValue::UNDEFINED,
    };
    let (id, path) = match target.id {
        None => (call.id.as_str(), "/create"),
        Some(id) => {
            let below = call.path().split_once("/webhooks/");
            let below = below.and_then(|(_, below)| below.split_once(id));
            (id, below.map_or("", |(_, below)| below))
        }
    };
    if !is_id(id) {
        return Err(Rejection::UnknownSubscription.into());
    }
    let method = match call.method() {
        "HEAD" => "GET",
        method => method,
    };
    let init = ffi::request_init(method, &call.passed(PASSED), &body, &JsValue::UNDEFINED);
    let path = if path.is_empty() { "/" } else { path };
    let url = format!("https://subscription{path}?{}", call.query());
    let object = edge.subscription_object(who.feed(), id);
    edge::asked(object, &url, &init).await.map_err(|error| {
        log::error("a subscription did not answer", &log::reason(&error));
        Rejection::SubscriptionUnavailable.into()
    })
}

/// Whether this can be the id of a subscription, so that nobody makes objects of other names.
fn is_id(id: &str) -> bool {
    id.len() == 36
        && id
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
