//! What an administrator asks.

use js_sys::ArrayBuffer;
use wasm_bindgen::JsValue;
use waypost_core::conditional::{Preconditions, Validators, etag};
use waypost_core::config::Feed as FeedConfig;
use waypost_core::cursor::EventId;
use waypost_core::encoding::Encoding;
use waypost_core::json;
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::retry::{Outcome, Verdict};
use waypost_core::signing::{self, Head, Key};
use waypost_core::subscription::{
    Bulk, Changes, Creation, Rotation, Row, TEST, VERIFICATION, Wanted,
};
use waypost_core::target::{self, Parts};
use waypost_core::when::rfc3339;

use super::{Subscription, attempt, failed};
use crate::answer::Answer;
use crate::call::Call;
use crate::host::{now, settled};
use crate::{ffi, log};

impl Subscription {
    /// `POST /create`
    pub(super) async fn create(&self, call: &Call, body: &[u8]) -> Result<Answer, Problem> {
        let name = self.state.id().name().unwrap_or_default();
        let (feed, id) = name.rsplit_once('/').ok_or(Rejection::Internal)?;
        let mut creation = Creation::parse(body)?;
        creation.url = self.target(&creation.url)?;
        let secret = creation.secret.take().unwrap_or_else(make_secret);
        self.verify(call, feed, &creation.url, &keys(&secret))
            .await?;
        let mut row = Row::new(id, feed, creation, call.now);
        // From now on the feed may poke it: what it says until there is a row is asked again.
        self.in_the_making.set(true);
        let made = self.register(&mut row, &secret).await;
        self.in_the_making.set(false);
        made?;
        let (id, secret) = (json::text(&row.id), json::text(&secret));
        Ok(Answer::json(
            200,
            &format!(r#"{{"subscription_id":{id},"status":"active","secret":{secret}}}"#),
        ))
    }

    /// The feed knows it first, so that it is there from the event on that the feed says.
    async fn register(&self, row: &mut Row, secret: &str) -> Result<(), Problem> {
        let path = format!("/subscriptions/{}?new=1", row.id);
        let asked = async {
            let response = self
                .ask_feed(&row.feed, "POST", &path, &row.summary())
                .await?;
            let text = settled(response.text()).await?.as_string();
            Ok::<_, JsValue>((response.status(), text.unwrap_or_default()))
        };
        let (status, place) = asked.await.map_err(|error| {
            log::error("a feed did not take a subscription", &log::reason(&error));
            Rejection::FeedUnavailable
        })?;
        if status == Rejection::TooManySubscriptions.status() {
            return Err(Rejection::TooManySubscriptions.into());
        }
        row.begin(place.parse().map_err(|_| Rejection::FeedUnavailable)?);
        self.store.create(row, secret).map_err(failed)
    }

    /// `GET /`
    pub(super) fn show(&self, call: &Call, row: &Row) -> Result<Answer, Problem> {
        Ok(tagged(
            call,
            &self.store.show(row, call.now).map_err(failed)?,
        ))
    }

    /// `PATCH /`
    pub(super) async fn change(&self, call: &Call, body: &[u8]) -> Result<Answer, Problem> {
        let row = self.row()?;
        let changes = Changes::parse(body)?;
        let url = match &changes.url {
            None => None,
            Some(url) => {
                let url = self.target(url)?;
                let keys = self.store.keys(call.now).map_err(failed)?;
                self.verify(call, &row.feed, &url, &keys).await?;
                Some(url)
            }
        };
        // The receiver took its time.
        let mut row = self.row()?;
        self.store
            .change(
                &mut row,
                url.as_deref(),
                changes.events.as_deref(),
                changes.paused,
                now(),
            )
            .map_err(failed)?;
        self.wake(now()).await?;
        Ok(Answer::json(
            200,
            &self.store.show(&row, now()).map_err(failed)?,
        ))
    }

    /// `DELETE /`
    pub(super) async fn delete(&self) -> Result<Answer, Problem> {
        let row = self.row()?;
        self.store.db().delete_all().await.map_err(failed)?;
        self.store.forget();
        self.loaded.borrow_mut().clear();
        let path = format!("/subscriptions/{}", row.id);
        // A feed that does not hear it asks for it in vain, and forgets it then.
        if let Err(error) = self.ask_feed(&row.feed, "DELETE", &path, "").await {
            log::warn(
                "a feed did not forget a subscription yet",
                &log::reason(&error),
            );
        }
        Ok(Answer::json(200, r#"{"status":"unsubscribed"}"#))
    }

    /// `POST /rotate`
    pub(super) fn rotate(&self, call: &Call, row: &Row, body: &[u8]) -> Result<Answer, Problem> {
        let rotation = Rotation::parse(body)?;
        let secret = rotation.secret.unwrap_or_else(make_secret);
        let rotated = self.store.rotate(&secret, rotation.grace_seconds, call.now);
        let until = json::text(&rfc3339(rotated.map_err(failed)??.until));
        let (id, secret) = (json::text(&row.id), json::text(&secret));
        Ok(Answer::json(
            200,
            &format!(r#"{{"subscription_id":{id},"secret":{secret},"old_secrets_until":{until}}}"#),
        ))
    }

    /// `POST /test`: one request, now, and how it ended. Its id sorts before every event's.
    pub(super) async fn test(&self, call: &Call) -> Result<Answer, Problem> {
        let row = self.row()?;
        let url = self.target(&row.url)?;
        let id = EventId {
            generation: 0,
            sequence: call.now,
        };
        let body = format!(
            r#"{{"id":"{id}","event":"{TEST}","timestamp":"{}","data":{{"subscription_id":{}}}}}"#,
            rfc3339(call.now),
            json::text(&row.id),
        );
        let keys = self.store.keys(call.now).map_err(failed)?;
        let sent = self
            .send_own(&url, &keys, &id.to_string(), TEST, &body)
            .await?;
        let status = match sent.verdict() {
            Verdict::Delivered => "delivered",
            _ => "failed",
        };
        Ok(Answer::json(
            200,
            &format!(
                r#"{{"status":"{status}","id":"{id}","response_status":{},"error":{},"duration_ms":{},"response":{}}}"#,
                sent.status_json(),
                json::text_or_null(&sent.error),
                sent.duration_ms,
                json::text(&sent.response),
            ),
        ))
    }

    /// `POST /replay`
    pub(super) fn replay_bulk(
        &self,
        call: &Call,
        row: &Row,
        body: &[u8],
    ) -> Result<Answer, Problem> {
        let bulk = Bulk::parse(body)?;
        let again = self
            .store
            .replay_bulk(row, bulk, call.now)
            .map_err(failed)??;
        let count = again.map_or(String::new(), |count| format!(r#","deliveries":{count}"#));
        Ok(Answer::json(
            200,
            &format!(r#"{{"status":"replaying"{count}}}"#),
        ))
    }

    /// `GET /deliveries`
    pub(super) fn deliveries(&self, call: &Call, row: &Row) -> Result<Answer, Problem> {
        let wanted = Wanted::parse(call.query())?;
        Ok(tagged(
            call,
            &self.store.deliveries(row, wanted).map_err(failed)?,
        ))
    }

    /// `GET /deliveries/{id}`
    pub(super) fn delivery(&self, call: &Call, row: &Row, id: &str) -> Result<Answer, Problem> {
        let id: EventId = id.parse().map_err(|_| Rejection::UnknownDelivery)?;
        match self.store.delivery(row, id).map_err(failed)? {
            Some(text) => Ok(tagged(call, &text)),
            None => Err(Rejection::UnknownDelivery.into()),
        }
    }

    /// `POST /deliveries/{id}/replay`
    pub(super) fn replay(&self, call: &Call, row: &Row, id: &str) -> Result<Answer, Problem> {
        let id: EventId = id.parse().map_err(|_| Rejection::UnknownDelivery)?;
        if !self.store.replay(row, id, call.now).map_err(failed)? {
            return Err(Rejection::UnknownDelivery.into());
        }
        Ok(Answer::json(200, r#"{"status":"replaying"}"#))
    }

    /// The URL as the host writes it, if it may be pushed to.
    pub(super) fn target(&self, url: &str) -> Result<String, Problem> {
        let text = ffi::take_apart(url);
        let mut lines = text.split('\n');
        let mut line = || lines.next().unwrap_or_default();
        let href = line();
        let parts = Parts {
            protocol: line(),
            username: line(),
            password: line(),
            hostname: line(),
            port: line(),
        };
        match target::judge(parts, self.edge().config.allow_targets()) {
            Ok(()) => Ok(href.to_owned()),
            Err(refused) => Err(Problem::from(Rejection::TargetRefused).detail(refused.sentence())),
        }
    }

    pub(super) fn feed_config(&self, feed: &str) -> FeedConfig {
        self.edge().config.feed(feed).cloned().unwrap_or_default()
    }

    /// Asks the URL whether it wants what it would be sent.
    async fn verify(
        &self,
        call: &Call,
        feed: &str,
        url: &str,
        keys: &[Key],
    ) -> Result<(), Problem> {
        if !self.feed_config(feed).verify {
            return Ok(());
        }
        let challenge = Encoding::Hex.encode(&ffi::random(16));
        let body = format!(r#"{{"type":"{VERIFICATION}","challenge":"{challenge}"}}"#);
        let id = format!("verification_{}", call.id);
        let sent = self.send_own(url, keys, &id, VERIFICATION, &body).await?;
        if sent.verdict() == Verdict::Delivered {
            return Ok(());
        }
        let problem = Problem::from(Rejection::NotVerified);
        Err(match sent.status {
            Some(status) => problem.with("response_status", status),
            None => problem.with("error", sent.error),
        })
    }

    async fn send_own(
        &self,
        url: &str,
        keys: &[Key],
        id: &str,
        event: &str,
        body: &str,
    ) -> Result<Outcome, Problem> {
        let head = Head {
            id,
            event,
            content_type: "application/json",
            now: now(),
        };
        let body: ArrayBuffer = ffi::payload(&body.into(), false);
        let sent = attempt::send(self.edge(), url, keys, head, &body).await;
        sent.map_err(|error| {
            log::error("a request could not be signed", &log::reason(&error));
            Rejection::Internal.into()
        })
    }
}

fn make_secret() -> String {
    let random = ffi::random(signing::KEY_BYTES as u32);
    let random: [u8; signing::KEY_BYTES] = random.try_into().unwrap_or_default();
    signing::make_secret(&random)
}

fn keys(secret: &str) -> Vec<Key> {
    Key::read(secret).into_iter().collect()
}

/// JSON with its entity tag, or that the client has it.
fn tagged(call: &Call, text: &str) -> Answer {
    let etag = etag(text.as_bytes());
    let preconditions = Preconditions {
        if_none_match: call.headers().get("if-none-match"),
        if_modified_since: None,
    };
    let validators = Validators {
        etag: &etag,
        last_modified: None,
    };
    let answer = match preconditions.not_modified(validators) {
        true => Answer::new(304),
        false => Answer::new(200)
            .header("content-type", "application/json")
            .body(JsValue::from_str(text)),
    };
    answer
        .header("cache-control", "private, no-cache")
        .header("etag", &etag)
}
