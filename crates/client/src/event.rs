//! An event as a feed shows it.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::value::RawValue;

/// One accepted webhook with its place in a feed.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// Its place: ids sort in the order of the log.
    pub id: String,
    /// The source that took it.
    pub source: String,
    /// The provider's name for what happened; empty where it gives none.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The provider's id.
    #[serde(default)]
    pub webhook_id: String,
    /// When it was received, RFC 3339.
    #[serde(default)]
    pub received_at: String,
    /// `Content-Type` as it was sent.
    #[serde(default)]
    pub content_type: Option<String>,
    /// The headers that travelled with it, names in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body's size in bytes.
    #[serde(default)]
    pub size: u64,
    /// The body, where it is JSON: the very text.
    #[serde(default)]
    pub payload: Option<Box<RawValue>>,
    /// The body, where it is not.
    #[serde(default)]
    pub payload_base64: Option<String>,
    /// What a worker holds, where the event was claimed.
    #[serde(default)]
    pub lease: Option<String>,
    /// The how manieth time it was claimed.
    #[serde(default)]
    pub attempt: Option<u64>,
}

impl Event {
    /// The body's exact bytes, where the event holds them: a large body does not travel with its
    /// event, and a JSON text may have had space around it. [`crate::Client::body`] asks for those.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let bytes = match (&self.payload, &self.payload_base64) {
            (Some(payload), _) => payload.get().as_bytes().to_vec(),
            (None, Some(text)) => BASE64_STANDARD.decode(text).ok()?,
            (None, None) => Vec::new(),
        };
        (bytes.len() as u64 == self.size).then_some(bytes)
    }
}

/// A page of events.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Page {
    /// In the order of the log.
    #[serde(default)]
    pub events: Vec<Event>,
    /// The position after them.
    #[serde(default)]
    pub next: Option<String>,
    /// Whether more follow at once.
    #[serde(default)]
    pub has_more: bool,
    /// Of a claim: fences its leases.
    #[serde(default)]
    pub generation: u64,
    /// Of a claim: what retention took before it was acknowledged.
    #[serde(default)]
    pub gap: Option<Range>,
}

/// A run of events.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Range {
    /// The first.
    pub from: String,
    /// The last.
    pub to: String,
}
