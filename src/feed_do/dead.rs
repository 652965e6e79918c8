//! Dead letters and erasing.

use js_sys::{ArrayBuffer, Uint8Array};
use waypost_core::consumer::Revived;
use waypost_core::cursor::EventId;
use waypost_core::feed::Dead;
use waypost_core::feed::db::DbError;
use waypost_core::query;
use waypost_core::rejection::Rejection;
use waypost_core::wire::{self, Outcome};

use super::{Feed, body};
use crate::answer::Answer;
use crate::call::Call;

impl Feed {
    /// `DELETE /events/{id}`
    pub(super) fn erase(&self, call: &Call, id: &str) -> Result<Answer, DbError> {
        let log = self.log(call.now)?;
        let id: Option<EventId> = id
            .parse()
            .ok()
            .filter(|id: &EventId| id.generation == log.bounds().generation);
        let erased = match id {
            Some(id) => log.erase(id.sequence, call.now)?,
            None => false,
        };
        if erased {
            // What was prepared for held readers may hold it.
            self.waiting.wake();
        }
        Ok(match erased {
            true => Answer::json(200, r#"{"status":"erased"}"#),
            false => Answer::problem(Rejection::UnknownEvent.into(), &call.id),
        })
    }

    /// `GET /dead-letters?since_id=ID`
    pub(super) fn dead_letters(&self, call: &Call) -> Result<Answer, DbError> {
        let after = match query::dead_letters_after(call.query()) {
            Ok(after) => after,
            Err(refused) => return Ok(Answer::problem(refused.into(), &call.id)),
        };
        let page = self.log(call.now)?.dead_letters(after, bytes)?;
        Ok(Answer::json(
            200,
            &serde_json::to_string(&page).unwrap_or_default(),
        ))
    }

    /// `POST /dead-letters?reason=…&attempts=N`: a frame that the queue gives up.
    pub(super) async fn bury(&self, call: &Call) -> Result<Answer, DbError> {
        let frame = body(call).await?;
        let (reason, attempts) = query::burial(call.query());
        let message = Uint8Array::from(frame.as_slice()).buffer();
        let meta = wire::read_frame(&frame).ok().map(|(meta, _)| meta);
        let dead = Dead {
            reason: &reason,
            attempts,
            message: &message,
            meta: meta.as_ref(),
        };
        self.log(call.now)?.bury(dead, call.now)?;
        Ok(Answer::json(200, r#"{"status":"buried"}"#))
    }

    /// `POST /dead-letters/{id}/replay`: one more append, or one more try for its consumer or subscription.
    pub(super) async fn replay(&self, call: &Call, id: &str) -> Result<Answer, DbError> {
        let log = self.log(call.now)?;
        let refuse = |rejection: Rejection| Ok(Answer::problem(rejection.into(), &call.id));
        let Ok(id) = id.parse::<EventId>() else {
            return refuse(Rejection::UnknownDeadLetter);
        };
        match log.revive(id)? {
            Revived::NotOurs => {}
            Revived::Lost => return refuse(Rejection::NotReplayable),
            Revived::Redelivered => {
                self.waiting.wake_claims();
                let answer = r#"{"status":"replayed","outcome":"redelivered"}"#;
                return Ok(Answer::json(200, answer));
            }
        }
        if let Some(answer) = self.replay_delivery(call, id).await? {
            return Ok(answer);
        }
        let Some(message) = log.dead_message(id)? else {
            return refuse(Rejection::UnknownDeadLetter);
        };
        let frame = bytes(&message);
        let Ok(webhook) = wire::read_frame(&frame) else {
            return refuse(Rejection::NotReplayable);
        };
        let outcome = self.append_batch(&[webhook], call.now).await?.pop();
        if !matches!(outcome, Some(Outcome::Stored | Outcome::Duplicate)) {
            return refuse(Rejection::NotReplayable);
        }
        log.forget_dead(id)?;
        let outcome = serde_json::to_string(&outcome).unwrap_or_default();
        let answer = format!(r#"{{"status":"replayed","outcome":{outcome}}}"#);
        Ok(Answer::json(200, &answer))
    }
}

fn bytes(blob: &ArrayBuffer) -> Vec<u8> {
    Uint8Array::new(blob).to_vec()
}
