//! The queue's consumer: from messages to the feeds.
//!
//! Each message is acknowledged by itself, and the handler never fails towards the runtime.

use std::collections::BTreeMap;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use waypost_core::wire::{self, Outcome};
use web_sys::Response;

use crate::edge::Edge;
use crate::ffi::{self, Batch, Message};
use crate::{log, options};

/// Hands a batch to the feeds: one append a feed.
pub(crate) async fn consume(edge: &Edge, batch: &Batch) {
    let mut feeds: BTreeMap<String, Append> = BTreeMap::new();
    for message in batch.messages().iter() {
        let message: Message = message.unchecked_into();
        let frame = Uint8Array::new(&message.body()).to_vec();
        match wire::read_frame(&frame) {
            Ok((meta, _)) => feeds.entry(meta.feed).or_default().push(message, &frame),
            Err(problem) => {
                log::error("a message is undecodable", &problem.to_string());
                put_off(&message);
            }
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
            log::error("the feed did not append", &format!("{feed}: {}", log::reason(&error)));
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
        let stub = edge.feeds.stub(&edge.feeds.id_from_name(feed)?)?;
        let response: Response = stub.fetch("https://feed/append", &init).await?.unchecked_into();
        let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
        if !response.ok() {
            return Err(text.into());
        }
        serde_json::from_str(&text).map_err(|error| error.to_string().into())
    }
}

/// Gives a message back for later, the later the more often it has come.
fn put_off(message: &Message) {
    message.retry(&options::delay(waypost_core::wire::redelivery_delay(message.attempts())));
}
