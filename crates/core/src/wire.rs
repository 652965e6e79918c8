//! What travels through the queue and into the feed. Versioned: messages outlive deployments.
//!
//! A message is a *frame*, `[version: u8][meta length: u32 LE][meta: JSON][body]`; an append is
//! frames one after the other, each behind its own length (u32 LE). The body is the provider's
//! bytes as they came: the edge joins it to the meta on the host's side, without a copy in wasm.

use serde::{Deserialize, Serialize};

use crate::json;

/// The version that this build writes and reads.
pub const VERSION: u8 = 1;

/// A message as long as this still fits the queue's 128 KB with its overhead; beyond it the body
/// takes the claim check through KV.
pub const INLINE_LIMIT: usize = 96 * 1024;

/// Everything about an accepted webhook but its body.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Meta {
    /// Made for this webhook at receipt; unique in the feed, so a redelivered message never
    /// doubles.
    pub receipt: String,
    /// The source that took it.
    pub source: String,
    /// The feed it goes to.
    pub feed: String,
    /// The provider's id, or the receipt id where it has none.
    pub webhook_id: String,
    /// The provider's name for what happened; empty where it gives none.
    #[serde(rename = "type")]
    pub kind: String,
    /// Unix milliseconds.
    pub received_at: u64,
    /// `Content-Type` as sent.
    pub content_type: Option<String>,
    /// The headers that travel with the event, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The names among `headers` that carry signatures: hidden on public feeds.
    pub signature_headers: Vec<String>,
    /// What must be unique in the feed for this webhook to be a new one.
    pub unique: Vec<Unique>,
    /// The body's size in bytes.
    pub size: u64,
    /// The KV key of the body, where it took the claim check.
    #[serde(default)]
    pub body_key: Option<String>,
}

/// One half of an identity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Unique {
    /// Scoped by source and hashed: of fixed length.
    pub key: String,
    /// Unix milliseconds after which the feed may forget it.
    pub until: u64,
}

/// Why a frame could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecodable {
    /// It ends before its parts do.
    Truncated,
    /// It was written by a version that this build does not know.
    Version(u8),
    /// The meta is not the JSON of [`Meta`].
    Meta(String),
}

impl std::fmt::Display for Undecodable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated => f.write_str("the message ends before its parts do"),
            Self::Version(v) => {
                write!(f, "the message has version {v}, this build reads {VERSION}")
            }
            Self::Meta(e) => write!(f, "the message's meta is not readable: {e}"),
        }
    }
}

/// The bytes of a frame that stand before its body.
pub fn frame_head(meta: &Meta) -> Vec<u8> {
    let json = meta.json();
    let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(json.len() + 5);
    frame.push(VERSION);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(json.as_bytes());
    frame
}

/// What the JSON of a meta takes beside its headers in most cases, in bytes.
const ROOM: usize = 512;

impl Meta {
    /// The JSON that it is read from, written by hand: there is one for each webhook.
    fn json(&self) -> String {
        let headers = self.headers.iter();
        let headers: usize = headers
            .map(|(name, value)| name.len() + value.len() + 8)
            .sum();
        let mut json = String::with_capacity(ROOM + headers);
        json.push_str("{\"receipt\":");
        json::push(&mut json, &self.receipt);
        json::push_member(&mut json, "source", &self.source);
        json::push_member(&mut json, "feed", &self.feed);
        json::push_member(&mut json, "webhook_id", &self.webhook_id);
        json::push_member(&mut json, "type", &self.kind);
        push_number(&mut json, ",\"received_at\":", self.received_at);
        match &self.content_type {
            None => json.push_str(",\"content_type\":null"),
            Some(content_type) => json::push_member(&mut json, "content_type", content_type),
        }
        push_list(
            &mut json,
            "headers",
            &self.headers,
            |json, (name, value)| {
                json.push('[');
                json::push(json, name);
                json.push(',');
                json::push(json, value);
                json.push(']');
            },
        );
        push_list(
            &mut json,
            "signature_headers",
            &self.signature_headers,
            |json, name| {
                json::push(json, name);
            },
        );
        push_list(&mut json, "unique", &self.unique, |json, unique| {
            json.push_str("{\"key\":");
            json::push(json, &unique.key);
            push_number(json, ",\"until\":", unique.until);
            json.push('}');
        });
        push_number(&mut json, ",\"size\":", self.size);
        if let Some(key) = &self.body_key {
            json::push_member(&mut json, "body_key", key);
        }
        json.push('}');
        json
    }
}

fn push_number(json: &mut String, before: &str, number: u64) {
    json.push_str(before);
    json.push_str(&number.to_string());
}

fn push_list<T>(json: &mut String, name: &str, items: &[T], push: impl Fn(&mut String, &T)) {
    json.push_str(",\"");
    json.push_str(name);
    json.push_str("\":[");
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        push(json, item);
    }
    json.push(']');
}

/// Reads a frame into its meta and its body.
pub fn read_frame(frame: &[u8]) -> Result<(Meta, &[u8]), Undecodable> {
    read(frame)
}

/// The feed that a frame goes to. Nothing else of its meta is looked at: the feed does that.
pub fn feed_of(frame: &[u8]) -> Result<String, Undecodable> {
    read(frame).map(|(addressed, _): (Addressed, _)| addressed.feed)
}

#[derive(Deserialize)]
struct Addressed {
    feed: String,
}

fn read<'f, T: Deserialize<'f>>(frame: &'f [u8]) -> Result<(T, &'f [u8]), Undecodable> {
    let (&version, rest) = frame.split_first().ok_or(Undecodable::Truncated)?;
    if version != VERSION {
        return Err(Undecodable::Version(version));
    }
    let (meta, body) = split_length(rest).ok_or(Undecodable::Truncated)?;
    let meta = serde_json::from_slice(meta).map_err(|e| Undecodable::Meta(e.to_string()))?;
    Ok((meta, body))
}

/// The frames of an append, in order. Ends at the first that is cut short.
pub fn frames(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (frame, rest) = split_length(bytes)?;
        bytes = rest;
        Some(frame)
    })
}

fn split_length(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

/// What became of one webhook at its append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is in the feed.
    Stored,
    /// The feed had it already.
    Duplicate,
    /// It could not be stored now; the queue shall bring it again.
    Retry,
    /// The feed could make nothing of it, and never will.
    Unreadable,
}

/// Adds a frame to an append.
pub fn push_frame(append: &mut Vec<u8>, frame: &[u8]) {
    let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
    append.extend_from_slice(&length.to_le_bytes());
    append.extend_from_slice(frame);
}

/// Seconds until the queue shall bring a message again that came `attempts` times.
///
/// A hundred retries of at most ten minutes outlast an outage of most of a day.
pub fn redelivery_delay(attempts: u32) -> u32 {
    const LONGEST: u32 = 600;
    2u32.saturating_pow(attempts.saturating_sub(1).min(16))
        .min(LONGEST)
}
