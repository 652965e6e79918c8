//! Answering readers, at once or after a hold.

use waypost_core::cache::Audience;
use waypost_core::conditional::Preconditions;
use waypost_core::feed::db::DbError;
use waypost_core::feed::{Log, Reader, Turn};
use waypost_core::query::Question;

use super::Feed;
use crate::answer::Answer;
use crate::call::Call;
use crate::db::DoDb;
use crate::reply;

impl Feed {
    /// `GET /{full|open}/{question}`
    pub(super) async fn ask(
        &self,
        call: &Call,
        path: &[&str],
        audience: Audience,
    ) -> Result<Answer, DbError> {
        let question = match Question::canonical(path, call.query()) {
            Ok(question) => question,
            Err(refused) => return Ok(Answer::problem(refused.into(), &call.id)),
        };
        let headers = call.headers();
        let reader = Reader {
            audience,
            preconditions: Preconditions {
                if_none_match: headers.get("if-none-match"),
                if_modified_since: headers.get("if-modified-since"),
            },
        };
        let log = self.log(call.now)?;
        match log.ask(&question, reader, false, call.now)? {
            Turn::Answer(answer) => Ok(reply::answer(answer, &call.id)),
            Turn::Hold => self.hold(call, log, &question, reader).await,
        }
    }

    /// Holds a reader until there is something, its time is over or it has gone.
    async fn hold(
        &self,
        call: &Call,
        log: &Log<DoDb>,
        question: &Question,
        reader: Reader<'_>,
    ) -> Result<Answer, DbError> {
        let deadline = call
            .now
            .saturating_add(question.hold().saturating_mul(1000));
        let signal = call.signal();
        let most = self.config()?.max_waiting;
        loop {
            // First the place, then the look: an append between the two is not missed.
            let place = match self.waiting.register(most) {
                Ok(place) => place,
                Err(refused) => return Ok(Answer::problem(refused.into(), &call.id)),
            };
            let now = js_sys::Date::now() as u64;
            let held = now >= deadline;
            let key = key(question, reader);
            if let Some(answer) = self.waiting.prepared(&key) {
                return Ok(answer);
            }
            if let Turn::Answer(answer) = log.ask(question, reader, held, now)? {
                // Nothing is true only for the moment, and a refusal names its request.
                let shared = !held && answer.status == 200;
                let answer = reply::answer(answer, &call.id);
                return Ok(if shared {
                    self.waiting.prepare(key, answer)
                } else {
                    answer
                });
            }
            let left = u32::try_from(deadline.saturating_sub(now)).unwrap_or(u32::MAX);
            place.wait(left, &signal).await;
            if call.is_gone() {
                // Nobody reads this.
                return Ok(Answer::new(204));
            }
        }
    }
}

/// Everything that an answer depends on besides the log.
fn key(question: &Question, reader: Reader<'_>) -> String {
    let Reader {
        audience,
        preconditions,
    } = reader;
    format!("{question}\n{audience:?}\n{preconditions:?}")
}
