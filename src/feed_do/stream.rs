//! Server-Sent Events: a reader gets what is appended as it comes.

use std::cell::OnceCell;
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::cache::Audience;
use waypost_core::cursor::EventId;
use waypost_core::feed::db::DbError;
use waypost_core::feed::{HEARTBEAT_MS, Log, STUCK_MS, heartbeat, preamble};
use waypost_core::query::{Position, Query};
use waypost_core::represent::Format;
use web_sys::AbortSignal;

use super::Feed;
use crate::answer::Answer;
use crate::call::Call;
use crate::db::{self, DoDb};
use crate::ffi::{self, Pipe};
use crate::host::{self, Awaited, now, settled};
use crate::log;
use crate::reply;
use crate::waiting::{Prepared, Waiting};

/// A stream that is open.
struct Stream {
    log: Rc<OnceCell<Log<DoDb>>>,
    waiting: Rc<Waiting>,
    most: u64,
    query: Query,
    audience: Audience,
    pipe: Pipe,
    signal: JsValue,
    gone: Awaited,
    /// When it ends, in unix milliseconds.
    until: u64,
}

/// The next events of a stream, encoded.
#[derive(Clone)]
pub(crate) struct Frames {
    bytes: Option<Uint8Array>,
    last: EventId,
    more: bool,
}

impl Feed {
    /// `GET /{full|open}/sse/stream`
    pub(super) fn stream(
        &self,
        call: &Call,
        query: &Query,
        audience: Audience,
    ) -> Result<Answer, DbError> {
        let log = self.log(call.now)?;
        if let Err(refused) = log.follow(query, audience, call.now)? {
            return Ok(reply::answer(refused, &call.id));
        }
        let config = self.config()?;
        if let Err(refused) = self.waiting.register(config.max_waiting) {
            return Ok(Answer::problem(refused.into(), &call.id));
        }
        let stream = Stream {
            log: Rc::clone(&self.log),
            waiting: Rc::clone(&self.waiting),
            most: config.max_waiting,
            query: query.clone(),
            audience,
            pipe: ffi::pipe(),
            signal: call.signal(),
            gone: call.gone(),
            until: call
                .now
                .saturating_add(config.stream_seconds.saturating_mul(1000)),
        };
        let answer = Answer::new(200)
            .header("content-type", Format::Sse.media_type())
            .header("cache-control", "no-store")
            // nginx would collect it until it ends.
            .header("x-accel-buffering", "no")
            .body(stream.pipe.readable());
        // It ends with its client or with its time.
        let _ = host::lasting(async move {
            // A client that has gone leaves nothing to be told.
            let _ = stream.run().await;
            JsValue::UNDEFINED
        });
        Ok(answer)
    }
}

impl Stream {
    async fn run(mut self) -> Result<(), JsValue> {
        let log = Rc::clone(&self.log);
        let waiting = Rc::clone(&self.waiting);
        let Some(log) = log.get() else {
            return Ok(());
        };
        // First the place, then the look: an append between the two is not missed.
        let Ok(mut place) = waiting.register(self.most) else {
            return self.close().await;
        };
        let mut told = log.beginning(&self.query);
        self.write(&encoded(&preamble(told))).await?;
        loop {
            let Some(frames) = self.step(log) else {
                return self.close().await;
            };
            self.query.position = Position::After(frames.last);
            if let Some(bytes) = &frames.bytes {
                self.write(bytes).await?;
                told = frames.last;
            }
            if frames.more {
                continue;
            }
            let now = now();
            let left = self.until.saturating_sub(now);
            if left == 0 {
                return self.close().await;
            }
            let pause = left.min(HEARTBEAT_MS);
            let appended = place.wait(now.saturating_add(pause), &mut self.gone).await;
            let gone = self.signal.dyn_ref::<AbortSignal>();
            if gone.is_some_and(AbortSignal::aborted) {
                return Ok(());
            }
            if !appended {
                self.write(&encoded(&heartbeat(told, frames.last))).await?;
                told = frames.last;
            }
        }
    }

    /// What comes next, which others who stand at the same place may have prepared; none where the stream
    /// cannot go on, which its client is told when it comes back.
    fn step(&self, log: &Log<DoDb>) -> Option<Frames> {
        let key = format!("{} {:?}", self.query, self.audience);
        if let Some(Prepared::Frames(frames)) = self.waiting.prepared(&key) {
            return Some(frames);
        }
        let now = now();
        let step = match log.follow(&self.query, self.audience, now) {
            Ok(step) => step.ok()?,
            Err(error) => {
                log::error("the feed's database", &error.to_string());
                return None;
            }
        };
        let some = !step.pieces.is_empty();
        let frames = Frames {
            bytes: some.then(|| Uint8Array::new(&db::whole(&step.pieces))),
            last: step.last,
            more: step.more,
        };
        self.waiting.prepare_frames(key, &frames);
        Some(frames)
    }

    async fn write(&self, bytes: &Uint8Array) -> Result<(), JsValue> {
        let written = self.pipe.write(bytes);
        settled(written.map(|written| ffi::within(&written, STUCK_MS))).await?;
        Ok(())
    }

    async fn close(&self) -> Result<(), JsValue> {
        settled(self.pipe.close()).await.map(|_| ())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.pipe.abort();
    }
}

fn encoded(text: &str) -> Uint8Array {
    ffi::encode(&text.into())
}
