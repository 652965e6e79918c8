//! What a feed does for its subscriptions: events, a memory of who they are, and pokes.

use wasm_bindgen::JsValue;
use waypost_core::config::DEFAULT_FEED;
use waypost_core::feed::db::DbError;
use waypost_core::feed::{Own, Wanted};
use waypost_core::rejection::Rejection;
use waypost_core::subscription::SUSPENDED;

use super::{Feed, text};
use crate::answer::Answer;
use crate::call::Call;
use crate::edge::{asked, asked_within};
use crate::host;
use crate::together::{Task, first};
use crate::{ffi, log};

/// So many subscriptions are poked at once.
const AT_ONCE: usize = 50;

/// How long one may take, in milliseconds: it only writes down what it is told.
const POKE_MS: u32 = 5_000;

/// After a failure of its own the feed tries again in this time.
const POKE_RETRY_MS: u64 = 3_000;

/// What a subscription said to a poke.
enum Poked {
    Knows,
    Gone,
    Failed,
}

impl Feed {
    /// `GET /push?…`
    pub(super) fn push(&self, call: &Call) -> Result<Answer, DbError> {
        let pushed = self.log(call.now)?.push(&Wanted::parse(call.query()))?;
        let pieces = pushed.pieces.into_iter().collect();
        Ok(Answer::json(200, "").body(ffi::page(&pushed.open, &pieces, ",", "]}")))
    }

