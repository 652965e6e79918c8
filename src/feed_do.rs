//! The Feed Durable Object: one ordered log, and whoever waits for it.
//!
//! Its endpoints are the Worker's alone (`https://feed/…`):
//! - `POST /append`: frames of `wire`, answered with an outcome each.
//! - `GET /{full|open}/{question}`: a canonical question, answered as the public will see it.

use std::cell::OnceCell;

use js_sys::ArrayBuffer;
use wasm_bindgen::JsCast;
use waypost_core::cache::Audience;
use waypost_core::conditional::Preconditions;
use waypost_core::feed::db::DbError;
use waypost_core::feed::{Incoming, Log, Payload, Reader, Turn};
use waypost_core::query::Question;
use waypost_core::rejection::Rejection;
use waypost_core::wire::{self, Meta, Outcome};
use web_sys::AbortSignal;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

use crate::answer::Answer;
use crate::call::Call;
use crate::db::{self, DoDb};
use crate::edge::Edge;
use crate::waiting::Waiting;
use crate::{log, reply};

/// One feed.
#[durable_object(fetch)]
pub struct Feed {
    state: State,
    env: Env,
    log: OnceCell<Log<DoDb>>,
    waiting: Waiting,
}

impl DurableObject for Feed {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, log: OnceCell::new(), waiting: Waiting::default() }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let call = Call::inner(request.try_into()?);
        let answer = match self.answer(&call).await {
            Ok(answer) => answer,
            Err(error) => {
                log::error("the feed's database", &error.to_string());
                Answer::problem(Rejection::FeedUnavailable.into(), &call.id)
            }
        };
        Ok(answer.respond(&call.id).into())
    }
}

impl Feed {
    async fn answer(&self, call: &Call) -> std::result::Result<Answer, DbError> {
        match call.path().split('/').collect::<Vec<_>>().as_slice() {
            ["", "append"] => self.append(call).await,
            ["", "full", question @ ..] => self.ask(call, question, Audience::Token).await,
            ["", "open", question @ ..] => self.ask(call, question, Audience::Public).await,
            _ => Ok(Answer::problem(Rejection::NotFound.into(), &call.id)),
        }
    }

    /// The log, opened at the first request that needs it: a constructor cannot answer that the
    /// database is unavailable.
    fn log(&self, now: u64) -> std::result::Result<&Log<DoDb>, DbError> {
        if let Some(log) = self.log.get() {
            return Ok(log);
        }
        let log = Log::open(DoDb::new(&self.state), now)?;
        Ok(self.log.get_or_init(|| log))
    }

    async fn append(&self, call: &Call) -> std::result::Result<Answer, DbError> {
        let frames = call.bytes().await.map_err(|error| DbError(log::reason(&error)))?;
        let log = self.log(call.now)?;
        let mut outcomes = Vec::new();
        let mut batch: Vec<(Meta, &[u8])> = Vec::new();
        for frame in wire::frames(&frames) {
            match wire::read_frame(frame) {
                Ok((meta, body)) => batch.push((meta, body)),
                // The consumer has read it before: only a cut in between gets here.
                Err(problem) => return Err(DbError(problem.to_string())),
            }
        }
        // Bodies that took the claim check are fetched one at a time: each may be 25 MB.
        for run in batch.chunk_by(|(a, _), (b, _)| a.body_key.is_none() && b.body_key.is_none()) {
            match run {
                [(meta, _)] if meta.body_key.is_some() => outcomes.push(self.append_large(log, meta, call.now).await?),
                _ => outcomes.extend(append_inline(log, run, call.now)?),
            }
        }
        if outcomes.contains(&Outcome::Stored) {
            self.waiting.wake();
        }
        Ok(Answer::json(200, &serde_json::to_string(&outcomes).unwrap_or_default()))
    }

    async fn append_large(
        &self,
        log: &Log<DoDb>,
        meta: &Meta,
        now: u64,
    ) -> std::result::Result<Outcome, DbError> {
        let edge = Edge::get(self.env.as_ref());
        let key = meta.body_key.as_deref().unwrap_or_default();
        let outcome = match log.knows(meta, now)? {
            true => Outcome::Duplicate,
            false => {
                let body = match edge.kv.get_as(key, "arrayBuffer").await {
                    Ok(body) if !body.is_null() => body.unchecked_into::<ArrayBuffer>(),
                    // KV may not show it here yet.
                    _ => return Ok(Outcome::Retry),
                };
                let parts = db::parts(&body);
                let webhook = Incoming { meta, payload: Payload::Parts(&parts) };
                log.append(&[webhook], now)?.pop().unwrap_or(Outcome::Retry)
            }
        };
        if let Err(error) = edge.kv.delete(key).await {
            log::warn("KV did not delete a body; it will expire", &log::reason(&error));
        }
        Ok(outcome)
    }

    /// Answers a reader; holds the answer while there is nothing and the reader is willing to wait.
    async fn ask(
        &self,
        call: &Call,
        path: &[&str],
        audience: Audience,
    ) -> std::result::Result<Answer, DbError> {
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
        if let Turn::Answer(now) = log.ask(&question, reader, false, call.now)? {
            return Ok(reply::answer(now, &call.id));
        }
        self.hold(call, log, &question, reader).await
    }

    async fn hold(
        &self,
        call: &Call,
        log: &Log<DoDb>,
        question: &Question,
        reader: Reader<'_>,
    ) -> std::result::Result<Answer, DbError> {
        let deadline = call.now.saturating_add(question.hold().saturating_mul(1000));
        let signal = call.signal();
        loop {
            // First the place, then the look: an append between the two is not missed.
            let place = match self.waiting.register() {
                Ok(place) => place,
                Err(refused) => return Ok(Answer::problem(refused.into(), &call.id)),
            };
            let now = js_sys::Date::now() as u64;
            if let Turn::Answer(answer) = log.ask(question, reader, now >= deadline, now)? {
                return Ok(reply::answer(answer, &call.id));
            }
            let left = u32::try_from(deadline.saturating_sub(now)).unwrap_or(u32::MAX);
            place.wait(left, &signal).await;
            if signal.dyn_ref::<AbortSignal>().is_some_and(AbortSignal::aborted) {
                return Ok(Answer::new(499));
            }
        }
    }
}

fn append_inline(
    log: &Log<DoDb>,
    run: &[(Meta, &[u8])],
    now: u64,
) -> std::result::Result<Vec<Outcome>, DbError> {
    let batch: Vec<_> =
        run.iter().map(|(meta, body)| Incoming { meta, payload: Payload::Inline(body) }).collect();
    log.append(&batch, now)
}
