//! Consumers: claims, at once or after a hold, and what becomes of them.

use js_sys::{Array, JsString};
use waypost_core::cache::Audience;
use waypost_core::consumer::{Claim, Claimed, Order, Turn, Verb, When};
use waypost_core::feed::Log;
use waypost_core::feed::db::DbError;
use waypost_core::rejection::Rejection;

use super::{Feed, body};
use crate::answer::Answer;
use crate::call::Call;
use crate::db::DoDb;
use crate::ffi;
use crate::host::now;

impl Feed {
    /// `POST /consumers/{name}/{verb}`
    pub(super) async fn consume(
        &self,
        call: &Call,
        name: &str,
        verb: &str,
    ) -> Result<Answer, DbError> {
        let body = body(call).await?;
        let order = match Verb::named(verb)
            .ok_or(Rejection::NotFound.into())
            .and_then(|verb| Order::parse(verb, &body))
        {
            Ok(order) => order,
            Err(problem) => return Ok(Answer::problem(problem, &call.id)),
        };
        let log = self.log(call.now)?;
        if let Order::Claim(claim) = &order {
            return self.claim(call, log, name, claim).await;
        }
        Ok(match log.settle_order(name, &order, now())? {
            Ok(done) => {
                if done.wake {
                    self.waiting.wake_claims();
                }
                Answer::json(200, &done.json)
            }
            Err(problem) => Answer::problem(problem, &call.id),
        })
    }

    /// Claims, and holds the claim until there is something, its time is over or its worker has gone.
    async fn claim(
        &self,
        call: &Call,
        log: &Log<DoDb>,
        name: &str,
        claim: &Claim,
    ) -> Result<Answer, DbError> {
        let config = self.config()?;
        let audience = if config.public {
            Audience::Public
        } else {
            Audience::Token
        };
        let deadline = now().saturating_add(claim.wait.saturating_mul(1000));
        let mut gone = call.gone();
        let mut first = true;
        loop {
            if call.is_gone() {
                // What nobody reads is not handed out.
                return Ok(Answer::new(204));
            }
            let now = now();
            let held = now >= deadline;
            let mut wake_at = self.waiting.idle_until(name);
            if first || held || wake_at <= now {
                let when = When { now, first, held };
                first = false;
                wake_at = match log.claim(name, claim, audience, when)? {
                    Turn::Answer(claimed) => return Ok(self.claimed(claimed).await),
                    Turn::Refuse(problem) => return Ok(Answer::problem(problem, &call.id)),
                    Turn::Again => now,
                    Turn::Hold(until) => until.unwrap_or(u64::MAX),
                };
                if wake_at > now {
                    self.waiting.set_idle(name, wake_at);
                }
            }
            let until = wake_at.min(deadline);
            if claim.wait == 0 {
                self.waiting.pause(until, &mut gone).await;
                continue;
            }
            // Nothing is awaited between the look and taking the place, so nothing is missed.
            match self.waiting.register_claim(config.max_waiting) {
                Ok(mut place) => {
                    place.wait(until, &mut gone).await;
                }
                Err(refused) => return Ok(Answer::problem(refused.into(), &call.id)),
            }
        }
    }

    async fn claimed(&self, claimed: Claimed<JsString>) -> Answer {
        self.set_alarm(claimed.alarm).await;
        list(r#"{"events":["#, claimed.pieces, &claimed.close)
    }

    /// `GET /consumers`
    pub(super) fn consumers(&self, call: &Call) -> Result<Answer, DbError> {
        let consumers = self.log(call.now)?.consumers(call.now)?;
        Ok(list(r#"{"consumers":["#, consumers, "]}"))
    }

    /// `DELETE /consumers/{name}`
    pub(super) fn delete_consumer(&self, call: &Call, name: &str) -> Result<Answer, DbError> {
        if !self.log(call.now)?.delete_consumer(name)? {
            return Ok(Answer::problem(Rejection::UnknownConsumer.into(), &call.id));
        }
        // Whoever waits for it waits for nothing.
        self.waiting.wake_claims();
        Ok(Answer::json(200, r#"{"status":"deleted"}"#))
    }
}

fn list(open: &str, pieces: Vec<JsString>, close: &str) -> Answer {
    let pieces: Array = pieces.into_iter().collect();
    Answer::json(200, "").body(ffi::page(open, &pieces, ",", close))
}
