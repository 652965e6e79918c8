//! What a subscription asks of its feed, and tells it.

use js_sys::{Array, ArrayBuffer, JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::cursor::EventId;
use waypost_core::feed::Wanted;
use waypost_core::represent::Format;
use waypost_core::subscription::{Found, Message, Page, ReadOrder, Row};
use web_sys::Response;

use super::Subscription;
use crate::edge::{FEED, asked};
use crate::host::{now, settled};
use crate::{ffi, log};

/// A body as the feed gave it.
#[derive(Clone)]
pub(super) struct Loaded {
    pub(super) seq: u64,
    pub(super) kind: String,
    pub(super) content_type: String,
    form: u64,
    /// Text.
    body: JsValue,
}

/// Bytes in the form that says that they are base 64, or that the feed has to be asked for them.
const BASE64: u64 = 1;
const PARTS: u64 = 2;

impl Subscription {
    /// Asks the feed, and gives its answer if it is a good one.
    pub(super) async fn ask_feed(
        &self,
        feed: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<Response, JsValue> {
        let init = ffi::request_init(method, "", &body.into(), &JsValue::UNDEFINED);
        let object = self.edge().feed_object(feed);
        asked(object, &format!("{FEED}{path}"), &init).await
    }

    /// Reads events, and makes deliveries of them.
    pub(super) async fn read(&self, row: &Row, order: &ReadOrder) {
        let done = match self.pushed(row, &order.wanted(row)).await {
            Ok((page, events)) => {
                // Somebody may have deleted or changed it meanwhile.
                let found: Vec<Found> = events.iter().map(Loaded::found).collect();
                let taken = self.store.row().and_then(|now_row| match now_row {
                    Some(now_row) if now_row.events == row.events => {
                        self.store.take(&now_row, order, page, &found, now())
                    }
                    _ => Ok(()),
                });
                self.loaded.borrow_mut().extend(events);
                taken
            }
            Err(error) => {
                log::warn(
                    "a subscription could not read its feed",
                    &log::reason(&error),
                );
                self.store.read_failed(now())
            }
        };
        if let Err(error) = done {
            log::error("a subscription's database", &error.to_string());
        }
    }

    /// Tells the feed something.
    pub(super) async fn tell(&self, row: &Row, message: &Message) {
        let path = format!("/subscriptions/{}{}", row.id, message.path);
        let heard = match self.ask_feed(&row.feed, "POST", &path, &message.body).await {
            Ok(response) => response.ok(),
            Err(error) => {
                log::warn(
                    "a subscription could not tell its feed",
                    &log::reason(&error),
                );
                false
            }
        };
        if let Err(error) = self.store.told(message, heard, now()) {
            log::error("a subscription's database", &error.to_string());
        }
    }

    /// The body of an event: as it was read, or read again. None where nothing is left of it.
    pub(super) async fn load(
        &self,
        row: &Row,
        seq: u64,
    ) -> Result<(Option<Loaded>, Option<Page>), JsValue> {
        let known = {
            let mut loaded = self.loaded.borrow_mut();
            let place = loaded.iter().position(|loaded| loaded.seq == seq);
            place.map(|place| loaded.swap_remove(place))
        };
        if known.is_some() {
            return Ok((known, None));
        }
        let (page, events) = self.pushed(row, &ReadOrder::again(row, seq)).await?;
        Ok((events.into_iter().next(), Some(page)))
    }

    /// The bytes that are sent.
    pub(super) async fn bytes(&self, row: &Row, loaded: &Loaded) -> Result<ArrayBuffer, JsValue> {
        if loaded.form != PARTS {
            return Ok(ffi::payload(&loaded.body, loaded.form == BASE64));
        }
        let id: EventId = row.event_id(loaded.seq);
        let response = self
            .ask_feed(
                &row.feed,
                "GET",
                &format!("/full/{}/events/{id}/body", Format::Json.name()),
                "",
            )
            .await?;
        if !response.ok() {
            return Err("the body is gone".into());
        }
        Ok(settled(response.array_buffer()).await?.unchecked_into())
    }

    async fn pushed(&self, row: &Row, wanted: &Wanted) -> Result<(Page, Vec<Loaded>), JsValue> {
        let path = format!("/push?{}", wanted.query());
        let answer = async {
            let response = self.ask_feed(&row.feed, "GET", &path, "").await?;
            let text = settled(response.text()).await?.as_string();
            match response.ok() {
                true => JSON::parse(&text.unwrap_or_default()),
                false => Err(text.unwrap_or_default().into()),
            }
        };
        let answer = answer.await?;
        let number = |name: &str| Reflect::get(&answer, &name.into()).map(|value| int(&value));
        let page = Page {
            generation: number("generation")?,
            earliest: number("earliest")?,
            latest: number("latest")?,
            through: number("through")?,
        };
        let events: Array = Reflect::get(&answer, &"events".into())?.unchecked_into();
        let events = events.iter().map(|event| loaded(&event.unchecked_into()));
        Ok((page, events.collect()))
    }
}

impl Loaded {
    fn found(&self) -> Found {
        Found {
            seq: self.seq,
            kind: self.kind.clone(),
        }
    }
}

fn loaded(event: &Array) -> Loaded {
    let text = |place| event.get(place).as_string().unwrap_or_default();
    Loaded {
        seq: int(&event.get(0)),
        kind: text(1),
        form: int(&event.get(2)),
        content_type: text(3),
        body: event.get(4),
    }
}

fn int(value: &JsValue) -> u64 {
    value.as_f64().map_or(0, |number| number as u64)
}
