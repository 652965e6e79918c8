//! The queue's consumer: from messages to the feeds.
//!
//! Each message is acknowledged by itself, and the handler never fails towards the runtime.

use std::collections::BTreeMap;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::config::DEFAULT_FEED;
use waypost_core::query::burial_query;
use waypost_core::wire::{self, Outcome};

use crate::edge::{Edge, FEED, asked};
use crate::ffi::{self, Batch, Message};
use crate::host::settled;
use crate::{log, options};

/// The dead-letter queue's name ends so, as in `waypost-dead`.
const DEAD: &str = "-dead";

/// Hands a batch to the feeds: one append a feed. What comes from the dead-letter queue, and what
/// cannot be read, goes to the dead letters.
pub(crate) async fn consume(edge: &Edge, batch: &Batch) {
    let dead = batch.queue().ends_with(DEAD);
    let messages = batch.messages();
    let bytes = ffi::framed(&messages);
    let mut feeds: BTreeMap<String, Vec<Sent<'_>>> = BTreeMap::new();
    for (place, frame) in (0..).zip(wire::frames(&bytes)) {
        let sent = Sent { place, frame };
        match wire::feed_of(frame) {
            Ok(feed) if dead => sent.bury(edge, &feed, &messages, EXHAUSTED).await,
            Ok(feed) => feeds.entry(feed).or_default().push(sent),
            Err(problem) => {
                sent.bury(edge, DEFAULT_FEED, &messages, &problem.to_string())
                    .await;
            }
        }
    }
    for (feed, sent) in feeds {
        append(edge, &feed, &messages, &sent).await;
    }
}

/// A message of a batch.
struct Sent<'b> {
    /// Its place in the batch.
    place: u32,
    frame: &'b [u8],
}

/// Has a feed append its messages, and ends each of them.
async fn append(edge: &Edge, feed: &str, messages: &Array, sent: &[Sent<'_>]) {
    let outcomes = outcomes(edge, feed, sent).await.unwrap_or_else(|error| {
        log::error(
            "the feed did not append",
            &format!("{feed}: {}", log::reason(&error)),
        );
        Vec::new()
    });
    let mut outcomes = outcomes.into_iter();
    let mut done = Vec::with_capacity(sent.len());
    for message in sent {
        match outcomes.next() {
            Some(Outcome::Stored | Outcome::Duplicate) => done.push(message.place),
            Some(Outcome::Unreadable) => message.bury(edge, feed, messages, UNREADABLE).await,
            Some(Outcome::Retry) | None => message.put_off(messages),
        }
    }
    ffi::ack_all(messages, &done);
}

async fn outcomes(edge: &Edge, feed: &str, sent: &[Sent<'_>]) -> Result<Vec<Outcome>, JsValue> {
    let mut frames = Vec::new();
    for message in sent {
        wire::push_frame(&mut frames, message.frame);
    }
    let body = Uint8Array::from(frames.as_slice());
    let init = ffi::request_init("POST", "", &body, &JsValue::UNDEFINED);
    let response = asked(edge.feed_object(feed), &format!("{FEED}/append"), &init).await?;
    let text = settled(response.text())
        .await?
        .as_string()
        .unwrap_or_default();
    if !response.ok() {
        return Err(text.into());
    }
    serde_json::from_slice(text.as_bytes()).map_err(|error| error.to_string().into())
}

const EXHAUSTED: &str = "the feed could not append the message, and its retries are exhausted";
const UNREADABLE: &str = "the message's meta is not readable";

impl Sent<'_> {
    /// Writes the message to the feed's dead letters.
    async fn bury(&self, edge: &Edge, feed: &str, messages: &Array, reason: &str) {
        log::error("a message is given up", &format!("{feed}: {reason}"));
        let message = self.message(messages);
        let url = format!(
            "{FEED}/dead-letters?{}",
            burial_query(reason, message.attempts())
        );
        let frame = Uint8Array::from(self.frame);
        let init = ffi::request_init("POST", "", &frame, &JsValue::UNDEFINED);
        match asked(edge.feed_object(feed), &url, &init).await {
            Ok(response) if response.ok() => message.ack(),
            Ok(_) => self.put_off(messages),
            Err(error) => {
                log::error("the feed did not take a dead letter", &log::reason(&error));
                self.put_off(messages);
            }
        }
    }

    /// Gives the message back for later, the later the more often it has come.
    fn put_off(&self, messages: &Array) {
        let message = self.message(messages);
        let delay = wire::redelivery_delay(message.attempts());
        message.retry(&options::delay(delay));
    }

    fn message(&self, messages: &Array) -> Message {
        messages.get(self.place).unchecked_into()
    }
}
