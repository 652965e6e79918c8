//! Answering readers, at once or after a hold.

use waypost_core::cache::Audience;
use waypost_core::conditional::Preconditions;
use waypost_core::feed::db::DbError;
use waypost_core::feed::{Log, Reader, Turn};
use waypost_core::query::{Face, Question};
use waypost_core::represent::Format;

use super::Feed;
use crate::answer::Answer;
use crate::call::Call;
use crate::db::DoDb;
use crate::host::now;
use crate::reply;
use crate::waiting::Prepared;

impl Feed {
    /// `GET /{full|open}/{form}/{question}`
    pub(super) async fn ask(
        &self,
        call: &Call,
        view: &str,
        form: &str,
        path: &[&str],
    ) -> Result<Answer, DbError> {
        let question = match Question::canonical(path, call.query()) {
            Ok(question) => question,
            Err(refused) => return Ok(Answer::problem(refused.into(), &call.id)),
        };
        let headers = call.headers();
        let log = self.log(call.now)?;
        let audience = match view {
            "open" => Audience::Public,
            _ => Audience::Token,
        };
        if let Question::List(query) = &question
            && query.face == Face::Stream
        {
            return self.stream(call, query, audience);
        }
        let reader = Reader {
            audience,
            format: Format::named(form).unwrap_or_default(),
            poll_interval: self.config()?.poll_interval,
            preconditions: Preconditions {
                if_none_match: headers.get("if-none-match"),
                if_modified_since: headers.get("if-modified-since"),
            },
        };
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
        let mut gone = call.gone();
        let most = self.config()?.max_waiting;
        // First the place, then the look: an append between the two is not missed.
        let mut place = match self.waiting.register(most) {
            Ok(place) => place,
            Err(refused) => return Ok(Answer::problem(refused.into(), &call.id)),
        };
        let key = key(question, reader);
        loop {
            let now = now();
            let held = now >= deadline;
            let prepared = self.waiting.prepared(&key);
            if let Some(Prepared::Answer(answer)) = prepared {
                return Ok(answer);
            }
            if held || prepared.is_none() {
                match log.ask(question, reader, held, now)? {
                    Turn::Answer(answer) => {
                        // Nothing is true only for the moment, and a refusal names its request.
                        let shared = !held && answer.status == 200;
                        let answer = reply::answer(answer, &call.id);
                        if shared {
                            self.waiting.prepare(key, &answer);
                        }
                        return Ok(answer);
                    }
                    Turn::Hold => self.waiting.prepare_nothing(&key),
                }
            }
            let _ = place.wait(deadline, &mut gone).await;
            if call.is_gone() {
                // Nobody reads this.
                return Ok(Answer::new(204));
            }
        }
    }
}

/// Everything that an answer with events in it depends on besides the log: not on what the reader echoes.
fn key(question: &Question, reader: Reader<'_>) -> String {
    let Reader {
        audience,
        format,
        preconditions,
        ..
    } = reader;
    let shared = question.shared();
    let question = shared.as_ref().unwrap_or(question);
    format!(
        "{question}\n{audience:?}\n{}\n{preconditions:?}",
        format.name()
    )
}