    /// `GET /subscriptions`
    pub(super) fn subscriptions(&self, call: &Call) -> Result<Answer, DbError> {
        let pieces = self.log(call.now)?.subscriptions()?.into_iter().collect();
        let text = ffi::page(r#"{"subscriptions":["#, &pieces, ",", "]}");
        Ok(Answer::json(200, "").body(text))
    }

    /// `POST /subscriptions/{id}`: how it is now; with `new=1` it is taken in, and told where the feed ends.
    pub(super) async fn describe(&self, call: &Call, id: &str) -> Result<Answer, DbError> {
        let summary = text(call).await?;
        let log = self.log(call.now)?;
        if call.query() != "new=1" {
            log.describe(id, &summary)?;
            return Ok(Answer::new(204));
        }
        Ok(match log.subscribe(id, &summary, call.now)? {
            Some(bounds) => {
                let end = bounds.id(bounds.latest).to_string();
                Answer::new(200).body(JsValue::from_str(&end))
            }
            None => Answer::problem(Rejection::TooManySubscriptions.into(), &call.id),
        })
    }

    /// `DELETE /subscriptions/{id}`
    pub(super) fn unsubscribe(&self, call: &Call, id: &str) -> Result<Answer, DbError> {
        self.log(call.now)?.unsubscribe(id)?;
        Ok(Answer::new(204))
    }

    /// `POST /subscriptions/{id}/dead-letters`: a delivery that is given up.
    pub(super) async fn bury_delivery(&self, call: &Call, id: &str) -> Result<Answer, DbError> {
        let letter = text(call).await?;
        self.log(call.now)?.bury_delivery(id, &letter, call.now)?;
        Ok(Answer::new(204))
    }

    /// `POST /subscriptions/{id}/stats`: what it has counted.
    pub(super) async fn counted(&self, call: &Call, id: &str) -> Result<Answer, DbError> {
        let stats = text(call).await?;
        self.log(call.now)?.counted(id, &stats, call.now)?;
        Ok(Answer::new(204))
    }

    /// `POST /subscriptions/{id}/suspended`: an event of Waypost's own. Its receipt is the same however often it is
    /// told.
    pub(super) async fn suspended(&self, call: &Call, id: &str) -> Result<Answer, DbError> {
        let body = text(call).await?;
        let log = self.log(call.now)?;
        let told = log.append_own(call.now, &mut |_, _| {
            Ok(vec![Own {
                kind: SUSPENDED.to_owned(),
                receipt: format!("{id}:{}", waypost_core::hash::hex(body.as_bytes())),
                body: body.clone(),
            }])
        });
        if told? > 0 {
            self.waiting.wake();
            self.settle(log, call.now).await;
        }
        self.owe_pokes(call.now).await?;
        Ok(Answer::new(204))
    }

    /// One more try for a dead letter that is a delivery's; none where it is none.
    pub(super) async fn replay_delivery(
        &self,
        call: &Call,
        letter: waypost_core::cursor::EventId,
    ) -> Result<Option<Answer>, DbError> {
        let log = self.log(call.now)?;
        let Some((id, event)) = log.dead_delivery(letter)? else {
            return Ok(None);
        };
        let object = self.edge().subscription_object(&self.name(call.now)?, &id);
        let init = ffi::request_init("POST", "", &JsValue::UNDEFINED, &JsValue::UNDEFINED);
        let url = format!("https://subscription/deliveries/{event}/replay");
        Ok(Some(match asked(object, &url, &init).await {
            Ok(response) if response.ok() => {
                log.forget_dead(letter)?;
                Answer::json(200, r#"{"status":"replayed","outcome":"redelivered"}"#)
            }
            Ok(response) if response.status() == 404 => {
                Answer::problem(Rejection::NotReplayable.into(), &call.id)
            }
            _ => Answer::problem(Rejection::SubscriptionUnavailable.into(), &call.id),
        }))
    }

    /// Pokes whom it owes a poke, and makes the next ones due. What fails is tried again.
    pub(super) async fn poke_all(&self, now: u64) {
        let poked = match self.poke(now).await {
            Ok(()) => self.owe_pokes(host::now()).await,
            Err(error) => Err(error),
        };
        if let Err(error) = poked {
            log::error("the feed's pokes", &error.to_string());
            let again = host::now().saturating_add(POKE_RETRY_MS);
            self.set_alarm(Some(again)).await;
        }
    }

    /// Pokes every subscription that does not know yet how far the feed goes.
    async fn poke(&self, now: u64) -> Result<(), DbError> {
        let log = self.log(now)?;
        let feed = self.name(now)?;
        let bounds = log.bounds();
        let url = format!(
            "https://subscription/poke?latest={}",
            bounds.id(bounds.latest)
        );
        let owed = log.to_poke(now)?;
        if !owed.is_empty() {
            // The platform repeats an alarm that dies, but not for ever.
            self.set_alarm(Some(now.saturating_add(POKE_RETRY_MS)))
                .await;
        }
        let mut left = owed.into_iter();
        let mut tasks: Vec<Task<'_, (String, Poked)>> = Vec::new();
        loop {
            while tasks.len() < AT_ONCE {
                let Some(id) = left.next() else { break };
                let (feed, url) = (feed.as_str(), url.as_str());
                tasks.push(Box::pin(async move {
                    let poked = self.poke_one(feed, &id, url).await;
                    (id, poked)
                }));
            }
            if tasks.is_empty() {
                return Ok(());
            }
            match first(&mut tasks).await {
                (id, Poked::Knows) => log.poked(&id, bounds.latest)?,
                (id, Poked::Gone) => log.unsubscribe(&id)?,
                (id, Poked::Failed) => log.poke_failed(&id, host::now())?,
            }
        }
    }

    async fn poke_one(&self, feed: &str, id: &str, url: &str) -> Poked {
        let init = ffi::request_init("POST", "", &JsValue::UNDEFINED, &JsValue::UNDEFINED);
        let object = self.edge().subscription_object(feed, id);
        match asked_within(object, url, &init, POKE_MS).await {
            Ok(response) if response.ok() => Poked::Knows,
            Ok(response) if response.status() == 404 => Poked::Gone,
            Ok(_) => Poked::Failed,
            Err(error) => {
                log::warn("a subscription did not take a poke", &log::reason(&error));
                Poked::Failed
            }
        }
    }

    /// The feed's name.
    pub(super) fn name(&self, now: u64) -> Result<String, DbError> {
        let name = self.log(now)?.name()?;
        Ok(name.unwrap_or_else(|| DEFAULT_FEED.to_owned()))
    }
}
