//! One event, posted to the backend: the exact bytes, under the headers that it came with.

use std::time::Duration;

use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use waypost_client::{
    Client, Event,
    answer::delay,
    http::{self, chain},
    now,
};
use waypost_core::travel::HOP;

use super::lanes::Job;

/// Headers that are this hop's own, beside those that end at every [`HOP`].
const OWN: &[&str] = &["content-length", "expect", "host"];

/// So much of an answer is read, so that its connection can be used again.
const ANSWER: usize = 64 * 1024;

/// What became of it.
#[derive(Debug)]
pub(crate) enum Posted {
    /// 2xx.
    Taken(u16),
    /// Another status, with what the backend asked for.
    Refused(u16, Duration),
    /// It was sent, and no answer came.
    Broken(String),
    /// Nothing was sent: nobody listens there.
    Unreachable(String),
    /// Waypost did not give the body.
    Bodiless(String),
    /// The event was erased or pruned: there is nothing to be posted.
    Gone,
}

/// The client for backends: no proxy stands between the agent and what is beside it.
pub(crate) fn local(timeout: Duration) -> reqwest::Result<reqwest::Client> {
    http::builder()
        .no_proxy()
        .connect_timeout(Duration::from_secs(5).min(timeout))
        .timeout(timeout)
        // Shorter than what servers commonly allow: one that closes first loses a request.
        .pool_idle_timeout(Duration::from_secs(4))
        .build()
}

/// Posts one event.
pub(crate) async fn post(
    waypost: &Client,
    backend: &reqwest::Client,
    to: Url,
    job: &Job,
) -> Posted {
    let body = match waypost.body(&job.event).await {
        Ok(body) => body,
        Err(error) if matches!(error.status(), Some(404 | 410)) => return Posted::Gone,
        Err(error) => return Posted::Bodiless(error.to_string()),
    };
    let headers = headers(&job.event, job.attempt);
    let sent = backend.post(to).headers(headers).body(body).send().await;
    let mut response = match sent {
        Ok(response) => response,
        Err(error) if error.is_connect() => return Posted::Unreachable(chain(&error)),
        Err(error) => return Posted::Broken(chain(&error)),
    };
    let status = response.status();
    let asked = response.headers().get("retry-after");
    let asked = asked.and_then(|value| delay(value.to_str().ok()?, now()));
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > ANSWER {
            break;
        }
    }
    match status.is_success() {
        true => Posted::Taken(status.as_u16()),
        false => Posted::Refused(status.as_u16(), asked.unwrap_or_default()),
    }
}

/// The event's headers but those of a hop, and what Waypost adds.
fn headers(event: &Event, attempt: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: &str, value: &str| {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            headers.insert(name, value);
        }
    };
    for (name, value) in &event.headers {
        if !HOP.contains(&name.as_str()) && !OWN.contains(&name.as_str()) {
            put(name, value);
        }
    }
    if let Some(host) = event.headers.get("host") {
        put("x-forwarded-host", host);
    }
    put("x-waypost-event-id", &event.id);
    put("x-waypost-attempt", &attempt.to_string());
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_go_as_they_came_but_those_of_a_hop() {
        let event: Event = serde_json::from_value(serde_json::json!({
            "id": "1_2", "source": "github",
            "headers": {
                "x-hub-signature-256": "sha256=00", "content-type": "application/json",
                "user-agent": "GitHub-Hookshot/1", "host": "edge.example", "content-length": "9",
                "transfer-encoding": "chunked", "x-waypost-attempt": "9", "x-b": "a, b",
            },
        }))
        .unwrap();
        let headers = headers(&event, 3);
        let mut shown: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        shown.sort();
        assert_eq!(
            shown,
            [
                "content-type: application/json",
                "user-agent: GitHub-Hookshot/1",
                "x-b: a, b",
                "x-forwarded-host: edge.example",
                "x-hub-signature-256: sha256=00",
                "x-waypost-attempt: 3",
                "x-waypost-event-id: 1_2",
            ]
        );
    }
}
