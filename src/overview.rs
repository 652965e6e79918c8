//! How everything is: for the page as JSON, for Prometheus as metrics. Every feed is asked, side by side.

use wasm_bindgen::JsValue;
use waypost_core::config::DEFAULT_FEED;
use waypost_core::json;
use waypost_core::metrics;
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::route::{Resource, Target, base};
use waypost_core::when::rfc3339;
use web_sys::Response;

use crate::answer::Answer;
use crate::call::Call;
use crate::edge::{Edge, FEED, asked_within};
use crate::host::settled;
use crate::together::{Task, first};
use crate::{access, admin, ffi, log};

/// How long a feed may take, in milliseconds.
const FEED_MS: u32 = 5_000;

/// `GET /overview`, `GET /metrics`
pub(crate) async fn overview(edge: &'static Edge, call: &Call, target: Target<'_>) -> Response {
    let answer = match answer(edge, call, target.resource).await {
        Ok(answer) => answer,
        Err(problem) => Answer::problem(problem, &call.id),
    };
    let response = answer.respond(&call.id);
    // The page asks every few seconds.
    if !response.ok() {
        admin::tell(edge, call, target, response.status());
    }
    response
}

async fn answer(edge: &'static Edge, call: &Call, resource: Resource) -> Result<Answer, Problem> {
    access::administrator(edge, call)?;
    Ok(match resource {
        Resource::Metrics => {
            let written = ask_all(edge, call, "/metrics").await;
            let page = metrics::page(&written);
            Answer::new(200)
                .header("content-type", metrics::CONTENT_TYPE)
                .header("cache-control", "no-store")
                .body(JsValue::from_str(&page))
        }
        _ => {
            let feeds = ask_all(edge, call, "/overview").await;
            Answer::json(200, &page(edge, call.now, feeds))
        }
    })
}

fn page(edge: &'static Edge, now: u64, feeds: Vec<(&str, Option<String>)>) -> String {
    let mut feeds = feeds.into_iter().map(|(name, text)| {
        let public = edge.config.feed(name).is_some_and(|feed| feed.public);
        let open = format!(
            r#"{{"name":{},"base":{},"public":{public},"#,
            json::text(name),
            json::text(&base(name))
        );
        match text.as_deref().and_then(|text| text.strip_prefix('{')) {
            Some(members) => format!("{open}{members}"),
            None => format!(r#"{open}"error":"{}"}}"#, Rejection::FeedUnavailable.code()),
        }
    });
    let feeds = json::array(&mut feeds);
    let mut sources = edge.config.sources().map(|(name, config)| {
        let (provider, feed, secrets) = match config {
            Ok(config) => (
                config.provider.unwrap_or_default(),
                config.settings.feed.as_str(),
                config.secrets.as_slice(),
            ),
            Err(_) => ("", DEFAULT_FEED, &[] as &[String]),
        };
        let status = match edge.source(name) {
            Ok(_) => "ready",
            Err(_) => "misconfigured",
        };
        format!(
            r#"{{"name":{},"provider":{},"feed":{},"path":{},"secrets":{},"status":"{status}"}}"#,
            json::text(name),
            json::text_or_null(provider),
            json::text(feed),
            json::text(&format!("/webhooks/receive/{name}")),
            json::array(&mut secrets.iter().map(|secret| json::text(secret))),
        )
    });
    let sources = json::array(&mut sources);
    let minute = now / 60_000;
    let now = rfc3339(now);
    format!(r#"{{"now":"{now}","minute":{minute},"sources":{sources},"feeds":{feeds}}}"#)
}

/// What every feed says at a path of its object, by name; none where it does not answer.
async fn ask_all<'e>(edge: &'e Edge, call: &Call, path: &str) -> Vec<(&'e str, Option<String>)> {
    let mut tasks: Vec<Task<'_, (usize, Option<String>)>> = Vec::new();
    let mut all = Vec::new();
    for (name, _) in edge.config.feeds() {
        let place = all.len();
        all.push((name, None));
        tasks.push(Box::pin(async move {
            let said = ask(edge, call, name, path).await;
            let said = said.map_err(|error| {
                let reason = format!("{name}: {}", log::reason(&error));
                log::error("a feed did not say how it is", &reason);
            });
            (place, said.ok())
        }));
    }
    while !tasks.is_empty() {
        let (place, said) = first(&mut tasks).await;
        if let Some(feed) = all.get_mut(place) {
            feed.1 = said;
        }
    }
    all
}

async fn ask(edge: &Edge, call: &Call, feed: &str, path: &str) -> Result<String, JsValue> {
    let init = ffi::request_init(
        "GET",
        &call.passed(&[]),
        &JsValue::UNDEFINED,
        &JsValue::UNDEFINED,
    );
    let url = format!("{FEED}{path}");
    let response = asked_within(edge.feed_object(feed), &url, &init, FEED_MS).await?;
    let text = settled(response.text())
        .await?
        .as_string()
        .unwrap_or_default();
    match response.ok() {
        true => Ok(text),
        false => Err(text.into()),
    }
}
