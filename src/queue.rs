//! The queue's consumer: from messages to the feeds.
//!
//! Each message is acknowledged by itself, and the handler never fails towards the runtime.

use std::collections::BTreeMap;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::config::DEFAULT_FEED;
use waypost_core::query::burial_query;
use waypost_core::wire::{self, Outcome};

use crate::edge::{Edge, asked};
use crate::ffi::{self, Batch, Message};
use crate::host::settled;
use crate::{log, options};

/// The dead-letter queue's name ends so, as in `waypost-dead`.
const DEAD: &str = "-dead";

/// Hands a batch to the feeds: one append a feed. What comes from the dead-letter queue, and what
/// cannot be read, goes to the dead letters.
pub(crate) async fn consume(edge: &Edge, batch: &Batch) {
    let dead = batch.queue().ends_with(DEAD);
    let mut feeds: BTreeMap<String, Append> = BTreeMap::new();
    for message in batch.messages().iter() {
        let message: Message = message.unchecked_into();
        let frame = Uint8Array::new(&message.body()).to_vec();
        match wire::read_frame(&frame) {
            Ok((meta, _)) if dead => bury(edge, &meta.feed, &message, &frame, EXHAUSTED).await,
            Ok((meta, _)) => feeds.entry(meta.feed).or_default().push(message, &frame),
            Err(problem) => bury(edge, DEFAULT_FEED, &message, &frame, &problem.to_string()).await,
        }
    }
    for (feed, append) in feeds {
        append.run(edge, &feed).await;
    }
}

/// What one feed is to append.
#[derive(Default)]
struct Append {
    messages: Vec<Message>,
    frames: Vec<u8>,
}

impl Append {
    fn push(&mut self, message: Message, frame: &[u8]) {
        wire::push_frame(&mut self.frames, frame);
        self.messages.push(message);
    }

    async fn run(self, edge: &Edge, feed: &str) {
        let outcomes = self.outcomes(edge, feed).await.unwrap_or_else(|error| {
            log::error(
                "the feed did not append",
                &format!("{feed}: {}", log::reason(&error)),
            );
            Vec::new()
        });
        let mut outcomes = outcomes.into_iter();
        for message in &self.messages {
            match outcomes.next() {
                Some(Outcome::Stored | Outcome::Duplicate) => message.ack(),
                Some(Outcome::Retry) | None => put_off(message),
            }
        }
    }

    async fn outcomes(&self, edge: &Edge, feed: &str) -> Result<Vec<Outcome>, JsValue> {
        let body = Uint8Array::from(self.frames.as_slice());
        let init = ffi::request_init("POST", "", &body, &JsValue::UNDEFINED);
        let response = asked(edge.feed_object(feed), "https://feed/append", &init).await?;
        let text = settled(response.text())
            .await?
            .as_string()
            .unwrap_or_default();
        if !response.ok() {
            return Err(text.into());
        }
        serde_json::from_slice(text.as_bytes()).map_err(|error| error.to_string().into())
    }
}

const EXHAUSTED: &str = "the feed could not append the message, and its retries are exhausted";

/// Writes a message to the feed's dead letters.
async fn bury(edge: &Edge, feed: &str, message: &Message, frame: &[u8], reason: &str) {
    log::error("a message is given up", &format!("{feed}: {reason}"));
    let url = format!(
        "https://feed/dead-letters?{}",
        burial_query(reason, message.attempts())
    );
    let init = ffi::request_init("POST", "", &Uint8Array::from(frame), &JsValue::UNDEFINED);
    match asked(edge.feed_object(feed), &url, &init).await {
        Ok(response) if response.ok() => message.ack(),
        Ok(_) => put_off(message),
        Err(error) => {
            log::error("the feed did not take a dead letter", &log::reason(&error));
            put_off(message);
        }
    }
}

/// Gives a message back for later, the later the more often it has come.
fn put_off(message: &Message) {
    message.retry(&options::delay(waypost_core::wire::redelivery_delay(
        message.attempts(),
    )));
}
